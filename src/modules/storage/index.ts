// Storage: files in buckets. Speaks the Supabase Storage API at /storage/v1.
import type { Module } from "../../kernel/module.ts";
import { storageErrors } from "./errors.ts";
import { photos } from "./photos.ts";
import { sweepStorage } from "./sweep-storage.ts";
import { buckets, erasures, objects, trash, uploads, usage } from "./tables.ts";
import { storageApp } from "./wire/app.ts";
import { refuse } from "./wire/refusals.ts";

export const storage: Module = {
  name: "storage",
  tables: [buckets, objects, uploads, usage, trash, erasures],
  buckets: [photos],
  errors: storageErrors,
  sweep: sweepStorage,
  routes: { path: "/storage/v1", app: storageApp, refuse, streams: true },
};
