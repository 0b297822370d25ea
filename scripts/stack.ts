// The stack itself, as `npm start` and the demo serve it on this machine.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { type City, seedCity } from "./city.ts";
import { configPath, quiet, root } from "./local.ts";

const ready_ms = 60_000;
const parent_poll_ms = 500;

// The IPC channel closes when this process ends, however it ends; the server then ends itself.
const endsWithParent = 'process.once("disconnect", () => process.kill(process.pid, "SIGTERM"))';

/** `wrangler dev` as a child, which ends with this process. */
export function launch(port: number, persist: string, output: "inherit" | "pipe"): ChildProcess {
  const args = [
    "--no-warnings",
    `--import=data:text/javascript,${encodeURIComponent(endsWithParent)}`,
    path.join(root, "node_modules", "wrangler", "wrangler-dist", "cli.js"),
    ...["dev", "--config", configPath, "--persist-to", persist],
    ...["--ip", "127.0.0.1", "--port", String(port)],
    ...["--show-interactive-dev-session=false", "--log-level", "error"],
  ];
  return spawn(process.execPath, args, {
    cwd: root,
    env: quiet({ ...process.env }),
    stdio: ["ignore", output, output, "ipc"],
  });
}

/** Calls back when a signal, or the end of its parent, asks this process to end; maybe again. */
export function whenAskedToEnd(end: (signal: NodeJS.Signals) => void): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  // A shell between npm and this process passes no signal on: its end is the signal.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end("SIGTERM");
  }, parent_poll_ms).unref();
}

export async function untilHealthy(url: string, server: ChildProcess): Promise<void> {
  const until = Date.now() + ready_ms;
  while (Date.now() < until && !hasEnded(server)) {
    if (await isHealthy(url)) return;
    await setTimeout(100);
  }
  if (hasEnded(server)) throw new Error("The server ended before it answered.");
  server.kill("SIGTERM");
  throw new Error(`The server did not answer ${url}/health within ${ready_ms / 1000} s.`);
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health`);
    await answer.text();
    return answer.ok;
  } catch {
    return false;
  }
}

/** Sends the demo city where there is no restaurant yet; null where there is one. */
export async function seedWhenEmpty(url: string, secretKey: string): Promise<City | null> {
  const address = `${url}/rest/v1/restaurants?select=id&limit=1`;
  const answer = await fetch(address, { headers: { apikey: secretKey } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
  const isEmpty = ((await answer.json()) as unknown[]).length === 0;
  return isEmpty ? seedCity(url, secretKey) : null;
}
