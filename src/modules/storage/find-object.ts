// One file and its bucket, in one round trip.
import type { Actor } from "../../kernel/actor.ts";
import type { ModuleQuery } from "../../kernel/change.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { Verb } from "../../kernel/policy.ts";
import { and, eq, everyone, type Predicate } from "../../kernel/predicate.ts";
import type { Row } from "../../kernel/table.ts";
import { declaredPlace, madePlace, type Place, right } from "./bucket.ts";
import { buckets, objects } from "./tables.ts";

/** A file as its row says. */
export interface StoredObject extends Row {
  id: string;
  bucket_id: string;
  name: string;
  folder: string | null;
  owner_id: string | null;
  size: number;
  mime_type: string;
  version: string;
  etag: string;
  cache_control: string;
  user_metadata: Record<string, unknown> | null;
  created_at: string;
  updated_at: string;
}

export interface Address {
  bucket: string;
  name: string;
}

/** A file, and the bucket it lies in. */
export interface Found {
  place: Place;
  object: StoredObject;
}

export const at = (bucket: string, name: string): Predicate =>
  and(eq("bucket_id", bucket), eq("name", name));

/** Rows of `objects`, typed. */
export const asObjects = (rows: Row[] | undefined) => (rows ?? []) as StoredObject[]; // its columns

/** The bucket, for whom it exists: one made over the API is its maker's, or public. */
export function placeFor(kernel: Kernel, name: string, rows: Row[] | undefined, actor: Actor) {
  const [row] = rows ?? [];
  const place = declaredPlace(kernel, name) ?? (row && madePlace(kernel, row));
  const there = place && (!place.made || place.public || actor.role === "service_role");
  if (!there) throw new Refusal("NoSuchBucket");
  return place;
}

export const bucketQuery = (name: string): ModuleQuery => ({
  from: buckets,
  where: eq("name", name),
});

/** The bucket by its name; NoSuchBucket. */
export async function findPlace(kernel: Kernel, name: string, actor: Actor): Promise<Place> {
  const declared = declaredPlace(kernel, name);
  if (declared) return declared;
  const [rows] = await kernel.read([bucketQuery(name)], actor);
  return placeFor(kernel, name, rows, actor);
}

/** A bucket, and the file of this name whoever may see it. */
export async function findAnyObject(
  kernel: Kernel,
  { bucket, name }: Address,
  actor: Actor,
): Promise<{ place: Place; object: StoredObject | undefined }> {
  const query = { from: objects, where: at(bucket, name) };
  const [rows, found] = await kernel.read([bucketQuery(bucket), query], actor);
  return { place: placeFor(kernel, bucket, rows, actor), object: asObjects(found)[0] };
}

/** A file that the caller may see, and do `verbs` to; or NoSuchKey. */
export async function findObject(
  kernel: Kernel,
  { bucket, name }: Address,
  actor: Actor,
  ...verbs: Verb[]
): Promise<Found> {
  const place = await findPlace(kernel, bucket, actor);
  return findIn(kernel, place, name, actor, ["select", ...verbs]);
}

/** A file whose bytes the caller may read: of a public bucket, any; or NoSuchKey. */
export async function findReadable(
  kernel: Kernel,
  { bucket, name }: Address,
  actor: Actor,
): Promise<Found> {
  const place = await findPlace(kernel, bucket, actor);
  return findIn(kernel, place, name, actor, place.public ? [] : ["select"]);
}

async function findIn(
  kernel: Kernel,
  place: Place,
  name: string,
  actor: Actor,
  verbs: Verb[],
): Promise<Found> {
  const where = and(at(place.name, name), allowed(place, actor, ...verbs));
  const [found] = await kernel.read([{ from: objects, where, as: "caller" }], actor);
  const [object] = asObjects(found);
  if (!object) throw new Refusal("NoSuchKey");
  return { place, object };
}

/** The rows that the caller may do all of these to. */
export function allowed(place: Place, actor: Actor, ...verbs: Verb[]): Predicate {
  return and(everyone, ...verbs.map((verb) => right(place, verb, actor.role)));
}
