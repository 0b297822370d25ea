// The generated types, by what compiles against them with the real client, and what does not.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseTypes } from "../../scripts/database-types.ts";
import { root } from "../../scripts/local.ts";
import { Refusal } from "../../src/kernel/errors.ts";
import type { Module } from "../../src/kernel/module.ts";
import { everyone } from "../../src/kernel/predicate.ts";
import { boolean, id, integer, json, table, text, uuid } from "../../src/kernel/table.ts";
import { view } from "../../src/kernel/view.ts";

const open = { select: everyone, insert: everyone, update: { using: everyone } };
const example = () => ({});
const places = table(
  "places",
  {
    id: id(),
    name: text().notNull(),
    note: text(),
    seats: integer().notNull().default(1),
    open: boolean().notNull().default(true),
    tags: json(),
    score: integer({ readOnly: true }),
    code: text({ setOnce: true }),
    secret: text({ hidden: true }),
  },
  {
    policy: open,
    example,
    computed: { loud: { kind: "text", sql: (column) => `upper(${column("name")})` } },
  },
);
const owner = () =>
  uuid()
    .notNull()
    .references(() => places.id);
const permits = table(
  "permits",
  { id: id(), place_id: owner() },
  { policy: open, example, indexes: [{ on: ["place_id"], unique: true }] },
);
const bookings = table(
  "bookings",
  { id: id(), place_id: owner(), seats: integer({ readOnly: true }).notNull(), note: text() },
  { policy: open, example },
);
const archives = table(
  "archives",
  { id: id(), place_id: owner() },
  { policy: { select: everyone, service: "read" }, example },
);
const crowds = view(
  "crowds",
  { place_id: owner().primaryKey(), people: integer().notNull() },
  { policy: { select: everyone }, sql: () => "", example },
);
const inner = table("inner", { id: id() }, { schema: "private", policy: {}, example });

const town: Module = {
  name: "town",
  tables: [places, permits, bookings, archives, crowds, inner],
  functions: [
    { name: "roomy", params: {}, relation: { of: places, columns: {}, sql: () => "" } },
    {
      name: "sizes",
      params: { least: { kind: "integer" }, word: { kind: "text", fallback: null } },
      relation: { columns: { seats: "integer", open: "boolean" }, sql: () => "" },
    },
    {
      name: "near",
      params: {},
      relation: {
        of: places,
        columns: { far: "integer", warm: "boolean" },
        nullable: ["warm"],
        sql: () => "",
      },
    },
    { name: "hello", params: {}, scalar: () => "hello" },
  ],
  operations: [
    {
      on: bookings,
      inputs: {
        guests(value) {
          if (value === undefined) throw new Refusal("22P02", { type: "integer", value: "" });
          return value;
        },
        wish: (value) => value,
        // Called as a column is, and ignored.
        note: () => undefined,
        price: () => undefined,
      },
      inputTypes: { guests: "number", price: "never" },
      reads: () => [],
      decide: () => [],
    },
  ],
};

