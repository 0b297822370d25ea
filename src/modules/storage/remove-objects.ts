// Files go together with what makes them: their rows leave, their bytes go to the trash.
import type { Actor } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { and, eq, oneOf, type Predicate } from "../../kernel/predicate.ts";
import type { Place } from "./bucket.ts";
import { discard, emptyLater } from "./empty-trash.ts";
import { allowed, asObjects, type StoredObject } from "./find-object.ts";
import { objects } from "./tables.ts";

/** Files per request, and per batch where a bucket is emptied. */
export const maxRemoved = 1_000;
const MAX_TRIES = 5;

/** Removes the files of these names that the caller may delete; answers with what they were. */
export function removeObjects(
  kernel: Kernel,
  place: Place,
  names: string[],
  actor: Actor,
): Promise<StoredObject[]> {
  const where = and(eq("bucket_id", place.name), oneOf("name", [...new Set(names)]));
  return removeWhere(kernel, place, where, actor);
}

/** Removes every file, some at a time. */
export async function emptyBucket(kernel: Kernel, place: Place, actor: Actor): Promise<void> {
  const where = eq("bucket_id", place.name);
  let removed: StoredObject[];
  do removed = await removeWhere(kernel, place, where, actor);
  while (removed.length === maxRemoved);
}

async function removeWhere(kernel: Kernel, place: Place, filter: Predicate, actor: Actor) {
  const where = and(filter, allowed(place, actor, "select", "delete"));
  const order = [{ column: "name" }];
  for (let tries = 1; ; tries++) {
    const query = { from: objects, where, order, limit: maxRemoved, as: "caller" as const };
    const found = asObjects((await kernel.read([query], actor))[0]);
    if (found.length === 0) return found;
    const versions = found.map(({ version }) => version);
    // Exactly these, as they were read: what was replaced or moved meanwhile is read again.
    const these = and(oneOf("version", versions), where);
    const gone = { delete: objects, where: these, rows: found.length, else: "ResourceLocked" };
    try {
      const thrown = discard(
        kernel,
        versions.map((id) => ({ id })),
      );
      await kernel.commit([{ ...gone, as: "caller" }, thrown], actor);
      emptyLater(kernel, versions);
      return found;
    } catch (error) {
      const moved = error instanceof Refusal && error.code === "ResourceLocked";
      if (!moved || tries === MAX_TRIES) throw error;
    }
  }
}
