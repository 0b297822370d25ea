// One migrated, empty store for all servers of a run: each begins with a copy of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { applyMigrations } from "../scripts/apply-migrations.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The store's folder. */
    migrated: string;
  }
}

export default async function migrate(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(path.join(tmpdir(), "vertebra-migrated-"));
  await applyMigrations(folder);
  project.provide("migrated", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