const program = `
import { createClient } from "@supabase/supabase-js";
import type { Database, Json, Tables, TablesInsert, TablesUpdate } from "./database.types.ts";

const db = createClient<Database>("http://x", "key");
const is = <T>(value: T): T => value;

export async function right() {
  const { data } = await db.from("places").select().single().throwOnError();
  is<string>(data.name);
  is<string | null>(data.note);
  is<number>(data.seats);
  is<boolean>(data.open);
  is<Json>(data.tags);
  await db.from("places").insert({ name: "a" });
  await db.from("places").insert([{ name: "a", note: null, seats: 2, tags: { a: [1] } }]);
  await db.from("places").update({ seats: { increment: -1 } }).eq("id", "x").maxAffected(1);
  await db.from("bookings").insert({ place_id: "x", guests: 2 });
  const { data: embeds } = await db.from("permits").select("id, places(name)").throwOnError();
  is<string | undefined>(embeds[0]?.places.name);
  const { data: back } = await db.from("places").select("permits(id), bookings(id)").throwOnError();
  is<string | undefined>(back[0]?.permits?.id);
  is<string | undefined>(back[0]?.bookings[0]?.id);
  const { data: roomy } = await db.rpc("roomy").select("name, bookings(id)").throwOnError();
  is<string | undefined>(roomy[0]?.bookings[0]?.id);
  const { data: sizes } = await db.rpc("sizes", { least: 1 }).throwOnError();
  is<number | undefined>(sizes[0]?.seats);
  const { data: near } = await db
    .rpc("near")
    .select("name, far, warm, bookings(id), permits(id)")
    .throwOnError();
  is<number | undefined>(near[0]?.far);
  is<boolean | null | undefined>(near[0]?.warm);
  is<string | undefined>(near[0]?.bookings[0]?.id ?? near[0]?.permits?.id);
  is<number | undefined>((await db.rpc("near").throwOnError()).data[0]?.far);
  is<Json>((await db.rpc("hello").throwOnError()).data);
  const { data: loud } = await db.from("places").select("name, loud").throwOnError();
  is<string | null | undefined>(loud[0]?.loud);
  const { data: crowd } = await db.from("crowds").select("people, places(name)").throwOnError();
  is<number | undefined>(crowd[0]?.people);
  is<Tables<"crowds"> | undefined>(crowd[0] && { ...crowd[0], place_id: "x" });
  const row: Omit<Tables<"places">, "loud"> = data;
  const made: TablesInsert<"permits"> = { place_id: row.id };
  const changed: TablesUpdate<"places"> = { open: false };
  return [made, changed];
}

export async function wrong() {
  // @ts-expect-error there is no such table
  db.from("place");
  // @ts-expect-error tables that no protocol may name are in no type
  db.from("inner");
  // @ts-expect-error a name is needed
  await db.from("places").insert({ seats: 2 });
  // @ts-expect-error the server writes the score
  await db.from("places").insert({ name: "a", score: 1 });
  // @ts-expect-error nobody knows of the secret
  await db.from("places").insert({ name: "a", secret: "b" });
  // @ts-expect-error it is a number
  await db.from("places").insert({ name: "a", seats: "two" });
  // @ts-expect-error a new row has nothing to add to
  await db.from("places").insert({ name: "a", seats: { increment: 1 } });
  // @ts-expect-error the code is written once
  await db.from("places").update({ code: "b" }).eq("id", "x");
  // @ts-expect-error a text has no sum
  await db.from("places").update({ name: { increment: 1 } }).eq("id", "x");
  // @ts-expect-error what is computed is not written
  await db.from("places").insert({ name: "a", loud: "A" });
  const { data: stars } = await db.from("places").select().throwOnError();
  // @ts-expect-error what is computed is not in every row
  is<string | null | undefined>(stars[0]?.loud);
  // @ts-expect-error a view is only read
  await db.from("crowds").insert({ place_id: "x", people: 1 });
  // @ts-expect-error it may not be null
  await db.from("places").update({ name: null }).eq("id", "x");
  // @ts-expect-error the operation needs to know how many
  await db.from("bookings").insert({ place_id: "x" });
  // @ts-expect-error what it knows is a number
  await db.from("bookings").insert({ place_id: "x", guests: "two" });
  // @ts-expect-error what it ignores need not be sent
  await db.from("bookings").insert({ place_id: "x", guests: 2, price: 1 });
  // @ts-expect-error nobody writes it
  await db.from("archives").insert({ place_id: "x" });
  // @ts-expect-error nor changes what is there
  await db.from("archives").update({ place_id: "x" }).eq("id", "x");
  const { data } = await db.from("places").select("name, secret").throwOnError();
  // @ts-expect-error what is hidden cannot be selected
  is<string | undefined>(data[0]?.secret);
  // @ts-expect-error there is no such function
  await db.rpc("roomier");
  // @ts-expect-error a function's rows are read by calling it
  await db.from("near").select();
  const { data: near } = await db.rpc("near").throwOnError();
  // @ts-expect-error it may be null
  is<boolean | undefined>(near[0]?.warm);
  // @ts-expect-error it takes a number
  await db.rpc("sizes", { least: "one" });
  // @ts-expect-error it does not go without
  await db.rpc("sizes", {});
}
`;

