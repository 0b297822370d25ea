// For each rule something it must catch, and its neighbour that it must let pass.
import type { SourceFile } from "./source.ts";

/** Files by path; a text may be a list of lines. */
type Tree = Record<string, string | string[]>;

export interface Example {
  rule: string;
  name: string;
  bad: Tree;
  good: Tree;
}

export function filesOf(tree: Tree): SourceFile[] {
  return Object.entries(tree).map(([path, text]) => ({ path, text: [text].flat().join("\n") }));
}

const at = (path: string, bad: string, good: string) => ({
  bad: { [path]: bad },
  good: { [path]: good },
});
const bare = { "src/modules/a/index.ts": "", "src/modules/b/index.ts": "" };
const needing = (a: string, b: string) => ({
  "src/modules/a/index.ts": `export const a = { needs: [${a}] };`,
  "src/modules/b/index.ts": `export const b = { needs: [${b}] };`,
});
const lines = (n: number) => Array.from({ length: n }, () => "x();");
const body = (n: number) => ["function f() {", ...lines(n).map((l) => `  ${l}`), "}", ""];
const kernelImport = 'import { x } from "../../kernel/x.ts";';

const layering: Example[] = [
  {
    rule: "layers",
    name: "the kernel knows no module",
    ...at("src/kernel/a.ts", 'import "../modules/index.ts";', 'import "./b.ts";'),
  },
  {
    rule: "layers",
    name: "a protocol knows no other",
    ...at("src/protocols/rest/a.ts", 'import "../http/log.ts";', kernelImport),
  },
  {
    rule: "layers",
    name: "a protocol knows no module, lazily neither",
    ...at(
      "src/protocols/rest/a.ts",
      'await import("../../modules/a/index.ts");',
      'import "./b.ts";',
    ),
  },
  {
    rule: "layers",
    name: "a module is known by its front door",
    bad: { ...needing('"b"', ""), "src/modules/a/x.ts": 'import "../b/hidden.ts";' },
    good: { ...needing('"b"', ""), "src/modules/a/x.ts": 'import "../b/index.ts";' },
  },
  {
    rule: "layers",
    name: "a module says whom it needs",
    bad: { ...bare, "src/modules/a/tables.ts": 'import { b } from "../b/tables.ts";' },
    good: {
      ...needing('"b"', ""),
      "src/modules/a/tables.ts": 'import { b } from "../b/tables.ts";',
    },
  },
  {
    rule: "layers",
    name: "accounts need not be named",
    ...at(
      "src/modules/a/tables.ts",
      'import "../accounts/user.ts";',
      'import "../accounts/tables.ts";',
    ),
  },
  {
    rule: "layers",
    name: "settings stay at the door",
    bad: { "src/kernel/a.ts": 'import "../config.ts";' },
    good: { "src/index.ts": 'import "./config.ts";' },
  },
  {
    rule: "layers",
    name: "the platform stays at the door",
    bad: { "src/kernel/store.ts": 'import { env } from "cloudflare:workers";' },
    good: { "src/index.ts": 'import { env } from "cloudflare:workers";' },
  },
  {
    rule: "layers",
    name: "routes live in wire/",
    bad: { "src/modules/a/x.ts": 'import { Hono } from "hono";' },
    good: { "src/modules/a/wire/x.ts": 'import { Hono } from "hono";' },
  },
  { rule: "needs", name: "no cycles", bad: needing('"b"', '"a"'), good: needing('"b"', "") },
  { rule: "needs", name: "what exists", bad: needing('"c"', ""), good: needing("", "") },
];

const k = "src/kernel/a.ts";
const banning: Example[] = [
  ["transactions", "db.transaction(f);", "kernel.commit(change, actor);"],
  ["zod by name", 'import { z } from "zod";', 'import * as z from "zod";'],
  ["the time of day", "const t = Date.now();", "const t = clock.now(); // not Date.now()"],
  ["a date of now", "const t = new Date();", "const t = new Date(ms);"],
  ["random UUIDs", "crypto.randomUUID();", "kernel.id();"],
  ["weak randomness", "Math.random();", "crypto.getRandomValues(bytes);"],
  ["the environment", "use(env.DB);", "use(this.env.DB, request.env);"],
  ["multipart bodies", "await request.formData();", "await request.text();"],
  ["the console", "console.log(1);", 'say("console: x");'],
  ["any", "const x = y as any;", "const many: unknown = y;"], // a text the rule must find
  ["silenced errors", "// @ts-ignore", "// ignored by TypeScript"], // a text to find
  ["SQLite's clock", "sql`select unixepoch()`;", "sql`select ?1`;"],
  ["SQLite's clock by name", `sql("select datetime('now')");`, `sql("select datetime(?1)");`],
  [
    "default secrets",
    'const s = vars["JWT_SECRET"] ?? "dev";',
    'const s = vars["JWT_SECRET"] ?? "";',
  ],
  ["keys in the tree", 'const s = "vtb_secret_abcdefgh12";', 'const s = "vtb_secret_";'],
].map(([name = "", bad = "", good = ""]) => ({ rule: "banned", name, ...at(k, bad, good) }));

