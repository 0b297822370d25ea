import type { Bucket } from "../../kernel/module.ts";
import { everyone, member, own } from "../../kernel/predicate.ts";
import { staff } from "./tables.ts";

const staffOfFolder = member("folder", staff, "restaurant_id", own("user_id"));

/** Menus and pictures under `<restaurant id>/…`: anybody's to read, the staff's to write. */
export const menus: Bucket = {
  name: "menus",
  public: true,
  shared: true,
  types: ["image/*", "application/pdf", "text/plain"],
  policy: {
    select: everyone,
    insert: staffOfFolder,
    update: { using: staffOfFolder },
    delete: staffOfFolder,
  },
  hint: "in this bucket, files lie under <restaurant id>/…, and its staff write them",
};
