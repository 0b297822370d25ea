// A file moves by its row alone: bytes lie under a key that no name is part of. The first of them
// are read where the name ends otherwise, since the type is decided by both.
import type { Actor } from "../../kernel/actor.ts";
import type { Change, Step } from "../../kernel/change.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { and, eq } from "../../kernel/predicate.ts";
import { hinted, type Place, requireFit } from "./bucket.ts";
import { contentType, extensionOf, type Kept, sniffedBytes } from "./content-type.ts";
import {
  type Address,
  allowed,
  at,
  findObject,
  findPlace,
  type StoredObject,
} from "./find-object.ts";
import { folderOf } from "./name.ts";
import { buckets, objects, uploads } from "./tables.ts";

/** Gives a file another name. In another bucket, it is deleted here and inserted there. */
export async function moveObject(
  kernel: Kernel,
  from: Address,
  to: Address,
  actor: Actor,
): Promise<void> {
  const stays = from.bucket === to.bucket;
  const leave = stays ? "update" : "delete";
  const { place, object } = await findObject(kernel, from, actor, leave);
  const target = stays ? place : await findPlace(kernel, to.bucket, actor);
  const asBefore = stays && extensionOf(from.name) === extensionOf(to.name);
  const kept = asBefore ? { type: object.mime_type } : await keptUnder(kernel, object, to.name);
  if (!asBefore) requireFit(target, kept, object.size);
  const own = and(eq("version", object.version), at(from.bucket, from.name));
  const where = and(own, allowed(place, actor, "select", leave));
  const named = { bucket_id: to.bucket, name: to.name, folder: folderOf(to.name) };
  const set = { ...named, mime_type: kept.type };
  const exists: Step[] = target.made
    ? [{ expect: buckets, where: eq("name", target.name), rows: 1, else: "NoSuchBucket" }]
    : [];
  const moved: Step = { update: objects, set, where, else: "NoSuchKey", as: "caller" };
  const verb = stays ? "check" : "insert";
  try {
    await kernel.commit(
      [
        ...exists,
        ...mayBe(kernel, { ...object, ...set }, target, actor, verb),
        ...unlessSame(from, to, moved),
      ],
      actor,
    );
  } catch (error) {
    throw error instanceof Refusal && error.code === "23505"
      ? new Refusal("KeyAlreadyExists")
      : hinted(error, target);
  }
}

/** What such bytes are under this name: another ending may agree with them, or no longer. */
async function keptUnder(
  kernel: Kernel,
  { version, size, mime_type }: StoredObject,
  name: string,
): Promise<Kept> {
  const length = Math.min(size, sniffedBytes);
  const head = await kernel.bucket.get(version, size > 0 ? { offset: 0, length } : undefined);
  if (!head) throw new Refusal("NoSuchKey");
  return contentType(mime_type, new Uint8Array(await new Response(head).arrayBuffer()), name);
}

/**
 * Guards: may the caller have such a file there? Asked of a row that comes and goes, before the
 * file moves: who may not is told the same, whether the name is taken or not.
 */
function mayBe(
  kernel: Kernel,
  { bucket_id, name, folder, owner_id, size, mime_type, created_at }: StoredObject,
  place: Place,
  actor: Actor,
  verb: "check" | "insert",
): Change {
  const id = kernel.id();
  const row = { id, bucket_id, name, folder, owner_id, size, mime_type, created_at };
  const where = and(eq("id", id), allowed(place, actor, verb));
  return [
    { insert: uploads, rows: [row] },
    { expect: uploads, where, rows: 1, else: "42501", as: "caller" },
    { delete: uploads, where: eq("id", id) },
  ];
}

/** A file that is already where it is to go is there already. */
function unlessSame(from: Address, to: Address, moved: Step): Step[] {
  if (from.bucket === to.bucket && from.name === to.name) throw new Refusal("KeyAlreadyExists");
  return [moved];
}
