// Entity tags (RFC 9110 §13) and idempotency keys: doing something only if, or only once.

import { Refusal } from "../../kernel/errors.ts";
import type { Execution } from "../../kernel/execute.ts";

const TAG = /^(?:W\/)?"(\d{1,15})"$/;
const STRONG_TAG = /^"(\d{1,15})"$/;
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Headers that change what a request means, or what its answer looks like. */
const MEANINGFUL = [
  "prefer",
  "accept",
  "accept-profile",
  "content-profile",
  "content-type",
  "if-match",
  "if-none-match",
];

/** The versions that `If-Match` names, `*` for any; undefined without the header. */
export function ifMatch(header: string | null): number[] | "*" | undefined {
  if (header === null || header.trim() === "*") return header === null ? undefined : "*";
  const versions = tagsOf(header).flatMap((tag) => STRONG_TAG.exec(tag)?.[1] ?? []);
  // Weak tags, and tags that we never gave to anything, match nothing.
  if (versions.length === 0) throw new Refusal("precondition_failed");
  return versions.map(Number);
}

function tagsOf(header: string | null): string[] {
  return (header ?? "").split(",").map((tag) => tag.trim());
}

/** Does `If-None-Match` hold the tag, so that the caller has what we would send? */
export function hasAlready(header: string | null, version: number): boolean {
  const tags = tagsOf(header);
  return tags.includes("*") || tags.some((tag) => TAG.exec(tag)?.[1] === String(version));
}

/** The name of a write that is to happen once, and the hash of all that it asks. */
export async function idempotency(
  request: Request,
  body: string,
): Promise<NonNullable<Execution["idempotency"]> | undefined> {
  const header = request.headers.get("idempotency-key");
  if (header === null) return undefined;
  const key = bare(header.trim());
  if (!KEY.test(key)) throw new Refusal("idempotency_key_invalid");
  const url = new URL(request.url);
  const asked = [
    request.method,
    url.pathname + url.search,
    ...MEANINGFUL.map((name) => request.headers.get(name)),
    body,
  ];
  return {
    route: `${request.method} ${url.pathname}`,
    key,
    hash: await sha256(JSON.stringify(asked)),
  };
}

/** A structured-field string (RFC 8941 §3.3.3) and the same text without quotes are one key. */
function bare(key: string): string {
  if (!/^"(?:[^"\\]|\\["\\])*"$/.test(key)) return key;
  return key.slice(1, -1).replace(/\\(.)/g, "$1");
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, "0")).join("");
}