const saying: Example[] = [
  {
    rule: "reasons",
    name: "of a type assertion",
    ...at(k, "const a = b as Row;", "const a = b as Row; // it was checked above"),
  },
  {
    rule: "reasons",
    name: "not of constants and renames",
    bad: { [k]: "return { a: (b as Row).c };" },
    good: { [k]: ["const a = [1] as const;", 'import { b as c } from "./d.ts";'] },
  },
  {
    rule: "reasons",
    name: "of a skipped test",
    ...at("test/a.test.ts", "test.skip(a);", "test.skip(a); // workerd has no clock here"), // texts
  },
  { rule: "todos", name: "left behind", ...at(k, "// TODO", "// All of it is done.") }, // its texts
  {
    rule: "interpolation",
    name: "a value in a module's SQL",
    ...at(
      "src/modules/a/near.ts",
      "const q = `select id from t where id = '${id}'`;",
      'const q = `select r.* from ${source} r where r.x > ${param("x")}`;',
    ),
  },
  {
    rule: "interpolation",
    name: "sentences are no SQL",
    ...at(
      "src/modules/a/x.ts",
      "const q = `delete from ${t}`;",
      "const q = `Choose ${n} or more`;",
    ),
  },
];

const start = '{"scripts":{"start":"node scripts/start.ts"}}';
const living: Example[] = [
  {
    rule: "deadFiles",
    name: "files that nothing reaches",
    bad: { "src/index.ts": "", "src/kernel/a.ts": "" },
    good: { "src/index.ts": 'export { a } from "./kernel/a.ts";', "src/kernel/a.ts": "" },
  },
  {
    rule: "deadFiles",
    name: "commands reach files, lazily too",
    bad: { "package.json": "{}", "scripts/start.ts": "" },
    good: {
      "package.json": start,
      "scripts/start.ts": 'await import("./seed.ts");',
      "scripts/seed.ts": "",
    },
  },
  {
    rule: "deadFiles",
    name: "the benchmark's Workers are built, and what they need",
    bad: { "bench/workers/parts/a.ts": "" },
    good: {
      "bench/workers/limit.ts": 'import "./parts/a.ts";',
      "bench/workers/parts/a.ts": "",
    },
  },
  {
    rule: "deadFiles",
    name: "tests reach fixtures, and no part of the product",
    bad: { "test/a.test.ts": 'import "../src/kernel/a.ts";', "src/kernel/a.ts": "" },
    good: { "test/a.test.ts": 'import "./fixture.ts";', "test/fixture.ts": "" },
  },
  {
    rule: "deadExports",
    name: "values that nobody imports",
    bad: { [k]: "export const a = 1;", "src/kernel/b.ts": 'import { c } from "./a.ts";' },
    good: {
      [k]: ["export const a = 1;", "export interface B {}"],
      "src/kernel/b.ts": 'import { type B, a as c } from "./a.ts";',
    },
  },
];

const measuring: Example[] = [
  {
    rule: "fileSizes",
    name: "401 lines",
    bad: { "test/a.test.ts": [...lines(401), ""] },
    good: { "test/a.test.ts": [...lines(400), ""] },
  },
  {
    rule: "fileSizes",
    name: "the median",
    bad: { "src/a.ts": [...lines(81), ""], "src/b.ts": [...lines(90), ""], "src/c.ts": "" },
    good: { "src/a.ts": [...lines(80), ""], "src/b.ts": [...lines(90), ""], "src/c.ts": "" },
  },
  {
    rule: "lineLengths",
    name: "101 columns",
    ...at(k, `// ${"é".repeat(98)}`, `// ${"é".repeat(97)}`),
  },
  {
    rule: "functionSizes",
    name: "71 lines",
    bad: { [k]: body(69) },
    good: { [k]: [...body(68), ...Array.from({ length: 20 }, () => body(1)).flat()] },
  },
  {
    rule: "functionSizes",
    name: "of arrows, methods and long signatures alike",
    bad: { [k]: ["class A {", "  async run(", "    a: B,", "  ): C {", ...lines(70), "  }", "}"] },
    good: { [k]: ["const a = (b: B) => {", "  f();", "};", ...lines(70)] },
  },
  {
    rule: "imports",
    name: "that reach too far",
    ...at("src/a/b/c.ts", 'import "../../../d.ts";', 'import "../../d.ts";'),
  },
  {
    rule: "imports",
    name: "too many",
    bad: { [k]: Array.from({ length: 20 }, (_, i) => `import { x } from "./f${i}.ts";`) },
    good: { [k]: Array.from({ length: 20 }, () => 'import { x } from "./f.ts";') },
  },
];

const naming: Example[] = [
  { rule: "folders", name: "drawers", bad: { "src/kernel/lib/a.ts": "" }, good: { [k]: "" } },
  { rule: "names", name: "kebab-case", bad: { "src/kernel/aB.ts": "" }, good: { [k]: "" } },
  {
    rule: "names",
    name: "of what it is, not of its rank",
    bad: { "src/modules/a/order-service.ts": "" },
    good: { "src/modules/a/place-order.ts": "", "test/a-b.property.test.ts": "" },
  },
  {
    rule: "moduleShape",
    name: "a front door",
    bad: { "src/modules/a/x.ts": "" },
    good: { "src/modules/a/x.ts": "", "src/modules/a/index.ts": "" },
  },
  {
    rule: "moduleShape",
    name: "one folder, flat",
    bad: { ...bare, "src/modules/a/rules/x.ts": "" },
    good: { ...bare, "src/modules/a/wire/x.ts": "" },
  },
];

export const examples: Example[] = [
  ...layering,
  ...banning,
  ...saying,
  ...living,
  ...measuring,
  ...naming,
];
