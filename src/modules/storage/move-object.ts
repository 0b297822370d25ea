// A file moves by its row alone: bytes lie under a key that no name is part of.
import type { Actor } from "../../kernel/actor.ts";
import type { Step } from "../../kernel/change.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { and, eq } from "../../kernel/predicate.ts";
import { requireFit } from "./bucket.ts";
import { type Address, allowed, at, findObject, findPlace } from "./find-object.ts";
import { folderOf } from "./name.ts";
import { buckets, objects } from "./tables.ts";

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
  const own = and(eq("id", object.id), eq("version", object.version));
  const was = and(own, at(from.bucket, from.name), allowed(place, actor, "select", leave));
  const will = and(eq("id", object.id), allowed(target, actor, stays ? "check" : "insert"));
  const set = { bucket_id: to.bucket, name: to.name, folder: folderOf(to.name) };
  const exists: Step[] = target.made
    ? [{ expect: buckets, where: eq("name", target.name), rows: 1, else: "NoSuchBucket" }]
    : [];
  const moved: Step = { update: objects, set, where: was, else: "NoSuchKey", as: "caller" };
  const allowedThere: Step = { expect: objects, where: will, rows: 1, else: "42501", as: "caller" };
  try {
    await kernel.commit([...exists, ...unlessSame(from, to, moved), allowedThere], actor);
  } catch (error) {
    throw error instanceof Refusal && error.code === "23505"
      ? new Refusal("KeyAlreadyExists")
      : error;
  }
}

/** A file that is already where it is to go is there already. */
function unlessSame(from: Address, to: Address, moved: Step): Step[] {
  if (from.bucket === to.bucket && from.name === to.name) throw new Refusal("KeyAlreadyExists");
  return [moved];
}
