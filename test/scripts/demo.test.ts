// `npm run demo` in a copy of the project, where no stack runs. What it tells is story.test.ts's.
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { columnsOf } from "../../scripts/page.ts";

const project = path.join(import.meta.dirname, "..", "..");
let copy: string;
let scratch: string;

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), "vertebra-demo-test-"));
  for (const part of ["package.json", "wrangler.toml", "scripts", "src", "migrations"])
    cpSync(path.join(project, part), path.join(copy, part), { recursive: true });
  symlinkSync(path.join(project, "node_modules"), path.join(copy, "node_modules"));
  scratch = path.join(copy, "scratch");
  mkdirSync(scratch);
});
afterAll(() => rmSync(copy, { recursive: true }));

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs it to its end; `reads` sees what is printed, and may interrupt. */
function demo(
  args: string[],
  reads?: (out: string, interrupt: () => void) => void,
): Promise<Ended> {
  const env = { ...process.env, TMPDIR: scratch };
  const child = spawn(process.execPath, ["scripts/demo.ts", ...args], { cwd: copy, env });
  const ended = { out: "", err: "" };
  child.stdout.on("data", (text) => {
    ended.out += text;
    reads?.(ended.out, () => child.kill("SIGINT"));
  });
  child.stderr.on("data", (text) => {
    ended.err += text;
  });
  return new Promise((resolve) => {
    child.once("close", (code) => resolve({ code, ...ended }));
  });
}

const left = () => readdirSync(scratch).filter((name) => name.startsWith("vertebra-demo-"));
const urlIn = (out: string) => /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] ?? "";
const answers = (url: string) =>
  fetch(`${url}/health`).then(
    () => true,
    () => false,
  );

test("without a stack it makes one, tells all of the story, and leaves nothing", async () => {
  const { code, out, err } = await demo([]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  for (const said of ["Ada, a customer", "Kim, in the kitchen", "Eve, a", "A guest,", "nothing."])
    expect(out).toContain(said);
  expect(out).not.toContain("\u001b");
  for (const line of out.split("\n")) expect(columnsOf(line)).toBeLessThanOrEqual(80);
  expect(left()).toEqual([]);
  expect(await answers(urlIn(out))).toBe(false);
  // The stack that `npm run status` knows is another matter.
  expect(existsSync(path.join(copy, ".wrangler", "vertebra.json"))).toBe(false);
});

test("interrupted, it leaves nothing either", async () => {
  const { code, out } = await demo([], (out, interrupt) => {
    if (out.includes("Ada, a customer")) interrupt();
  });
  expect(code).toBe(130);
  expect(out).not.toContain("nothing.");
  expect(left()).toEqual([]);
  expect(await answers(urlIn(out))).toBe(false);
});

test("where nobody answers, it says what was due, and ends with 1", async () => {
  const { code, out, err } = await demo(["--url", "http://127.0.0.1:9"]);
  expect(code).toBe(1);
  expect(out).toContain("Told to http://127.0.0.1:9");
  expect(err).toMatch(/^\nAda, a customer\n {2}signs up\n {2}expected {2}an answer\n {2}came {6}/);
});

test("it explains itself, and refuses what makes no sense", async () => {
  expect(await demo(["--help"])).toMatchObject({ code: 0, err: "" });
  expect(await demo(["--uri", "x"])).toMatchObject({ code: 2, out: "" });
  expect(await demo(["--url", "x"])).toEqual({ code: 1, out: "", err: "--url x: not a URL\n" });
});
