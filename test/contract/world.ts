// The Worker as src/index.ts puts it together, over the modules it is given, and real people who
// signed up to it. Declarations may be changed between two apps over the same database.
import { env } from "cloudflare:workers";
import { readConfig } from "../../src/config.ts";
import { isExposed } from "../../src/kernel/after/changes.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { type AssembledKernel, createKernel } from "../../src/kernel/kernel.ts";
import type { Module } from "../../src/kernel/module.ts";
import { type Declared, declarationOf } from "../../src/kernel/table.ts";
import { edge } from "../../src/protocols/http/edge.ts";
import { rest } from "../../src/protocols/rest/index.ts";

export const callers = ["guest", "owner", "stranger", "staff", "service"] as const;
export type Caller = (typeof callers)[number];
export type Person = Extract<Caller, "owner" | "stranger" | "staff">;

/** What a protocol talks to. */
export interface App {
  kernel: AssembledKernel;
  fetch(request: Request): Promise<Response>;
}

export interface World {
  modules: Module[];
  /** Every table a protocol may name. */
  tables: Declared[];
  /** Tables that nobody may name. */
  unexposed: Declared[];
  people: Record<Person, { id: string; token: string; email: string }>;
  app: App;
  db: D1Database;
}

/** The machine's own: no limit per network address applies there. */
export const origin = "http://127.0.0.1:8787";
const { db, files, limiter, secrets, settings } = readConfig(env);

/** A new app over the declarations as they are now: plans are made anew. */
export function assemble(modules: Module[]): App {
  const kernel = createKernel({ modules, db, files, secrets, settings, clock: systemClock });
  const wires = modules.flatMap(({ routes }) =>
    routes ? [{ ...routes, app: routes.app(kernel.modules) }] : [],
  );
  const mounts = [rest(kernel), ...wires];
  const app = edge({ kernel, limiter, mounts });
  return { kernel, fetch: async (request) => app.fetch(request) };
}

export async function createWorld(modules: Module[]): Promise<World> {
  const app = assemble(modules);
  const declared = modules.flatMap((m) => m.tables ?? []).map(declarationOf);
  const people = {
    owner: await signUp(app),
    stranger: await signUp(app),
    staff: await signUp(app),
  };
  return {
    modules,
    tables: declared.filter(isExposed),
    unexposed: declared.filter((t) => !isExposed(t)),
    people,
    app,
    db,
  };
}

/** The same people and rows, behind declarations that have changed. */
export function reassemble(world: World): World {
  return { ...world, app: assemble(world.modules) };
}

/** A text that occurs nowhere else: letters, digits and dashes. */
export function newCanary(): string {
  return `canary-${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`;
}

async function signUp(app: App) {
  const email = `${newCanary()}@example.com`;
  const answer = await app.fetch(
    new Request(`${origin}/auth/v1/signup`, {
      method: "POST",
      headers: { ...credentials("guest"), "content-type": "application/json" },
      body: JSON.stringify({ email, password: `a long password ${newCanary()}` }),
    }),
  );
  const text = await answer.text();
  if (!answer.ok) throw new Error(`sign-up: ${answer.status} ${text}`);
  const { access_token, user }: { access_token: string; user: { id: string } } = JSON.parse(text);
  return { id: user.id, token: access_token, email };
}

/** What the caller sends to say who it is, as supabase-js does. */
export function credentials(caller: Caller, world?: Pick<World, "people">): Record<string, string> {
  const person = caller === "guest" || caller === "service" ? undefined : world?.people[caller];
  const apikey = secrets[caller === "service" ? "VTB_SECRET_KEY" : "VTB_PUBLISHABLE_KEY"] ?? "";
  return { apikey, authorization: `Bearer ${person?.token ?? apikey}` };
}
