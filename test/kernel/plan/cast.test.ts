import { beforeAll, describe, expect, test } from "vitest";
import { castValue } from "../../../src/kernel/plan/cast.ts";
import type { Kind } from "../../../src/kernel/table.ts";
import { type Asking, embed, eq, field, insert, read, refused, remove, rows } from "../ask.ts";
import { createTables, raw } from "../database.ts";
import { anna, kernelOf, uuids } from "../fixture.ts";

const kernel = kernelOf();
const id = "0190eeee-0000-7000-8000-000000000001";
const doc = { n: 1.5, yes: true, none: null, s: "12", list: [3, "4"], text: "x" };

beforeAll(async () => {
  await createTables();
  const order = { id, note: "n", total: 3, weight: 2.6, gift: true, doc, day: "2026-01-02" };
  const due = "2026-01-02T03:04:05.678Z";
  await kernel.execute(insert("orders", { ...order, due }, { answer: "minimal" }), anna);
});

const cast = async (from: Parameters<typeof field>[0], type: string) => {
  const select = [field(from, { alias: "x", cast: type })];
  const [row] = await rows(kernel, read("orders", { select, where: eq("id", id) }), anna);
  return row?.x;
};
const inside = (...path: (string | number)[]) => ({ column: "doc", path });
const textIn = (...path: (string | number)[]) => ({ column: "doc", path, text: true });

test.each<[string, Parameters<typeof field>[0], string, unknown]>([
  ["an integer as text", "total", "text", "3"],
  ["a boolean as text", "gift", "varchar", "true"],
  ["JSON as text", "doc", "character varying", JSON.stringify(doc)],
  ["a time as text", "due", "text", "2026-01-02T03:04:05.678Z"],
  ["a time as a date", "due", "date", "2026-01-02"],
  ["a date as a time", "day", "timestamptz", "2026-01-02T00:00:00.000Z"],
  ["a boolean as a number", "gift", "int4", 1],
  ["a number as a boolean", "total", "bool", true],
  ["a real, rounded", "weight", "BIGINT", 3],
  ["an integer as a real", "total", "double  precision", 3],
  ["a number in JSON", inside("n"), "numeric", 1.5],
  ["a number in JSON, rounded", inside("n"), "int", 2],
  ["a boolean in JSON", inside("yes"), "boolean", true],
  ["JSON's null", inside("none"), "int", null],
  ["nothing in JSON", inside("nowhere"), "float8", null],
  ["a text in JSON", textIn("s"), "int", 12],
  ["an index", inside("list", 0), "int8", 3],
  ["an index from the end", textIn("list", -1), "smallint", 4],
  ["a number as JSON", inside("n"), "jsonb", 1.5],
  ["itself", "total", "int2", 3],
  ["a number in JSON as text", inside("n"), "text", "1.5"],
  ["a boolean in JSON as text", inside("yes"), "text", "true"],
])("%s", async (_, from, type, expected) => {
  expect(await cast(from, type)).toEqual(expected);
});

test.each<[string, Parameters<typeof field>[0], string, string, string]>([
  ["a type that is none", "total", "money", "42704", "money"],
  ["a date as a number", "day", "int", "42846", "date"],
  ["a boolean as a real", "gift", "float8", "42846", "boolean"],
  ["a real as a boolean", "weight", "bool", "42846", "real"],
  ["a number as JSON", "total", "json", "42846", "integer"],
  ["a number as a key", "total", "uuid", "42846", "integer"],
])("%s is refused, though there be no rows", async (_, from, type, code, named) => {
  const select = [field(from, { cast: type })];
  const { params } = await refused(
    kernel.execute(read("orders", { select, where: eq("id", uuids.other) }), anna),
    code,
  );
  expect(Object.values(params)).toContain(named);
});

test("texts of JSON and of numbers are texts wherever they are shown", async () => {
  await raw("insert into lines(id, order_id, name) values(?1, ?1, 'l')", id);
  await raw("update orders set weight = 3 where id = ?", id);
  const select = [
    field(inside("n"), { alias: "n", cast: "text" }),
    field("weight", { cast: "text" }),
    "doc",
  ];
  const shown = { n: "1.5", weight: "3", doc };
  expect(await rows(kernel, read("orders", { select }), anna)).toEqual([shown]);
  const embedded = read("lines", { select: [embed("orders", { select })] });
  expect(await rows(kernel, embedded, anna)).toEqual([{ orders: shown }]);
  await raw("delete from lines");
  await raw("update orders set weight = 2.6 where id = ?", id);
});

