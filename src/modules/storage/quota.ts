// How much one person may keep: files, and their bytes. What they keep is counted by triggers
// (tables.ts), uploads that are not finished included; here it is asked.
import type { Change } from "../../kernel/change.ts";
import type { Kernel } from "../../kernel/module.ts";
import { and, eq, lte } from "../../kernel/predicate.ts";
import type { StoredObject } from "./find-object.ts";
import { usage } from "./tables.ts";

const DEFAULT_FILES = 10_000;
const DEFAULT_BYTES = 5 * 1024 ** 3;

/**
 * A guard, after the step that keeps more: its owner keeps no more than one may. A file of theirs
 * that is to be replaced does not count.
 */
export function room(kernel: Kernel, owner: string | null, replaced?: StoredObject): Change {
  const files = boundOf(kernel, "FILES_PER_USER", DEFAULT_FILES);
  const bytes = boundOf(kernel, "BYTES_PER_USER", DEFAULT_BYTES);
  if (owner === null || (files === 0 && bytes === 0)) return [];
  const old = makesRoom(owner, replaced) ? replaced : undefined;
  const bounds = [
    ...(files > 0 ? [lte("files", files + (old ? 1 : 0))] : []),
    ...(bytes > 0 ? [lte("bytes", bytes + (old?.size ?? 0))] : []),
  ];
  const where = and(eq("owner_id", owner), ...bounds);
  return [{ expect: usage, where, rows: 1, else: "QuotaExceeded" }];
}

/** Will its owner keep less when this file is replaced? */
export function makesRoom(owner: string | null, replaced: StoredObject | undefined): boolean {
  return owner !== null && replaced?.owner_id === owner;
}

/** A bound as the settings say it; 0: there is none. */
function boundOf(kernel: Kernel, name: string, fallback: number): number {
  const bound = Number(kernel.setting(name) ?? fallback);
  if (!Number.isSafeInteger(bound) || bound < 0) throw new Error(`${name} is not a number`);
  return bound;
}
