// Refusals as RFC 9457 problems that PostgREST's clients can read too; anything else as `internal`,
// with its text in the log and nowhere else.
import { Context, Hono } from "hono";
import { type Catalogue, problemOf, Refusal } from "../../kernel/errors.ts";
import type { Caller, Wire } from "../../kernel/module.ts";
import { refusalOf } from "../../kernel/sqlite-errors.ts";
import { log } from "./log.ts";

/** A wire at its path, served by an app or by itself. */
export interface Mount {
  path: string;
  app?: Hono<Wire>;
  serve?: (request: Request, caller: Caller) => Response | Promise<Response>;
  /** Gives refusals of the edge the wire's own form. */
  refuse?: (refusal: Refusal, c: Context<Wire>) => Response | Promise<Response>;
  /** What it alone refuses. */
  errors?: Catalogue;
  /** Bodies of any size go to it as they arrive. */
  streams?: boolean;
}

const RETRY_S = 5;
const QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded";
/** What the caller sent is wrong, rather than missing. */
const INVALID_TOKEN = new Set(["PGRST301", "PGRST303", "session_not_found"]);

/** Tells a context who asks, as far as it is known. */
export function introduce(c: Context<Wire>, { requestId, address, actor }: Partial<Caller>): void {
  if (requestId !== undefined) c.set("requestId", requestId);
  if (address !== undefined) c.set("address", address);
  if (actor !== undefined) c.set("actor", actor);
}

/** For who refuses outside of an app. */
export function contextOf(request: Request, caller: Partial<Caller>): Context<Wire> {
  const c = new Context<Wire>(request, { env: caller, path: new URL(request.url).pathname });
  introduce(c, caller);
  return c;
}

/** The answer to whatever was thrown. */
export function problem(
  error: Error,
  c: Context<Wire>,
  catalogue: Catalogue,
  mounts: Mount[],
): Response | Promise<Response> {
  const refusal = asRefusal(error, c, catalogue);
  const mount = mounts.find(({ path, refuse }) => refuse && c.req.path.startsWith(`${path}/`));
  if (!mount?.refuse) return refused(refusal, c, catalogue);
  setHeaders(refusal, c, problemOf(refusal, catalogue).status);
  return mount.refuse(refusal, c);
}

function asRefusal(error: Error, c: Context<Wire>, catalogue: Catalogue): Refusal {
  if (error instanceof Refusal && Object.hasOwn(catalogue, error.code)) {
    if (error.cause !== undefined) log(error.code, c.req.raw, c.var.requestId, error.cause);
    return error;
  }
  const down = refusalOf(error, [])?.code === "unavailable";
  const what = down ? "the database does not answer" : "unexpected error";
  log(what, c.req.raw, c.var.requestId, error);
  return new Refusal(down ? "unavailable" : "internal");
}

/** 503, with its cause for the log. */
export function unavailable(cause: unknown): Refusal {
  return Object.assign(new Refusal("unavailable"), { cause });
}

/** A refusal as `application/problem+json`. */
export function refused(refusal: Refusal, c: Context<Wire>, catalogue: Catalogue): Response {
  const body = problemOf(refusal, catalogue);
  const limited = body.status === 429 && refusal.params.policy !== undefined;
  const status = statusFor(refusal, c, body.status);
  setHeaders(refusal, c, status);
  c.header("Content-Type", "application/problem+json; charset=utf-8");
  const problem = {
    ...body,
    // Of a batch, which of its writes it is about.
    ...(refusal.params.step === undefined ? {} : { step: refusal.params.step }),
    ...(limited ? { type: QUOTA_EXCEEDED, "violated-policies": [refusal.params.policy] } : {}),
    status,
    instance: `urn:uuid:${c.var.requestId}`,
  };
  return new Response(JSON.stringify(problem), { status, headers: c.res.headers });
}

/** A guest who may not is asked to sign in; others know who they are, and are told no. */
function statusFor(refusal: Refusal, c: Context<Wire>, status: number): number {
  return refusal.code === "42501" && c.var.actor?.role === "anon" ? 401 : status;
}

function setHeaders(refusal: Refusal, c: Context<Wire>, status: number): void {
  const { allow, seconds, policy, quota, window_s } = refusal.params;
  if (allow !== undefined) c.header("Allow", String(allow));
  if (status === 401) {
    const invalid = INVALID_TOKEN.has(refusal.code);
    c.header("WWW-Authenticate", invalid ? 'Bearer error="invalid_token"' : "Bearer");
  }
  if (status === 503) c.header("Retry-After", String(seconds ?? RETRY_S));
  if (status !== 429) return;
  c.header("Retry-After", String(seconds));
  if (policy === undefined) return;
  c.header("RateLimit", `"${policy}";r=0;t=${seconds}`);
  c.header("RateLimit-Policy", `"${policy}";q=${quota};w=${window_s}`);
}

/** What `type` points at: every refusal there is, and each by its code. */
export function catalogueRoutes(catalogue: Catalogue): Hono<Wire> {
  const app = new Hono<Wire>();
  const cacheable = { "Cache-Control": "public, max-age=3600" };
  const all = new Map(
    Object.entries(catalogue).map(([code, entry]) => [code, { code, ...entry }] as const),
  );
  app.get("/", (c) => c.json([...all.values()], 200, cacheable));
  app.get("/:name", (c) => {
    const found = all.get(c.req.param("name"));
    return found ? c.json(found, 200, cacheable) : refused(new Refusal("not_found"), c, catalogue);
  });
  return app;
}
