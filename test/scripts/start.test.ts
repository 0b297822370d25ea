// `npm start` in a copy of the project, as on a fresh machine.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, expect, test } from "vitest";

const project = path.join(import.meta.dirname, "..", "..");
let copy: string;
let port: number;
let running: ChildProcess | undefined;
/** What the running stack has printed. */
let printed = "";

beforeAll(async () => {
  copy = mkdtempSync(path.join(tmpdir(), "vertebra-start-"));
  for (const part of ["package.json", "wrangler.toml", "scripts", "src", "migrations"])
    cpSync(path.join(project, part), path.join(copy, part), { recursive: true });
  symlinkSync(path.join(project, "node_modules"), path.join(copy, "node_modules"));
  port = await freePort();
});

afterAll(async () => {
  if (running) await end(running, "SIGTERM");
  rmSync(copy, { recursive: true });
});

function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

const args = () => ["--port", String(port), "--persist", path.join(copy, "store")];

/** Starts the stack; resolves with what it printed once it says that it runs. */
function start(): Promise<string> {
  const child = spawn(process.execPath, ["scripts/start.ts", ...args()], { cwd: copy });
  running = child;
  return new Promise((resolve, reject) => {
    printed = "";
    const read = (chunk: Buffer) => {
      printed += chunk;
      if (printed.includes("Stop:")) resolve(printed);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`exit ${code}: ${printed}`)));
  });
}

function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
    child.once("exit", (code) => resolve(code));
    child.kill(signal);
  });
}

const run = (script: string, ...more: string[]) =>
  spawnSync(process.execPath, [script, ...more], { cwd: copy, encoding: "utf8" });
/** A connection that is kept ends unseen while a script runs: this process waits for it. */
const headers = { connection: "close" };
const alone = { global: { headers } };
const answers = () =>
  fetch(`http://127.0.0.1:${port}/health`, { headers }).then(
    (r) => r.ok,
    () => false,
  );

test("a fresh machine gets keys, tables and a city, and serves them", async () => {
  const out = await start();
  expect(out).toContain("Made local keys");
  expect(out).toContain("Seeded 200 restaurants and 2000 dishes");
  expect(statSync(path.join(copy, ".dev.vars")).mode & 0o777).toBe(0o600);
  const told = run("scripts/status.ts", "--json");
  expect([told.status, told.stderr]).toEqual([0, ""]);
  const status = JSON.parse(told.stdout);
  expect(status.API_URL).toBe(`http://127.0.0.1:${port}`);
  const db = createClient(status.API_URL, status.PUBLISHABLE_KEY, alone);
  const dishes = await db.from("menu_items").select("id", { count: "exact", head: true });
  expect(dishes.count).toBe(2000);
  for (const key of [status.SECRET_KEY, status.SERVICE_ROLE_KEY]) {
    const { error } = await createClient(status.API_URL, key, alone).from("staff").select();
    expect(error).toBeNull();
  }
  const { data } = await db.auth.signUp({ email: "ada@example.com", password: "long and odd 7" });
  expect(data.session?.user.email).toBe("ada@example.com");
});

test("the mailbox is read beside the running server", async () => {
  const { API_URL, PUBLISHABLE_KEY } = JSON.parse(run("scripts/status.ts", "--json").stdout);
  const db = createClient(API_URL, PUBLISHABLE_KEY, alone);
  expect((await db.auth.resetPasswordForEmail("ada@example.com")).error).toBeNull();
  const mail = JSON.parse(run("scripts/mailbox.ts", "--json", "--to", "ada@example.com").stdout);
  expect(mail).toHaveLength(1);
  expect(mail[0].body).toContain(`${API_URL}/auth/v1/verify`);
});

test.each(["127.0.0.1", "localhost"])("an import to %s finds the key", (host) => {
  const file = path.join(copy, "none.geojson");
  writeFileSync(file, '{"type":"FeatureCollection","features":[]}');
  const [url, other] = [port, port + 1].map((p) => `http://${host}:${p}`);
  const { status, stderr } = run("scripts/import.ts", file, "--url", `${url}/`);
  expect([status, stderr]).toEqual([0, ""]);
  expect(run("scripts/import.ts", file, "--url", `${other}`).stderr).toMatch(/^No secret key/);
});

test("the demo tells its story to the running server", async () => {
  const { status, stdout, stderr } = run("scripts/demo.ts");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(new RegExp(`^Told to http://127.0.0.1:${port} by @supabase/supabase-js `));
});

test("the demo takes the keys that it is given", () => {
  const args = ["scripts/demo.ts", "--url", `http://127.0.0.1:${port}/`];
  const env = { ...process.env, VTB_SECRET_KEY: "of another stack" };
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: copy,
    env,
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toContain("Kim, in the kitchen\n  is hired by the secret key\n");
});

test("a second stack on the same port is refused in a sentence", () => {
  const { status, stderr } = run("scripts/start.ts", ...args());
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Port \d+ is taken\.[^\n]*\n$/);
});

test("asked to stop, it stops whole; started again, it has the same keys and rows", async () => {
  const keys = readFileSync(path.join(copy, ".dev.vars"), "utf8");
  expect(await end(running as ChildProcess, "SIGTERM")).toBe(0); // started by the first test
  expect(await answers()).toBe(false);
  const out = await start();
  expect(out).not.toMatch(/Made|Applied|Seeded/);
  expect(readFileSync(path.join(copy, ".dev.vars"), "utf8")).toBe(keys);
});

test("a module that throws as it loads ends no stack: corrected, it is served again", async () => {
  const file = path.join(copy, "src", "modules", "favourites", "tables.ts");
  const right = readFileSync(file, "utf8");
  writeFileSync(file, `${right}\nthrow new Error("no such rule");\n`);
  await expect.poll(() => printed).toMatch(/starts it again\.\n/);
  expect(printed).toContain("no such rule");
  expect(await answers()).toBe(false);
  writeFileSync(file, right);
  await expect.poll(() => printed).toMatch(/runs again\.\n/);
  expect(await answers()).toBe(true);
  expect(printed.match(/The server has ended/g)).toHaveLength(1);
  expect(running?.exitCode).toBeNull();
});

test("killed, it leaves no server behind", async () => {
  expect(await answers()).toBe(true);
  await end(running as ChildProcess, "SIGKILL"); // started by the test before
  await expect.poll(answers).toBe(false);
});
