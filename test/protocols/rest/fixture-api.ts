// The real client against the tables of the kernel's fixture: they have columns of every kind.
import { createClient } from "@supabase/supabase-js";
import { Hono } from "hono";
import type { Actor } from "../../../src/kernel/actor.ts";
import { problemOf, Refusal } from "../../../src/kernel/errors.ts";
import type { Engine } from "../../../src/kernel/execute.ts";
import type { Wire } from "../../../src/kernel/module.ts";
import { rest } from "../../../src/protocols/rest/index.ts";
import { ORIGIN } from "./api.ts";

// biome-ignore lint/suspicious/noExplicitAny: rows are checked by the assertions, not by types
type Untyped = any;

/** The wire of an engine for one caller, without the edge around it. */
export function wireOf(engine: Engine, actor: Actor) {
  const app = new Hono<Wire>();
  app.use(async (c, next) => {
    c.set("actor", actor);
    await next();
  });
  const wire = rest(engine);
  app.route(wire.path, wire.app);
  app.onError((error) => {
    if (!(error instanceof Refusal)) throw error;
    const problem = problemOf(error, { ...engine.catalogue, ...wire.errors });
    return Response.json(problem, { status: problem.status });
  });
  return {
    call: async (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) => {
      const headers = { "content-type": "application/json", ...init.headers };
      return app.fetch(new Request(`${ORIGIN}/rest/v1${path}`, { ...init, headers }));
    },
    db: createClient<Untyped, { PostgrestVersion: "14" }>(ORIGIN, "key", {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
      global: { fetch: async (input, init) => app.fetch(new Request(input as Request, init)) },
    }),
  };
}
