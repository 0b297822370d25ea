// What it takes until the first answer: of the Worker alone, and of the whole local stack.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { quiet, root } from "../scripts/local.ts";
import { activeTime, profile } from "./inspect.ts";
import { serveProfiled } from "./serve.ts";
import { newSecrets } from "./stage.ts";

const ready_ms = 120_000;

/** A Worker that loads the built one only when it is asked to: its start can then be watched. */
const late = `export default {
  async fetch() { await import("./worker.js"); return new Response("started"); }
};`;

/**
 * Milliseconds that the Worker's code runs before it can answer: the least of some starts, since
 * the profiler also counts what the machine did in between.
 */
export async function activeStartUp(code: string, starts: number, folder: string): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < starts; n++) {
    const store = mkdtempSync(path.join(folder, "start-"));
    const files = { "late.js": late, "worker.js": code };
    const server = await serveProfiled("late", files, store, newSecrets());
    try {
      const watched = await profile(await server.inspector(), "late", () => fetch(server.url));
      times.push(activeTime(watched));
    } finally {
      await server.stop();
      rmSync(store, { recursive: true, force: true });
    }
  }
  return Math.min(...times);
}

/** Milliseconds from `npm start` on a fresh clone to the first answer: keys, migrations, all. */
export async function freshStart(folder: string): Promise<number> {
  const clone = mkdtempSync(path.join(folder, "clone-"));
  const tracked = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const files = execFileSync("git", tracked, { cwd: root, encoding: "utf8" });
  for (const file of files
    .split("\n")
    .filter((name) => /^(?:src|scripts|migrations)\/|^\w+\.\w+$/.test(name))) {
    mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
    cpSync(path.join(root, file), path.join(clone, file));
  }
  symlinkSync(path.join(root, "node_modules"), path.join(clone, "node_modules"));
  const port = await freePort();
  const args = [path.join(clone, "scripts", "start.ts"), "--port", String(port)];
  const begun = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: clone,
    env: quiet({ ...process.env }),
    stdio: "ignore",
  });
  const ended = new Promise((done) => child.once("close", done));
  const end = () => child.kill("SIGTERM");
  process.once("exit", end);
  try {
    while (!(await answers(`http://127.0.0.1:${port}/health`))) {
      if (child.exitCode !== null) throw new Error("npm start ended before it answered");
      if (performance.now() - begun > ready_ms) throw new Error("npm start does not answer");
      await setTimeout(50);
    }
    return performance.now() - begun;
  } finally {
    end();
    process.off("exit", end);
    await ended;
    rmSync(clone, { recursive: true, force: true });
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url);
    await answer.text();
    return answer.ok;
  } catch {
    return false;
  }
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