const cache = path.join(root, "node_modules", ".cache");
let folder: string;

beforeAll(() => {
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(path.join(cache, "vertebra-types-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const bin = (name: string) => path.join(root, "node_modules", ".bin", name);

function compile(file: string, text: string): string {
  writeFileSync(path.join(folder, file), text);
  const options =
    "--ignoreConfig --noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess " +
    "--skipLibCheck --allowImportingTsExtensions --target es2024 " +
    "--module esnext --moduleResolution bundler";
  const args = [bin("tsc"), ...options.split(" "), "--types", "node", path.join(folder, file)];
  return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" }).stdout;
}

test("right uses compile, and wrong ones do not", () => {
  writeFileSync(path.join(folder, "database.types.ts"), databaseTypes([town]));
  expect(compile("program.ts", program)).toBe("");
  const loose = program.replace(/^.*@ts-expect-error.*$/gm, "");
  const errors = compile("loose.ts", loose).match(/^\S+\(\d+,\d+\): error/gm) ?? [];
  expect(errors.length).toBe(program.match(/@ts-expect-error/g)?.length);
});

test("what is hidden is not even a word", () => {
  const types = databaseTypes([town]);
  expect(types).toContain("places");
  for (const word of ["secret", "inner", "private", "_v", "_fold"])
    expect(types).not.toContain(word);
});

const run = (...args: string[]) =>
  spawnSync(process.execPath, ["--js-base-64", path.join(root, "scripts/types.ts"), ...args], {
    cwd: folder,
    encoding: "utf8",
  });

test("the README's example compiles with the product's types", () => {
  expect(run("--out", "product.types.ts").status).toBe(0);
  const readme = readFileSync(path.join(root, "README.md"), "utf8");
  const [, asked] =
    /```ts\n(const \{ data \} = await vertebra\n[^`]+nearby[^`]+)```/.exec(readme) ?? [];
  expect(asked).toContain("menu_items(name)");
  const answered = `${asked}
    const near: number | undefined = data?.[0]?.distance_m;
    const dishes: { name: string }[] | undefined = data?.[0]?.menu_items;
    export const all = [near, dishes];
  `;
  const opening = `import { createClient } from "@supabase/supabase-js";
    import type { Database } from "./product.types.ts";
    const vertebra = createClient<Database>("http://x", "key");
  `;
  expect(compile("readme.ts", opening + answered)).toBe("");
  expect(compile("misread.ts", opening + answered.replace("number |", ""))).toContain("TS2322");
});

test("npm run types: writes a file, says when it is another, and tells how", () => {
  const file = path.join(folder, "own.types.ts");
  const missing = run("--check", "--out", file);
  expect([missing.status, missing.stderr]).toMatchObject([1, expect.stringContaining("types")]);
  expect(run("--out", file).status).toBe(0);
  expect(run("--check", "--out", file).status).toBe(0);
  const text = readFileSync(file, "utf8");
  expect(text).toContain("token: string;");
  expect(text).toContain("lines: { menu_item_id: string; quantity: number }[];");
  for (const name of ["restaurants", "menu_items", "nearby_restaurants", "cuisines"]) {
    expect(text).toContain(`      ${name}: {`);
  }
  expect(text).not.toMatch(/users|sessions|_tx/);
  writeFileSync(file, `${text}//`);
  expect(run("--check", "--out", file).status).toBe(1);
  expect(readFileSync(file, "utf8")).toBe(`${text}//`);
  expect(run("--help").stdout).toContain("--check");
  expect(run("--nonsense").status).toBe(2);
});
