// Refusals in GoTrue's form. Its clients read `code` where the answer names its API version, and
// `error_code` and `msg` where they are older.
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { problemOf, Refusal } from "../../../kernel/errors.ts";
import type { Wire } from "../../../kernel/module.ts";
import { accountErrors } from "../errors.ts";

const TOKEN_REFUSALS = new Set(["PGRST301", "PGRST303", "unsupported_scheme"]);
const REQUESTS = "over_request_rate_limit";

export const API_VERSION = "2024-01-01";

/** What was sent is wrong, rather than missing (RFC 6750 §3.1). */
const CHALLENGE: Record<string, string> = {
  bad_jwt: 'Bearer error="invalid_token"',
  session_not_found: 'Bearer error="invalid_token"',
};

/** Answers a refusal; anything else goes on to the edge, which answers it without its text. */
export function refuse(error: Error, c: Context<Wire>): Response {
  if (!(error instanceof Refusal)) throw error;
  const { code, status, message } = problemOf(translate(error), accountErrors);
  const body = {
    code,
    error_code: code,
    msg: message,
    message,
    ...(code === "weak_password" && {
      weak_password: {
        reasons: String(error.params.reasons).split(","),
        message,
      },
    }),
  };
  c.header("X-Supabase-Api-Version", API_VERSION);
  c.header("Cache-Control", "no-store");
  if (status === 401) c.header("WWW-Authenticate", CHALLENGE[code] ?? "Bearer");
  if (status === 503) c.header("Retry-After", String(error.params.seconds ?? 1));
  if (status === 429) limitHeaders(c, error.params);
  return c.json(body, status as ContentfulStatusCode); // none of the catalogue's forbids a body
}

function limitHeaders(c: Context<Wire>, { policy, quota, window_s, seconds }: Refusal["params"]) {
  c.header("RateLimit", `"${policy}";r=0;t=${seconds}`);
  c.header("RateLimit-Policy", `"${policy}";q=${quota};w=${window_s}`);
  c.header("Retry-After", String(seconds));
}

/** The kernel's refusals that have a name of their own on this wire. */
function translate(refusal: Refusal): Refusal {
  if (TOKEN_REFUSALS.has(refusal.code)) return new Refusal("bad_jwt");
  if (refusal.code === "rate_limited") return new Refusal(REQUESTS, refusal.params);
  if (refusal.code === "not_found") return new Refusal("not_offered");
  if (refusal.code === "PGRST102") return new Refusal("bad_json", refusal.params);
  if (refusal.code === "22001") {
    return new Refusal("validation_failed", {
      reason: `${refusal.params.column} is too long`,
    });
  }
  return refusal;
}
