// Where the demo tells its story: the local stack if it runs, or one of its own that goes again.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { applyMigrations } from "./apply-migrations.ts";
import { defaultPort, makeVars, readState, readVars, statusOf } from "./local.ts";
import { hasEnded, launch, seedWhenEmpty, untilHealthy } from "./stack.ts";
import type { Keys } from "./stage.ts";

const answer_ms = 2_000;
const end_ms = 5_000;

export interface Place {
  url: string;
  keys: Keys;
}

/** The local stack as `npm run status` knows it, if it answers to its keys. */
export async function runningStack(): Promise<Place | null> {
  const url = readState()?.url ?? `http://127.0.0.1:${defaultPort}`;
  const keys = localKeys();
  const headers = { apikey: keys.SECRET_KEY };
  const signal = AbortSignal.timeout(answer_ms);
  const asked = fetch(`${url}/rest/v1/restaurants?select=id&limit=1`, { headers, signal });
  const answer = await asked.catch(() => null);
  await answer?.text();
  return answer?.ok ? { url, keys } : null;
}

export function localKeys(): Keys {
  const { PUBLISHABLE_KEY = "", SECRET_KEY = "" } = statusOf(readVars(), "");
  return { PUBLISHABLE_KEY, SECRET_KEY };
}

export interface OwnStack {
  /** Migrated and seeded as by `npm start`, in a folder and on a port of its own. */
  ready: Promise<Place>;
  /** Ends it, at any time, and leaves nothing behind. */
  end(): Promise<void>;
}

export function ownStack(): OwnStack {
  const folder = mkdtempSync(path.join(tmpdir(), "vertebra-demo-"));
  let server: ChildProcess | undefined;
  const start = async () => {
    makeVars();
    await applyMigrations(folder);
    const port = await freePort();
    const place = { url: `http://127.0.0.1:${port}`, keys: localKeys() };
    server = launch(port, folder, "pipe");
    const output = outputOf(server);
    await untilHealthy(place.url, server).catch((error: Error) => {
      throw new Error(`${error.message}\n${output()}`);
    });
    await seedWhenEmpty(place.url, place.keys.SECRET_KEY);
    return place;
  };
  return {
    ready: start(),
    async end() {
      if (server) await endOf(server);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function endOf(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  const ended = once(server, "exit");
  server.kill("SIGTERM");
  await Promise.race([ended, setTimeout(end_ms, undefined, { ref: false })]);
  server.kill("SIGKILL");
}

function outputOf(child: ChildProcess): () => string {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (output += text));
  return () => output;
}

function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
