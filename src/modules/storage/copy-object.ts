// A copy is an upload whose body comes from R2.
import type { Actor } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { chunksOf } from "./body.ts";
import { type Address, findObject, type StoredObject } from "./find-object.ts";
import { type Details, uploadObject } from "./upload-object.ts";

export interface Copying {
  from: Address;
  to: Address;
  upsert: boolean;
  /** In place of the original's. */
  details?: Partial<Details> | undefined;
}

/** Copies a file that the caller may see to where the caller may upload one. */
export async function copyObject(
  kernel: Kernel,
  { from, to, upsert, details }: Copying,
  actor: Actor,
): Promise<StoredObject> {
  const { object } = await findObject(kernel, from, actor);
  const bytes = await kernel.bucket.get(object.version);
  if (!bytes) throw new Refusal("NoSuchKey");
  const { cache_control, user_metadata } = object;
  return uploadObject(kernel, {
    actor,
    to,
    mode: upsert ? "upsert" : "new",
    claimed: object.mime_type,
    size: object.size,
    body: chunksOf(bytes),
    details: () => ({ cache_control, user_metadata, ...details }),
  });
}
