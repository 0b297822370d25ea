// The Worker in this isolate, with a fault; and its sweep.
import { env } from "cloudflare:workers";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { readConfig } from "../../src/config.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createKernel } from "../../src/kernel/kernel.ts";
import { modules } from "../../src/modules/index.ts";
import { edge } from "../../src/protocols/http/edge.ts";
import { rest } from "../../src/protocols/rest/index.ts";
import { crashingDatabase, crashingFiles, type Fault, type Race, stepsWith } from "../crash.ts";

const url = "http://vertebra.test";

export interface Mortal {
  /** The steps that were begun. */
  taken: string[];
  texts: Set<string>;
  rows: { read: number; written: number };
  as(token: string): SupabaseClient;
  fetch(request: Request): Promise<Response>;
  /** What goes on after the answer has ended. */
  settled(): Promise<void>;
  /** The sweep, with the fault, so many minutes from now. */
  sweep(minutes: number): Promise<void>;
}

/** As clients send it: what is no stream says its length, and a form ends with a line's end. */
async function overHttp(input: RequestInfo | URL, init?: RequestInit): Promise<Request> {
  const request = new Request(input, init);
  if (!request.body || init?.body instanceof ReadableStream) return request;
  const headers = new Headers(request.headers);
  const end = headers.get("content-type")?.startsWith("multipart/") ? "\r\n" : "";
  const body = new Blob([await request.arrayBuffer(), end]);
  headers.set("content-length", String(body.size));
  return new Request(request.url, { method: request.method, headers, body });
}

/** The Worker, over the same data, with a fault. */
export function mortal(fault?: Fault | Race, changes: Record<string, string> = {}): Mortal {
  const { db, files, limiter, secrets, settings } = readConfig(env);
  const steps = stepsWith(fault);
  const work: Promise<unknown>[] = [];
  let ahead_ms = 0;
  const kernel = createKernel({
    modules,
    db: crashingDatabase(db, steps),
    files: crashingFiles(files, steps),
    secrets,
    settings: { ...settings, ...changes },
    clock: { now: () => systemClock.now() + ahead_ms },
    waitUntil: (later) => work.push(later),
  });
  const wires = modules.flatMap(({ routes }) =>
    routes ? [{ ...routes, app: routes.app(kernel.modules) }] : [],
  );
  const mounts = [rest(kernel), ...wires];
  const app = edge({ kernel, limiter, mounts });
  const fetch = async (request: Request) => app.fetch(request);
  return {
    taken: steps.taken,
    texts: steps.texts,
    rows: steps.rows,
    fetch,
    as: (token) =>
      createClient(url, env.VTB_PUBLISHABLE_KEY, {
        accessToken: async () => token,
        global: { fetch: async (input, init) => fetch(await overHttp(input, init)) },
      }),
    async settled() {
      await Promise.all(work);
    },
    async sweep(minutes) {
      ahead_ms = minutes * 60_000;
      await kernel.sweep();
    },
  };
}

/** The sweep, as many hours from now. */
export async function sweep(hours: number): Promise<void> {
  const { limiter: _, ...config } = readConfig(env);
  const clock = { now: () => systemClock.now() + hours * 3_600_000 };
  await createKernel({ modules, ...config, clock }).sweep();
}
