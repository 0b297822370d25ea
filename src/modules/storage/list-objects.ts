// What lies in a folder: its files, and its folders as if they were files. Folders are not rows; a
// walk over the names, in their order, jumps over all that lies in a folder it has seen.
import type { Actor } from "../../kernel/actor.ts";
import type { Kernel } from "../../kernel/module.ts";
import { prefixEnd } from "../../kernel/pattern.ts";
import { and, eq, gt, gte, lt, type Predicate } from "../../kernel/predicate.ts";
import type { Place } from "./bucket.ts";
import { allowed, asObjects, type StoredObject } from "./find-object.ts";
import { objects } from "./tables.ts";

/** Rows per step of the walk. */
const STEP = 1_000;
/** Where another order than by name is asked for, so many entries are looked at. */
const MAX_SORTED = 10_000;

/** A file, or the name of a folder (without its slash). */
export type Entry = { path: string; object?: StoredObject };

export interface Listing {
  /** Entries whose path begins so. */
  prefix: string;
  /** Ends a folder's name; without one there are no folders. */
  folders: boolean;
  descending: boolean;
  /** Entries beyond this path. */
  after?: string | undefined;
}

/** Entries that the caller may see, in the order of their names. */
export async function* walk(
  kernel: Kernel,
  place: Place,
  listing: Listing,
  actor: Actor,
): AsyncGenerator<Entry> {
  const { prefix, descending } = listing;
  const visible = and(eq("bucket_id", place.name), allowed(place, actor, "select"));
  const within = prefix ? [gte("name", prefix), lt("name", prefixEnd(prefix))] : [];
  const order = [{ column: "name", descending }];
  let next = listing.after === undefined ? undefined : beyond(listing, listing.after);
  for (;;) {
    const where = and(visible, ...within, ...(next ? [next] : []));
    const query = { from: objects, where, order, limit: STEP, as: "caller" as const };
    const found = asObjects((await kernel.read([query], actor))[0]);
    let folder: string | undefined;
    for (const object of found) {
      const slash = listing.folders ? object.name.indexOf("/", prefix.length) : -1;
      const path = slash < 0 ? object.name : object.name.slice(0, slash);
      if (slash >= 0 && path === folder) continue;
      folder = slash < 0 ? undefined : path;
      yield slash < 0 ? { path, object } : { path };
    }
    const last = found.at(-1);
    if (!last || found.length < STEP) return;
    next = beyond(listing, folder === undefined ? last.name : `${folder}/`);
  }
}

/** Names that come after this one; after all that lies in it, where it ends with a slash. */
function beyond({ descending }: Listing, path: string): Predicate {
  if (descending) return lt("name", path);
  return path.endsWith("/") ? gte("name", prefixEnd(path)) : gt("name", path);
}

/** Entries in another order than by name; folders have no dates. */
export async function sorted(
  entries: AsyncGenerator<Entry>,
  column: "created_at" | "updated_at" | "last_accessed_at",
  descending: boolean,
): Promise<Entry[]> {
  const all: Entry[] = [];
  for await (const entry of entries) if (all.push(entry) >= MAX_SORTED) break;
  const dated = column === "created_at" ? "created_at" : "updated_at";
  const date = ({ object }: Entry) => object?.[dated] ?? (descending ? "" : "~");
  const sign = descending ? -1 : 1;
  return all.sort((a, b) => (date(a) < date(b) ? -sign : date(a) > date(b) ? sign : 0));
}

/** Entries from `offset`, at most `limit`. */
export async function page(
  entries: AsyncIterable<Entry> | Iterable<Entry>,
  offset: number,
  limit: number,
): Promise<Entry[]> {
  const out: Entry[] = [];
  let n = 0;
  if (limit === 0) return out;
  for await (const entry of entries) {
    if (n++ < offset) continue;
    if (out.push(entry) >= limit) break;
  }
  return out;
}
