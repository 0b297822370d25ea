// The door: what holds for every request, whatever protocol it speaks.
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import { type Catalogue, Refusal } from "../../kernel/errors.ts";
import type { Wire } from "../../kernel/module.ts";
import { type Authenticator, authenticated } from "./authenticate.ts";
import { limited } from "./limit.ts";
import { catalogueRoutes, type Mount, problem, unavailable } from "./problem.ts";
import { sized } from "./size.ts";

const YEAR_S = 31_536_000;
const PREFLIGHT_S = 7_200;

const exposed = [
  "Content-Range",
  "Location",
  "Link",
  "ETag",
  "X-Supabase-Api-Version",
  "x-d1-bookmark",
  "Idempotent-Replayed",
  "Server-Timing",
  "Retry-After",
  "RateLimit",
  "RateLimit-Policy",
];

// Any origin may call, since no cookie decides anything here: a page sends only what it knows.
const anyOrigin = cors({
  origin: "*",
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
  exposeHeaders: exposed,
  maxAge: PREFLIGHT_S,
});

/** A preflight is answered here; what a path allows is for its wire to say. */
const preflights: MiddlewareHandler<Wire> = (c, next) => {
  const asks = c.req.method === "OPTIONS" && c.req.header("Access-Control-Request-Method");
  return asks ? anyOrigin(c, next) : next();
};

const secured = secureHeaders({
  strictTransportSecurity: `max-age=${YEAR_S}; includeSubDomains`,
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  overwrite: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** What the edge asks of the kernel. */
export interface EdgeKernel extends Authenticator {
  catalogue: Catalogue;
  modules: { id(): string };
  /** Asks the database; throws when it does not answer. */
  ping(): Promise<void>;
}

/** The Worker's app: every wire at its path, behind one list of middlewares. */
export function edge(parts: {
  kernel: EdgeKernel;
  limiter: RateLimit;
  mounts: Mount[];
}): Hono<Wire> {
  const { kernel, limiter, mounts } = parts;
  const catalogue: Catalogue = Object.assign(
    {},
    kernel.catalogue,
    ...mounts.map((m) => m.errors ?? {}),
  );
  const app = new Hono<Wire>();
  app.onError((error, c) => problem(error, c, catalogue, mounts));
  app.notFound((c) => problem(new Refusal("not_found"), c, catalogue, mounts));
  const onMethodNotAllowed = (c: Context<Wire>, methods: string[]) => {
    c.header("Allow", ["OPTIONS", ...methods].join(", "));
    const refusal = new Refusal("method_not_allowed", { method: c.req.method });
    return problem(refusal, c, catalogue, mounts);
  };
  app.use(
    headed(kernel.modules),
    secured,
    preflights,
    limited(limiter),
    methodNotAllowed({ app, onMethodNotAllowed }),
  );
  app.get("/health", async (c) => {
    await kernel.ping().catch((cause) => {
      throw unavailable(cause);
    });
    return c.json({ status: "ok" });
  });
  app.route("/errors", catalogueRoutes(catalogue));
  for (const mount of mounts) {
    if (!mount.streams) app.use(`${mount.path}/*`, sized);
    app.use(`${mount.path}/*`, authenticated(kernel));
    app.route(mount.path, mount.app);
  }
  return app;
}

/**
 * Names the request, for the log and the caller (a name that the caller brings is not believed),
 * and says of the answer what its wire does not. Headers are put on the answer once it is there:
 * Hono makes another response of it for those that were set before.
 */
function headed(ids: { id(): string }): MiddlewareHandler<Wire> {
  return async (c, next) => {
    const id = ids.id();
    c.set("requestId", id);
    await next();
    const { headers } = c.res;
    headers.set("X-Request-Id", id);
    // Answers depend on who asks, unless their wire says otherwise.
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
    // JSON is UTF-8; what reads it by its headers alone is told so.
    const type = headers.get("Content-Type");
    if (type === "application/json") headers.set("Content-Type", `${type}; charset=utf-8`);
    if (c.req.method === "OPTIONS") return;
    headers.set("Access-Control-Allow-Origin", "*");
    headers.set("Access-Control-Expose-Headers", exposed.join());
  };
}
