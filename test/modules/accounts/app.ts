// The served app, called in-process by the real supabase-js.

import { env, exports } from "cloudflare:workers";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { readConfig } from "../../../src/config.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createKernel } from "../../../src/kernel/kernel.ts";
import { modules } from "../../../src/modules/index.ts";
import { edge } from "../../../src/protocols/http/edge.ts";

/** The machine's own: limits per network address begin where a test names one. */
export const origin = "http://127.0.0.1:8787";
export const password = "a long enough secret";

export type Serve = (request: Request) => Promise<Response>;

export const served: Serve = (request) => exports.default.fetch(request);

/** The same Worker over the same database, with other settings or secrets. */
export function serve(changes: Record<string, string>, over?: D1Database): Serve {
  const { db: own, files, limiter, secrets, settings } = readConfig(env);
  const db = over ?? own;
  const kernel = createKernel({
    modules,
    db,
    files,
    secrets: { ...secrets, ...changes },
    settings: { ...settings, ...changes },
    clock: systemClock,
  });
  const mounts = modules.flatMap(({ routes }) =>
    routes ? [{ ...routes, app: routes.app(kernel.modules) }] : [],
  );
  const app = edge({ kernel, limiter, mounts });
  return async (request) => app.fetch(request);
}

/** As deployed: nobody is in before their address is confirmed. */
export const deployed = serve({ AUTOCONFIRM: "false" });

interface Options {
  key?: string;
  serve?: Serve;
  address?: string;
  flowType?: "pkce" | "implicit";
}

/** A browser tab: keeps its session in memory, refreshes only when told to. */
export function tab(options: Options = {}): SupabaseClient {
  const {
    key = env.VTB_PUBLISHABLE_KEY,
    serve: to = served,
    address,
    flowType = "implicit",
  } = options;
  const fetch: typeof globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    if (address) request.headers.set("cf-connecting-ip", address);
    return to(request);
  };
  const auth = {
    persistSession: false,
    autoRefreshToken: false,
    detectSessionInUrl: false,
    flowType,
  };
  return createClient(origin, key, { auth, global: { fetch } });
}

export const admin = (to: Serve = served) => tab({ key: env.VTB_SECRET_KEY, serve: to }).auth.admin;

let people = 0;

/** An address that nobody had before; all are of one length. */
export function newEmail(): string {
  people++;
  return `person-${String(people).padStart(4, "0")}-${crypto.randomUUID().slice(0, 8)}@example.com`;
}

/** Somebody signed up and in. */
export async function newPerson(options: Options = {}) {
  const [at, email] = [tab(options), newEmail()];
  const { data, error } = await at.auth.signUp({ email, password });
  if (error || !data.session || !data.user) throw error ?? new Error("no session");
  return { tab: at, email, session: data.session, user: data.user };
}

/** A plain request, for what supabase-js would never send. */
export async function call(
  method: string,
  path: string,
  init: { body?: unknown; headers?: Record<string, string>; serve?: Serve } = {},
): Promise<Response> {
  const { body, headers = {}, serve: to = served } = init;
  const request = new Request(`${origin}/auth/v1${path}`, {
    method,
    redirect: "manual",
    headers: {
      apikey: env.VTB_PUBLISHABLE_KEY,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return to(request);
}

export interface Letter {
  subject: string;
  body: string;
  link: string;
  code: string;
}

/** The mail to somebody, the newest last, as their mailbox would show it. */
export async function lettersTo(email: string): Promise<Letter[]> {
  const { results } = await env.DB.prepare(
    "select subject, body from auth__outbox where recipient = ? order by rowid",
  )
    .bind(email)
    .all<{ subject: string; body: string }>();
  return results.map(({ subject, body }) => ({
    subject,
    body,
    link: /https?:\/\/\S+\/auth\/v1\/verify\S+/.exec(body)?.[0] ?? "",
    code: /\b\d{6}\b/.exec(body)?.[0] ?? "",
  }));
}

export async function lastLetter(email: string): Promise<Letter> {
  const letter = (await lettersTo(email)).at(-1);
  if (!letter) throw new Error(`nothing was sent to ${email}`);
  return letter;
}

/** Follows a link as a mail program does; answers with where it leads. */
export async function follow(link: string, to: Serve = served): Promise<URL> {
  const answer = await to(new Request(link, { redirect: "manual" }));
  return new URL(answer.headers.get("location") ?? `about:blank#status=${answer.status}`);
}

/** The members of a fragment. */
export function fragment(url: URL): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(url.hash.slice(1)));
}
