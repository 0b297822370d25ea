// Buckets: those that modules declare, and those made over the API.
import type { Role } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Bucket, Kernel } from "../../kernel/module.ts";
import { rightOf, type Verb } from "../../kernel/policy.ts";
import type { Predicate } from "../../kernel/predicate.ts";
import type { Row } from "../../kernel/table.ts";
import { isProven, type Kept, registeredType } from "./content-type.ts";

const DEFAULT_MAX_BYTES = 500 * 1024 * 1024;

/** A bucket as the rest of this module sees it. */
export interface Place extends Bucket {
  maxBytes: number;
  /** It is a row, which others may change or delete. */
  made: boolean;
}

/** Bytes of one file, where its bucket says nothing smaller. */
export function maxBytesOf(kernel: Kernel): number {
  const bytes = Number(kernel.setting("FILE_MAX_BYTES") ?? DEFAULT_MAX_BYTES);
  if (!Number.isSafeInteger(bytes) || bytes < 1) throw new Error("FILE_MAX_BYTES is not a number");
  return bytes;
}

/** A declared bucket of this name. */
export function declaredPlace(kernel: Kernel, name: string): Place | undefined {
  const found = kernel.buckets.find((bucket) => bucket.name === name);
  const most = maxBytesOf(kernel);
  return found && { ...found, maxBytes: Math.min(found.maxBytes ?? most, most), made: false };
}

/** A bucket made over the API: the secret key's alone, but for what its public URL shows. */
export function madePlace(kernel: Kernel, row: Row): Place {
  const { name, max_bytes, types } = row as MadeRow; // the columns of storage's buckets
  const most = maxBytesOf(kernel);
  return {
    name,
    public: row.public === true,
    maxBytes: Math.min(max_bytes ?? most, most),
    ...(types && { types }),
    policy: {},
    made: true,
  };
}

interface MadeRow extends Row {
  name: string;
  max_bytes: number | null;
  types: string[] | null;
}

/** What decides about the files of a bucket. */
export function right(place: Place, verb: Verb, role: Role): Predicate {
  return rightOf(place.policy, verb, role);
}

/** Of these only bytes can tell. */
const SHOWN = /^(?:image|audio|video)\//;

/** Refuses what the bucket does not take; a picture that nothing proves is none of `image/*`. */
export function requireFit(place: Place, { type: full, doubt }: Kept, size: number): void {
  if (size > place.maxBytes) throw new Refusal("EntityTooLarge");
  const [type = ""] = full.split(";");
  const takes = place.types?.some((taken) =>
    taken.endsWith("/*")
      ? type.startsWith(taken.slice(0, -1)) && (isProven(type) || !SHOWN.test(type))
      : type === registeredType(taken),
  );
  if (takes === false) throw doubt ?? new Refusal("InvalidMimeType", { type });
}

/** The same error; who may not is told what the bucket asks for. */
export function hinted(error: unknown, { hint }: Place): unknown {
  const denied = error instanceof Refusal && error.code === "42501";
  return denied ? new Refusal(error.code, { ...error.params, hint }) : error;
}
