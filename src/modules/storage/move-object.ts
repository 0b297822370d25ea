// A file moves by its row alone: bytes lie under a key that no name is part of.
import type { Actor } from "../../kernel/actor.ts";
import type { Change, Step } from "../../kernel/change.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { and, eq } from "../../kernel/predicate.ts";
import { type Place, requireFit } from "./bucket.ts";
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
  if (!stays) requireFit(target, object.mime_type.split(";")[0] ?? "", object.size);
  const own = and(eq("version", object.version), at(from.bucket, from.name));
  const where = and(own, allowed(place, actor, "select", leave));
  const set = { bucket_id: to.bucket, name: to.name, folder: folderOf(to.name) };
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
      : error;
  }
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