test("a path reaches the same in filters and orders, and is named by its last key", async () => {
  const other = { id: uuids.other, doc: { list: [1, "4", 9] } };
  await kernel.execute(insert("orders", other, { answer: "minimal" }), anna);
  const ask = (asking: Asking) => rows(kernel, read("orders", asking), anna);
  const select = [field(inside("list", -1)), field(inside(0))];
  expect(await ask({ select, where: eq("id", id) })).toEqual([{ list: "4", doc: null }]);
  expect(await ask({ select: ["id"], where: eq(textIn("list", -2), "4") })).toEqual([
    { id: uuids.other },
  ]);
  const order = [{ field: inside("list", 0), descending: true }];
  expect((await ask({ select: ["id"], order })).map((row) => row.id)).toEqual([id, uuids.other]);
  await kernel.execute(remove("orders", { where: eq("id", uuids.other) }), anna);
});

test("an index is counted from either end, and one beyond all lists reaches nothing", async () => {
  const at = async (index: number) => {
    const select = [field(inside("list", index), { alias: "x" })];
    const [row] = await rows(kernel, read("orders", { select, where: eq("id", id) }), anna);
    return row?.x;
  };
  expect(await Promise.all([0, 1, -1, -2].map(at))).toEqual([3, "4", "4", 3]);
  const beyond = [2, -3, 2 ** 31, 2 ** 32, 2 ** 32 + 1, -(2 ** 32) - 1, 2 ** 53 - 1, 1 - 2 ** 53];
  expect(await Promise.all(beyond.map(at))).toEqual(beyond.map(() => null));
});

describe("a text that does not spell a value", () => {
  const spelled = async (text: string, type: string) => {
    await raw("update orders set note = ? where id = ?", text, id);
    return cast("note", type);
  };
  test.each<[string, string, unknown]>([
    ["1.5", "float", 1.5],
    [" +2e3 ", "numeric", 2000],
    ["-7", "int", -7],
    ["Yes", "bool", true],
    ["off", "bool", false],
    [uuids.anna.toUpperCase(), "uuid", uuids.anna],
    ["2024-02-29", "date", "2024-02-29"],
    ["2024-02-29T12:00:00.000Z", "timestamp", "2024-02-29T12:00:00.000Z"],
    ['{"a":[1]}', "json", { a: [1] }],
  ])("%j does, as %s", async (text, type, value) => {
    expect(await spelled(text, type)).toEqual(value);
  });

  test("nor what is in JSON, as the type it is asked for", async () => {
    const types: [string, string][] = [
      ["int", "integer"],
      ["float8", "real"],
      ["bool", "boolean"],
    ];
    for (const [asked, type] of types) {
      const select = [field(inside("list"), { alias: "x", cast: asked })];
      const asking = read("orders", { select, where: eq("id", id) });
      const { params } = await refused(kernel.execute(asking, anna), "22P02");
      expect(params).toMatchObject({ type, value: "a text" });
    }
  });

  test.each([
    ["1.5", "int", "22P02"],
    ["x", "float", "22P02"],
    ["", "numeric", "22P02"],
    ["'1'", "numeric", "22P02"],
    ["maybe", "bool", "22P02"],
    ["now", "date", "22007"],
    ["2023-02-29", "date", "22007"],
    ["2460000.5", "timestamp", "22007"],
    ["2024-02-29T12:00:00+09:00", "timestamp", "22007"],
    [uuids.anna.replace("-", "x"), "uuid", "22P02"],
    ["0190aaaa0000-7000-8000-0000000-00001", "uuid", "22P02"],
    ["{a}", "json", "22P02"],
  ])("%j does not, as %s: %s", async (text, type, code) => {
    await refused(spelled(text, type), code);
  });
});

test("no conversion names what is not its value, and each calls with few arguments", () => {
  const kinds: Kind[] = ["uuid", "text", "integer", "real", "boolean", "json", "timestamp", "date"];
  const types = ["text", "int", "float", "bool", "json", "timestamp", "date", "uuid"];
  for (const kind of kinds) {
    for (const type of types) {
      try {
        const { sql } = castValue({ sql: "v", kind }, type);
        expect(sql).not.toMatch(/undefined|\[object/);
      } catch (error) {
        expect(error).toMatchObject({ code: "42846", params: { from: kind } });
      }
    }
  }
});
