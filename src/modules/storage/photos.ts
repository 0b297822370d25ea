import type { Bucket } from "../../kernel/module.ts";
import { own } from "../../kernel/predicate.ts";

/** People's own pictures, under `<user id>/…`: whoever put a file there, it is that person's. */
export const photos: Bucket = {
  name: "photos",
  policy: {
    select: own("folder"),
    insert: own("folder"),
    update: { using: own("folder") },
    delete: own("folder"),
  },
  hint: "in this bucket, files lie under <user id>/…",
};
