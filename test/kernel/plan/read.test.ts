import { beforeAll, describe, expect, test } from "vitest";
import { type Asking, eq, field, is, read, refused, rows } from "../ask.ts";
import { createTables, raw } from "../database.ts";
import { anna, ben, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";

const kernel = kernelOf();
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const doc = { a: { b: [1, "x", null], c: true }, n: 1.5, "ä b": "ö", t: "text" };

beforeAll(async () => {
  await createTables();
  await kernel.execute(
    {
      shape: {
        verb: "insert",
        table: "orders",
        columns: ["id", "user_id", "note", "label", "total", "weight", "gift", "doc", "due", "day"],
        rows: 0,
        missing: "default",
        answer: "minimal",
        returning: [],
      },
      values: [
        [
          {
            id: id(1),
            user_id: uuids.anna,
            note: "b",
            label: "one",
            total: 3,
            weight: 0.5,
            gift: true,
            doc,
            due: "2026-01-02T03:04:05Z",
            day: "2026-01-02",
          },
          { id: id(2), user_id: uuids.anna, note: null, total: 1, weight: 2 },
          { id: id(3), user_id: uuids.anna, note: "a", total: 2 },
          { id: id(4), user_id: uuids.anna, note: "b", total: 2, doc: null },
          { id: id(5), user_id: uuids.ben, note: "ben's", label: "canary-5e1f", total: 9 },
        ],
      ],
    },
    secretKey,
  );
  await raw("update orders set secret = 'canary-hidden'");
});

const one = (select: Asking["select"]) =>
  rows(
    kernel,
    read("orders", {
      select: select ?? [],
      where: (v) => ({ field: { column: "id" }, op: "eq", value: v.add(id(1)) }),
    }),
    anna,
  );
const ids = async (asking: Asking, actor = anna) =>
  (await rows(kernel, read("orders", { select: ["id"], ...asking }), actor)).map((r) =>
    Number(String(r.id).at(-1)),
  );

describe("select", () => {
  test("a star gives every visible column, booleans and JSON as such, none hidden", async () => {
    const [row] = await one(["*"]);
    expect(row).toEqual({
      id: id(1),
      user_id: uuids.anna,
      state: "open",
      note: "b",
      label: "one",
      total: 3,
      weight: 0.5,
      gift: true,
      doc,
      blob: null,
      due: "2026-01-02T03:04:05.000Z",
      day: "2026-01-02",
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect(Object.keys(row ?? {})).not.toContain("secret");
    expect(JSON.stringify(await rows(kernel, read("orders"), secretKey))).not.toContain(
      "canary-hidden",
    );
  });

  test.each<[string, Asking["select"], unknown]>([
    ["columns in their order", ["total", "id"], { total: 3, id: id(1) }],
    ["an alias", [field("total", { alias: "sum it" })], { "sum it": 3 }],
    ["an alias that is a column's name", [field("total", { alias: "note" })], { note: 3 }],
    [
      "an alias that is a hidden column's name",
      [field("total", { alias: "secret" })],
      { secret: 3 },
    ],
    [
      "a star and an alias",
      ["*", field("id", { alias: "key" })],
      expect.objectContaining({ key: id(1), total: 3 }),
    ],
    ["a JSON path", [field({ column: "doc", path: ["a", "b"] })], { b: [1, "x", null] }],
    ["a JSON path as text", [field({ column: "doc", path: ["n"], text: true })], { n: "1.5" }],
    [
      "a path with an index",
      [field({ column: "doc", path: ["a", "b", 1], text: true }, { alias: "x" })],
      { x: "x" },
    ],
    [
      "an index from the end",
      [field({ column: "doc", path: ["a", "b", -2], text: true }, { alias: "x" })],
      { x: "x" },
    ],
    [
      "JSON's null in a path",
      [field({ column: "doc", path: ["a", "b", 2] }, { alias: "x" })],
      { x: null },
    ],
    [
      "a path that leads nowhere",
      [field({ column: "doc", path: ["z", "z"] }, { alias: "x" })],
      { x: null },
    ],
    ["a boolean in a path", [field({ column: "doc", path: ["a", "c"] })], { c: true }],
    ["a key beyond ASCII", [field({ column: "doc", path: ["ä b"], text: true })], { "ä b": "ö" }],
    ["an integer as text", [field("total", { cast: "text" })], { total: "3" }],
    ["a boolean as text", [field("gift", { cast: "varchar" })], { gift: "true" }],
    ["a boolean as a number", [field("gift", { cast: "int4" })], { gift: 1 }],
    ["a number as a boolean", [field("total", { cast: "bool" })], { total: true }],
    ["a real as an integer, rounded", [field("weight", { cast: "integer" })], { weight: 1 }],
    ["an integer as a float", [field("total", { cast: "float8" })], { total: 3 }],
    [
      "a text in a path as a number",
      [field({ column: "doc", path: ["n"], text: true }, { cast: "numeric" })],
      { n: 1.5 },
    ],
    ["JSON as JSON", [field("doc", { cast: "jsonb" })], { doc }],
    ["nothing at all", [], {}],
  ])("%s", async (_, select, expected) => {
    expect(await one(select)).toEqual([expected]);
  });

  test.each<[string, Asking["select"], string]>([
    ["a cast nobody knows", [field("total", { cast: "money" })], "42704"],
    ["a path into a text", [field({ column: "note", path: ["a"] })], "42883"],
    ["a path with a quote", [field({ column: "doc", path: ['a"b'] })], "PGRST100"],
    ["an alias with a quote", [field("total", { alias: 'a"b' })], "PGRST100"],
    ["a text that is no JSON as JSON", [field("note", { cast: "json" })], "22P02"],
  ])("%s is refused", async (_, select, code) => {
    await refused(one(select), code);
  });
});

describe("order and pages", () => {
  test.each<[string, Asking["order"], number[]]>([
    ["ascending, nulls last, then by key", ["note"], [3, 1, 4, 2]],
    ["descending, nulls first, the key descending too", ["note.desc"], [2, 4, 1, 3]],
    ["nulls where asked", ["note.asc.nullsfirst"], [2, 3, 1, 4]],
    ["nulls where asked, descending", ["note.desc.nullslast"], [4, 1, 3, 2]],
    ["two terms", ["note.desc", "total"], [2, 4, 1, 3]],
    ["the key itself", ["id.desc"], [4, 3, 2, 1]],
    [
      "inside JSON",
      [{ field: { column: "doc", path: ["n"] }, nulls: "first" }, "id"],
      [2, 3, 4, 1],
    ],
    ["a boolean", ["gift.desc"], [1, 4, 3, 2]],
  ])("%s", async (_, order, expected) => {
    expect(await ids({ order: order ?? [] })).toEqual(expected);
  });

  test("limit and offset", async () => {
    expect(await ids({ order: ["total"], limit: 2 })).toEqual([2, 3]);
    expect(await ids({ order: ["total"], limit: 2, offset: 1 })).toEqual([3, 4]);
    expect(await ids({ order: ["total"], limit: "1", offset: "3" })).toEqual([1]);
    expect(await ids({ limit: 0 })).toEqual([]);
    expect(await ids({ offset: 99 })).toEqual([]);
    await refused(ids({ limit: -1 }), "22P02");
    await refused(ids({ offset: "x" }), "22P02");
    await refused(ids({ limit: 1.5 }), "22P02");
  });

  test("more rows than an answer holds are cut off, whatever limit is asked", async () => {
    await raw(
      `insert into ledger(id, amount)
       with recursive n(i) as (select 1 union all select i + 1 from n where i < 1005)
       select 'l' || i, i from n`,
    );
    for (const asking of [{}, { limit: 5000 }]) {
      const answer = await kernel.execute(read("ledger", { count: "exact", ...asking }), nobodyYet);
      expect(answer.rows).toHaveLength(1000);
      expect(answer.total).toBe(1005);
    }
  });
});

describe("what SQLite would guess at", () => {
  const note = (alias: string) => read("orders", { select: [field("note", { alias })] });

  test("names it cannot spell in a path are refused, as keys and as aliases", async () => {
    for (const bad of ['a"b', "a\\b", "a\0b", "\0"]) {
      await refused(kernel.execute(note(bad), anna), "PGRST100");
      for (const path of [[bad], ["a", bad]]) {
        const inside = field({ column: "doc", path });
        await refused(kernel.execute(read("orders", { select: [inside] }), anna), "PGRST100");
        const where = is({ column: "doc", path }, "null");
        await refused(kernel.execute(read("orders", { where }), anna), "PGRST100");
      }
    }
    expect(await rows(kernel, note("a'b.c $[0]\n"), anna)).toContainEqual({ "a'b.c $[0]\n": "b" });
  });

  test("more order terms than one can mean are refused", async () => {
    const order = (n: number) => Array.from({ length: n }, () => "note.desc");
    expect(await rows(kernel, read("orders", { order: order(32) }), anna)).not.toEqual([]);
    await refused(kernel.execute(read("orders", { order: order(33) }), anna), "filter_too_large", {
      max: 32,
      what: "order terms",
    });
  });

  test("a text that spells no whole number is no integer, and not 0", async () => {
    const spelled = async (value: string) => {
      await raw("update orders set doc = json_object('s', ?) where id = ?", value, id(1));
      const text = { column: "doc", path: ["s"], text: true };
      const asked = read("orders", {
        select: [field(text, { cast: "int", alias: "n" })],
        where: eq("id", id(1)),
      });
      return rows(kernel, asked, anna);
    };
    for (const good of ["12", " 12 ", "+12"]) expect(await spelled(good)).toEqual([{ n: 12 }]);
    expect(await spelled("-3")).toEqual([{ n: -3 }]);
    for (const bad of ["", "abc", "1.5", "12a", "1-2", "-", "--3", "１２"]) {
      await refused(spelled(bad), "22P02", { type: "integer", value: "a text" });
    }
    const none = read("orders", {
      select: [field("note", { cast: "int" })],
      where: is("note", "null"),
    });
    expect(await rows(kernel, none, anna)).toContainEqual({ note: null });
  });
});

describe("count and single", () => {
  test("a count is of what matches, not of the page, and of visible rows only", async () => {
    const asking = { limit: 1, count: "exact" as const };
    expect(await kernel.execute(read("orders", asking), anna)).toMatchObject({
      total: 4,
      rows: { length: 1 },
    });
    expect((await kernel.execute(read("orders", asking), ben)).total).toBe(1);
    expect((await kernel.execute(read("orders", asking), nobodyYet)).total).toBe(0);
    expect((await kernel.execute(read("orders", { limit: 1 }), anna)).total).toBeUndefined();
  });

  test("exactly one row has a version; none and several are PGRST116", async () => {
    const only = (n: number) =>
      read("orders", {
        single: true,
        where: (v) => ({ field: { column: "total" }, op: "eq", value: v.add(n) }),
      });
    expect(await kernel.execute(only(3), anna)).toMatchObject({ version: 1, rows: { length: 1 } });
    await refused(kernel.execute(only(2), anna), "PGRST116", { count: 2 });
    await refused(kernel.execute(only(9), anna), "PGRST116", { count: 0 });
    await refused(kernel.execute(only(4711), anna), "PGRST116", { count: 0 });
  });

  test("a filter on the whole key gives the version too", async () => {
    const by = (column: string, value: string) =>
      read("orders", { where: (v) => ({ field: { column }, op: "eq", value: v.add(value) }) });
    expect((await kernel.execute(by("id", id(1)), anna)).version).toBe(1);
    expect((await kernel.execute(by("label", "one"), anna)).version).toBeUndefined();
    expect((await kernel.execute(by("id", id(5)), anna)).version).toBeUndefined();
  });
});
