// The real client against the tables of the kernel's fixture: they have columns of every kind.
import { createClient } from "@supabase/supabase-js";
import type { Actor } from "../../../src/kernel/actor.ts";
import type { Engine } from "../../../src/kernel/execute.ts";
import { alone } from "./alone.ts";
import { ORIGIN } from "./api.ts";

// biome-ignore lint/suspicious/noExplicitAny: rows are checked by the assertions, not by types
type Untyped = any;

/** The wire of an engine for one caller, without the edge around it. */
export function wireOf(engine: Engine, actor: Actor) {
  const serve = alone(engine, actor);
  return {
    call: async (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) => {
      const headers = { "content-type": "application/json", ...init.headers };
      return serve(new Request(`${ORIGIN}/rest/v1${path}`, { ...init, headers }));
    },
    db: createClient<Untyped, { PostgrestVersion: "14" }>(ORIGIN, "key", {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
      global: { fetch: async (input, init) => serve(new Request(input as Request, init)) },
    }),
  };
}
