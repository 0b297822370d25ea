// A Worker that dies, or stumbles, at a given step: every call of D1 or R2 is one.
import { env } from "cloudflare:workers";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { readConfig } from "../../../src/config.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createKernel } from "../../../src/kernel/kernel.ts";
import { modules } from "../../../src/modules/index.ts";
import { edge } from "../../../src/protocols/http/edge.ts";
import { url } from "./files.ts";

export interface Fault {
  /** The step, from 1. */
  step: number;
  /** Not made at all; or made, and its answer lost. */
  when: "before" | "after";
  /** Every later step fails too, as if the process were gone. */
  dead: boolean;
}

interface Steps {
  taken: string[];
  /** Rows that D1 has read. */
  rows: { read: number };
  run<T>(name: string, call: () => Promise<T>): Promise<T>;
}

function stepsWith(fault: Fault | undefined): Steps {
  const taken: string[] = [];
  return {
    taken,
    rows: { read: 0 },
    async run(name, call) {
      const n = taken.push(name);
      if (!fault || n < fault.step) return call();
      if (n > fault.step && !fault.dead) return call();
      if (n === fault.step && fault.when === "after") await call();
      throw new Error(`crashed at step ${fault.step}: ${name}`);
    },
  };
}

interface Prepared {
  inner: D1PreparedStatement;
}

function crashingDatabase(real: D1Database, { run, rows }: Steps): D1Database {
  const counted = (results: D1Result[]) => {
    for (const { meta } of results) rows.read += meta.rows_read;
    return results;
  };
  const wrap = (inner: D1PreparedStatement): unknown => ({
    inner,
    bind: (...params: unknown[]) => wrap(inner.bind(...params)),
    all: () => run("D1 read", () => inner.all()),
    first: () => run("D1 look", () => inner.first()),
  });
  return {
    withSession(at?: string) {
      const session = real.withSession(at);
      return {
        prepare: (sql: string) => wrap(session.prepare(sql)),
        batch: (list: Prepared[]) =>
          run("D1 batch", async () => counted(await session.batch(list.map((s) => s.inner)))),
        getBookmark: () => session.getBookmark(),
      };
    },
  } as unknown as D1Database; // the store uses withSession alone
}

function crashingFiles(real: R2Bucket, { run }: Steps): R2Bucket {
  return {
    put: (key: string, value: Uint8Array) => run("R2 put", () => real.put(key, value)),
    get: (key: string, options: R2GetOptions) => run("R2 get", () => real.get(key, options)),
    delete: (keys: string[]) => run("R2 delete", () => real.delete(keys)),
    createMultipartUpload: (key: string) => run("R2 begin", () => real.createMultipartUpload(key)),
    resumeMultipartUpload(key: string, id: string) {
      const upload = real.resumeMultipartUpload(key, id);
      return {
        uploadPart: (n: number, value: Uint8Array) =>
          run("R2 part", () => upload.uploadPart(n, value)),
        complete: (parts: R2UploadedPart[]) => run("R2 complete", () => upload.complete(parts)),
        abort: () => run("R2 abort", () => upload.abort()),
      };
    },
  } as unknown as R2Bucket; // what bucket.ts uses
}

export interface Mortal {
  /** The steps that were begun. */
  taken: string[];
  rows: { read: number };
  as(token: string): SupabaseClient;
  fetch(request: Request): Promise<Response>;
  /** What goes on after the answer has ended. */
  settled(): Promise<void>;
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
export function mortal(fault?: Fault, changes: Record<string, string> = {}): Mortal {
  const { db, files, limiter, secrets, settings } = readConfig(env);
  const steps = stepsWith(fault);
  const work: Promise<unknown>[] = [];
  const kernel = createKernel({
    modules,
    db: crashingDatabase(db, steps),
    files: crashingFiles(files, steps),
    secrets,
    settings: { ...settings, ...changes },
    clock: systemClock,
    waitUntil: (later) => work.push(later),
  });
  const mounts = modules.flatMap(({ routes }) =>
    routes ? [{ ...routes, app: routes.app(kernel.modules) }] : [],
  );
  const app = edge({ kernel, limiter, mounts });
  const fetch = async (request: Request) => app.fetch(request);
  return {
    taken: steps.taken,
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
  };
}

/** The hourly sweep, as many hours from now. */
export async function sweep(hours: number): Promise<void> {
  const { limiter: _, ...config } = readConfig(env);
  const clock = { now: () => systemClock.now() + hours * 3_600_000 };
  await createKernel({ modules, ...config, clock }).sweep();
}
