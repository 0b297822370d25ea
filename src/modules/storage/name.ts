// Paths of files, and names of buckets.
import { Refusal } from "../../kernel/errors.ts";

export const maxNameBytes = 1_024;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\\]/;
const BUCKET = /^[\w!.*'() &$@=;:+,-]{1,100}$/;
/** Words that stand in a bucket's place in the paths of this wire. */
const RESERVED = new Set(
  "authenticated copy info list list-v2 move public sign upload . ..".split(" "),
);

/** A whole path, as it is; or InvalidKey. */
export function objectName(name: string): string {
  const segments = name.split("/");
  const fits =
    name.isWellFormed() &&
    !UNPRINTABLE.test(name) &&
    new TextEncoder().encode(name).length <= maxNameBytes &&
    segments.every((segment) => segment !== "" && segment !== "." && segment !== "..");
  if (!fits) throw new Refusal("InvalidKey");
  return name;
}

/** The first segment of a path; null where there is only one. */
export function folderOf(name: string): string | null {
  const end = name.indexOf("/");
  return end < 0 ? null : name.slice(0, end);
}

/** The last segment of a path. */
export function fileName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

export function bucketName(name: unknown): string {
  const fits = typeof name === "string" && BUCKET.test(name) && name.trim() === name;
  if (!fits || RESERVED.has(name)) throw new Refusal("InvalidBucketName");
  return name;
}
