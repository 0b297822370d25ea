// Refusals in the Storage API's form: `statusCode`, `error` and `message`, and its newer `code`.
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { problemOf, Refusal } from "../../../kernel/errors.ts";
import type { Wire } from "../../../kernel/module.ts";
import { storageErrors } from "../errors.ts";

/** What the API called these before it had codes; clients compare with them. */
const names: Record<string, string> = {
  AccessDenied: "Unauthorized",
  SecretKeyNeeded: "Unauthorized",
  InvalidJWT: "Unauthorized",
  NoSuchKey: "not_found",
  NoSuchBucket: "Bucket not found",
  KeyAlreadyExists: "Duplicate",
  BucketAlreadyExists: "Duplicate",
  EntityTooLarge: "Payload too large",
  QuotaExceeded: "Payload too large",
  InvalidMimeType: "invalid_mime_type",
  MismatchedMimeType: "invalid_mime_type",
  MismatchedName: "invalid_mime_type",
};

/** The kernel's refusals that have a name of their own on this wire. */
const ours: Record<string, string> = {
  "42501": "AccessDenied",
  PGRST301: "InvalidJWT",
  PGRST303: "InvalidJWT",
  unsupported_scheme: "InvalidJWT",
  body_too_large: "EntityTooLarge",
  internal: "InternalError",
};

/** Answers a refusal; anything else goes on to the edge, which answers it without its text. */
export function refuse(error: Error, c: Context<Wire>): Response {
  if (!(error instanceof Refusal)) throw error;
  const { code, status, hint, ...problem } = problemOf(translate(error), storageErrors);
  // The form has no other place for a hint.
  const message = hint ? `${problem.message}: ${hint}` : problem.message;
  if (status === 401) c.header("WWW-Authenticate", "Bearer");
  if (status === 503) c.header("Retry-After", String(error.params.seconds ?? 1));
  if (status === 416) c.header("Content-Range", `bytes */${error.params.size}`);
  c.header("Cache-Control", "no-store");
  const body = { statusCode: String(status), error: names[code] ?? code, message, code };
  return c.json(body, status as ContentfulStatusCode); // none of the catalogue's forbids a body
}

function translate(refusal: Refusal): Refusal {
  const name = ours[refusal.code];
  if (name) return new Refusal(name, refusal.params);
  if (refusal.code !== "PGRST102") return refusal;
  return new Refusal("InvalidRequest", { reason: refusal.params.reason });
}
