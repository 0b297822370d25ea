// The door: what holds for every request, whatever protocol it speaks. It is plain, and waits only
// for what takes time: on the way to D1 every step of a framework, and every promise, is felt.
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { methodNotAllowed } from "hono/method-not-allowed";
import { OWN_MACHINE } from "../../kernel/actor.ts";
import { type Catalogue, Refusal } from "../../kernel/errors.ts";
import type { Caller, Wire } from "../../kernel/module.ts";
import { type Authenticator, actorOf } from "./authenticate.ts";
import { admit } from "./limit.ts";
import { callerNetwork } from "./network.ts";
import {
  catalogueRoutes,
  contextOf,
  introduce,
  type Mount,
  problem,
  unavailable,
} from "./problem.ts";
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
].join();

// Any origin may call, since no cookie decides anything here: a page sends only what it knows.
const anyOrigin = cors({
  origin: "*",
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
  exposeHeaders: [exposed],
  maxAge: PREFLIGHT_S,
});

/** Of every answer. */
const always = Object.entries({
  "Strict-Transport-Security": `max-age=${YEAR_S}; includeSubDomains`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
});
/** Of answers whose wire does not say otherwise: what they are depends on who asks. */
const unlessSaid = Object.entries({
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
});

/** What the edge asks of the kernel. */
export interface EdgeKernel extends Authenticator {
  catalogue: Catalogue;
  modules: { id(): string };
  /** Asks the database; throws when it does not answer. */
  ping(): Promise<void>;
}

interface Parts {
  kernel: EdgeKernel;
  limiter: RateLimit;
  mounts: Mount[];
}

/** The Worker: every wire at its path, behind one door. */
export function edge({ kernel, limiter, mounts }: Parts) {
  const catalogue: Catalogue = Object.assign(
    {},
    kernel.catalogue,
    ...mounts.map((m) => m.errors ?? {}),
  );
  const refuse: Refuse = (error, c) => problem(error, c, catalogue, mounts);
  const wires = mounts.map((mount) => {
    const { app, path } = mount;
    const serve = mount.serve ?? (app && served(app, refuse, path));
    if (!serve) throw new Error(`nothing is served at ${path}`);
    return { ...mount, serve };
  });
  const front = served(frontDoor(kernel, catalogue), refuse);

  /** Lets in, and hands to the wire at that path. */
  async function enter(request: Request, method: string, caller: Partial<Caller>) {
    if (isPreflight(request, method)) return await front(request, caller);
    const address = callerNetwork(request);
    caller.address = address;
    if (address !== OWN_MACHINE) await admit(request, limiter, address, caller.requestId);
    const { url } = request;
    const at = url.indexOf("/", url.indexOf("//") + 2);
    const wire = wires.find(
      ({ path }) => url.startsWith(path, at) && ENDS.has(url[at + path.length]),
    );
    if (!wire) return await front(request, caller);
    const whole = wire.streams || !request.body ? request : await sized(request, request.body);
    caller.actor = await actorOf(kernel, request, address);
    return await wire.serve(whole, caller as Caller); // all of it is known by now
  }

  return {
    async fetch(request: Request): Promise<Response> {
      const { method } = request;
      const requestId = kernel.modules.id();
      const caller = { requestId };
      let answer: Response;
      try {
        answer = await enter(request, method, caller);
      } catch (error) {
        answer = await refuse(error as Error, contextOf(request, caller)); // nothing else is thrown
      }
      if (method === "HEAD" && answer.body) answer = new Response(null, answer);
      try {
        tell(answer.headers, method, requestId);
      } catch {
        // Those of a redirect by itself, or of what was fetched, cannot be changed.
        answer = new Response(answer.body, answer);
        tell(answer.headers, method, requestId);
      }
      return answer;
    },
  };
}

/** What may stand behind the path of a wire. */
const ENDS = new Set(["/", "?", undefined]);

/** It is answered at the door; what a path allows is for its wire to say. */
function isPreflight(request: Request, method: string): boolean {
  return method === "OPTIONS" && request.headers.has("access-control-request-method");
}

type Refuse = (error: Error, c: Context<Wire>) => Response | Promise<Response>;

/** What is at no wire's path. */
function frontDoor(kernel: EdgeKernel, catalogue: Catalogue): Hono<Wire> {
  const app = new Hono<Wire>();
  app.use((c, next) => (isPreflight(c.req.raw, c.req.method) ? anyOrigin(c, next) : next()));
  app.route("/errors", catalogueRoutes(catalogue));
  return app.get("/health", async (c) => {
    await kernel.ping().catch((cause) => {
      throw unavailable(cause);
    });
    return c.json({ status: "ok" });
  });
}

/** Serves a Hono app, which finds in its context who asks. */
function served(routes: Hono<Wire>, refuse: Refuse, path = "/") {
  const app = new Hono<Wire>();
  app.onError(refuse);
  app.notFound((c) => refuse(new Refusal("not_found"), c));
  const onMethodNotAllowed = (c: Context<Wire>, methods: string[]) => {
    const allow = ["OPTIONS", ...methods].join(", ");
    return refuse(new Refusal("method_not_allowed", { method: c.req.method, allow }), c);
  };
  app.use((c, next) => {
    introduce(c, c.env);
    return next();
  }, methodNotAllowed({ app, onMethodNotAllowed }));
  app.route(path, routes);
  return (request: Request, caller: Partial<Caller>) => app.fetch(request, caller);
}

/**
 * Names the request, for the log and the caller (a name that the caller brings is not believed),
 * and says of the answer what its wire does not.
 */
function tell(headers: Headers, method: string, requestId: string): void {
  headers.set("X-Request-Id", requestId);
  for (const [name, value] of always) headers.set(name, value);
  for (const [name, value] of unlessSaid) {
    if (!headers.has(name)) headers.set(name, value);
  }
  // JSON is UTF-8; what reads it by its headers alone is told so.
  const type = headers.get("Content-Type");
  if (type === "application/json") headers.set("Content-Type", `${type}; charset=utf-8`);
  if (method === "OPTIONS") return;
  headers.set("Access-Control-Allow-Origin", "*");
  headers.set("Access-Control-Expose-Headers", exposed);
}
