// The real Worker over HTTP, for tests that are its clients: `wrangler dev` on a free port of this
// machine, with a folder of its own for keys and data. It can be killed and started again on both.
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { inject } from "vitest";
import { configPath, quiet, root, statusOf } from "../scripts/local.ts";

const ready_ms = 60_000;
/** Between looking for a free port and listening on it, somebody else may take it. */
const starts = 3;

export interface Server {
  url: string;
  keys: { PUBLISHABLE_KEY: string; SECRET_KEY: string; ANON_KEY: string; SERVICE_ROLE_KEY: string };
  secrets: Record<string, string>;
  /** The file of the D1 database; SQLite lets others read beside the running server. */
  databaseFile(): string;
  /** Looks into that file, and closes it again. */
  look<T>(query: (db: DatabaseSync) => T): T;
  /** Bytes that its workerd holds in memory now (Linux). */
  memory(): number;
  /** Ends every process of the server as `kill -9` does. */
  kill(): Promise<void>;
  /** Runs the cron's handler now. */
  sweep(): Promise<void>;
  /** Serves the same folder at the same address again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Serves a new, migrated and empty stack; settings become variables of the Worker. */
export async function serve(settings: Record<string, string> = {}): Promise<Server> {
  const folder = makeFolder();
  const persist = path.join(folder, "state");
  cpSync(inject("migrated"), persist, { recursive: true });
  const secrets = writeSecrets(folder);
  let port = 0;
  let child: ChildProcess | undefined;
  const start = async () => {
    const begun = launch({ folder, port, settings });
    child = begun.child;
    if (await answers(begun, port, secrets)) return true;
    const taken = begun.output().includes("Address already in use");
    if (!taken) throw new Error(`the server does not start:\n${begun.output()}`);
    return false;
  };
  const kill = () => killGroup(child);
  const stop = async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let n = 1; port === 0 || !(await start()); n++) {
      if (n > starts) throw new Error("every port is taken");
      port = await freePort();
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    keys: statusOf(secrets, "") as unknown as Server["keys"], // statusOf names each of them
    secrets,
    databaseFile: () => databaseFile(persist),
    look: (query) => looking(persist, query),
    memory: () => residentBytes(child),
    kill,
    async sweep() {
      const answer = await fetch(`http://127.0.0.1:${port}/cdn-cgi/local/scheduled`);
      const text = await answer.text();
      if (text !== "ok") throw new Error(`the sweep answered ${answer.status} ${text}`);
    },
    async restart() {
      if (!(await start())) throw new Error(`port ${port} was taken meanwhile`);
    },
    stop,
  };
}

/** A folder with a configuration that builds the Worker of this repository. */
export function makeFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "vertebra-serve-"));
  const here = (key: string) => (_: string, value: string) =>
    `${key} = ${JSON.stringify(path.join(root, value))}`;
  const config = readFileSync(configPath, "utf8")
    .replace(/^main = "(.*)"$/m, here("main"))
    .replace(/^migrations_dir = "(.*)"$/m, here("migrations_dir"));
  writeFileSync(path.join(folder, "wrangler.toml"), config);
  return folder;
}

/** Fresh secrets in the folder, but for one. */
export function writeSecrets(folder: string, without?: string): Record<string, string> {
  const random = (bytes: number) => randomBytes(bytes).toString("base64url");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...privateKey.export({ format: "jwk" }), kid: random(8), alg: "ES256", use: "sig" };
  const secrets: Record<string, string> = {
    VTB_PUBLISHABLE_KEY: `vtb_publishable_${random(24)}`,
    VTB_SECRET_KEY: `vtb_secret_${random(32)}`,
    JWT_SECRET: random(48),
    AUTH_SIGNING_KEY: JSON.stringify(jwk),
  };
  if (without) delete secrets[without];
  const lines = Object.entries(secrets).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(path.join(folder, ".dev.vars"), lines.join(""), { mode: 0o600 });
  return secrets;
}

export interface Launched {
  child: ChildProcess;
  output(): string;
}

// The IPC channel closes when the test's process ends, however it ends; the server then ends too.
const endsWithParent = 'process.once("disconnect", () => process.kill(process.pid, "SIGTERM"))';

/** Starts `wrangler dev` as the leader of a process group: all of it can be killed at once. */
export function launch(options: {
  folder: string;
  port: number;
  settings?: Record<string, string>;
}): Launched {
  const { folder, port, settings = {} } = options;
  const args = [
    "--no-warnings",
    `--import=data:text/javascript,${encodeURIComponent(endsWithParent)}`,
    path.join(root, "node_modules", "wrangler", "wrangler-dist", "cli.js"),
    ...["dev", "--config", path.join(folder, "wrangler.toml")],
    ...["--persist-to", path.join(folder, "state"), "--ip", "127.0.0.1", "--port", String(port)],
    ...["--show-interactive-dev-session=false", "--log-level", "warn"],
    ...Object.entries(settings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  ];
  const env = quiet({ ...process.env, WRANGLER_REGISTRY_PATH: path.join(folder, "registry") });
  const stdio = ["ignore", "pipe", "pipe", "ipc"] as const;
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env,
    stdio: [...stdio],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (output += text));
  return { child, output: () => output };
}

/** Whether it begins to serve; what answers with other keys is another server. */
async function answers(
  { child }: Launched,
  port: number,
  secrets: Record<string, string>,
): Promise<boolean> {
  const headers = { apikey: secrets.VTB_SECRET_KEY ?? "" };
  const until = Date.now() + ready_ms;
  while (Date.now() < until && child.exitCode === null) {
    const url = `http://127.0.0.1:${port}/rest/v1/restaurants?select=id&limit=1`;
    const signal = AbortSignal.timeout(2_000);
    const ready = fetch(url, { headers, signal }).then(async (answer) => {
      await answer.text();
      return answer.ok;
    });
    if (await ready.catch(() => false)) return true;
    await setTimeout(50);
  }
  await killGroup(child);
  return false;
}

export async function killGroup(child: ChildProcess | undefined): Promise<void> {
  if (!child?.pid) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    return; // nobody is left in the group
  }
  if (child.exitCode === null && child.signalCode === null) await ended;
}

/** What the kernel counts as resident in workerd, which is one of the server's process group. */
function residentBytes(child: ChildProcess | undefined): number {
  const found = globSync("/proc/[0-9]*/stat").flatMap((file) => {
    try {
      // pid (comm) state ppid pgrp …; the 24th is the resident set, in pages.
      const [, name, rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(file, "utf8")) ?? [];
      const fields = rest.split(" ");
      const ours = name === "workerd" && Number(fields[2]) === child?.pid;
      return ours ? [Number(fields[21]) * 4096] : [];
    } catch {
      return []; // it has ended
    }
  });
  if (found.length === 0) throw new Error("no workerd runs here");
  return found.reduce((sum, bytes) => sum + bytes, 0);
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

function databaseFile(persist: string): string {
  const cwd = path.join(persist, "v3", "d1");
  const [file] = globSync("*/*.sqlite", { cwd }).filter((name) => !/metadata/.test(name));
  return path.join(cwd, String(file));
}

function looking<T>(persist: string, query: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(databaseFile(persist), { readOnly: true });
  try {
    return query(db);
  } finally {
    db.close();
  }
}
