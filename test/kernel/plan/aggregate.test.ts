import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import type { Aggregate, Item } from "../../../src/kernel/intent.ts";
import {
  type Asking,
  call,
  compare,
  embed,
  eq,
  field,
  insert,
  read,
  refused,
  rows,
  update,
} from "../ask.ts";
import { changesNothing, createTables, raw, strict } from "../database.ts";
import { anna, ben, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const count = (more: { alias?: string; cast?: string } = {}): Item => ({ count: true, ...more });

interface More {
  alias?: string;
  cast?: string;
  aggregateCast?: string;
}
const of = (aggregate: Aggregate, from: Parameters<typeof field>[0], more: More = {}): Item => ({
  ...field(from),
  aggregate,
  ...more,
});
const inDoc = (text: boolean) => ({ column: "doc", path: ["n"], ...(text && { text }) });

beforeAll(async () => {
  await createTables();
  const put = (table: string, list: Record<string, unknown>[]) =>
    kernel.execute(insert(table, list, { answer: "minimal" }), secretKey);
  const order = (n: number, user_id: string, more: object) => ({ id: id(n), user_id, ...more });
  await put("orders", [
    order(1, uuids.anna, { note: "a", total: 3, weight: 0.5, gift: true, doc: { n: 1 } }),
    order(2, uuids.anna, { note: "a", total: 4, weight: null, doc: { n: 2.5 } }),
    order(3, uuids.anna, { note: "b", total: 4, weight: 1.5 }),
    order(4, uuids.anna, { note: null, total: 0 }),
    order(5, uuids.ben, { note: "canary-b", total: 1000, weight: 99, doc: { n: 500 } }),
  ]);
  await put("lines", [
    { order_id: id(1), name: "x", n: 1 },
    { order_id: id(1), name: "y", n: 3 },
    { order_id: id(2), name: "x", n: 5 },
    { order_id: id(5), name: "canary-line", n: 700 },
  ]);
});

const ask = (asking: Asking, actor: Actor = anna) => rows(kernel, read("orders", asking), actor);

describe("over all rows", () => {
  test("each aggregate, as numbers, under its own name or another", async () => {
    const trips = database.trips;
    expect(
      await ask({ select: [count(), of("sum", "total"), of("avg", "total"), of("max", "note")] }),
    ).toEqual([{ count: 4, sum: 11, avg: 2.75, max: "b" }]);
    expect(database.trips - trips).toBe(1);
    const two = [of("min", "total", { alias: "least" }), of("min", "weight", { alias: "light" })];
    expect(await ask({ select: two })).toEqual([{ least: 0, light: 0.5 }]);
    const days = [of("max", "created_at"), of("count", "weight")];
    expect(await ask({ select: days })).toEqual([{ max: expect.any(String), count: 2 }]);
  });

  test("filtered; of no rows: nothing but a count of 0", async () => {
    const select = [count(), of("sum", "total"), of("avg", "weight"), of("min", "note")];
    expect(await ask({ select: [of("sum", "total")], where: eq("note", "a") })).toEqual([
      { sum: 7 },
    ]);
    const none = { count: 0, sum: null, avg: null, min: null };
    expect(await ask({ select, where: eq("note", "nobody's") })).toEqual([none]);
    expect(await ask({ select, limit: 0 })).toEqual([]);
    expect(await ask({ select, offset: 1 })).toEqual([]);
  });

  test("with casts before and after, inside JSON too", async () => {
    const select = [
      of("avg", "total", { aggregateCast: "int" }),
      of("sum", inDoc(false), { cast: "numeric", alias: "sum" }),
      of("max", inDoc(true), { cast: "float8", aggregateCast: "text", alias: "most" }),
      of("sum", "gift", { cast: "int", alias: "gifts" }),
      count({ alias: "all", cast: "text" }),
    ];
    expect(await ask({ select })).toEqual([{ avg: 3, sum: 3.5, most: "2.5", gifts: 1, all: "4" }]);
  });

  test("`count` without its parentheses is one, unless a column is called so", async () => {
    expect(await ask({ select: ["count"] })).toEqual([{ count: 4 }]);
    expect(await ask({ select: [field("count", { alias: "n", cast: "text" })] })).toEqual([
      { n: "4" },
    ]);
  });
});

describe("by groups", () => {
  test("of columns, booleans, JSON and casts", async () => {
    expect(await ask({ select: ["note", count()], order: ["note"] })).toEqual([
      { note: "a", count: 2 },
      { note: "b", count: 1 },
      { note: null, count: 1 },
    ]);
    expect(await ask({ select: ["gift", of("sum", "total")], order: ["gift.desc"] })).toEqual([
      { gift: true, sum: 3 },
      { gift: false, sum: 8 },
    ]);
    const by = { select: [field(inDoc(false)), count()], order: [{ field: inDoc(false) }] };
    expect(await ask(by)).toEqual([
      { n: 1, count: 1 },
      { n: 2.5, count: 1 },
      { n: null, count: 2 },
    ]);
    expect(await ask({ select: [field("weight", { cast: "int" }), count()] })).toHaveLength(3);
    expect(await ask({ select: ["*", count()], where: eq("note", "a") })).toHaveLength(2);
  });

  test("in order, a page at a time, counted as groups", async () => {
    const asking = { select: ["note", count()], order: ["note.desc.nullslast"] };
    expect(await ask({ ...asking, limit: 1, offset: 1 })).toEqual([{ note: "a", count: 2 }]);
    const answer = await kernel.execute(
      read("orders", { ...asking, limit: 1, count: "exact" }),
      anna,
    );
    expect(answer).toMatchObject({ total: 3, rows: { length: 1 } });
    const all = read("orders", { select: [count()], count: "exact" });
    expect((await kernel.execute(all, anna)).total).toBe(1);
  });

  test("in no order but by what they are grouped by", async () => {
    const by = (order: Asking["order"], ...more: Item[]) =>
      ask({ select: ["note", count(), ...more], ...(order && { order }) });
    await refused(by(["total"]), "42803", { column: "orders.total" });
    await refused(by(["note", "id"]), "42803", { column: "orders.id" });
    await refused(by([{ field: inDoc(false) }]), "42803");
    expect(await by([{ field: inDoc(false) }], field(inDoc(false)))).toHaveLength(4);
    await refused(ask({ select: [count()], order: ["note"] }), "42803");
  });

  test("of what they embed", async () => {
    const lines = (select: Asking["select"], actor = anna) =>
      rows(kernel, read("lines", { select: select ?? [], order: [] }), actor);
    const found = await lines([of("sum", "n"), embed("orders", { select: ["note"] })]);
    expect(found).toEqual([{ sum: 9, orders: { note: "a" } }]);
    const many = await ask({ select: [count(), embed("lines", { select: ["name"] })] });
    expect(many).toHaveLength(3);
    expect(many).toContainEqual({ count: 2, lines: [] });
  });
});

describe("inside embeds", () => {
  test("each row sums up its own, in groups or all of them", async () => {
    const inner = [count(), of("avg", "n")];
    const list = await ask({
      select: ["note", embed("lines", { select: inner })],
      order: ["total", "id"],
    });
    expect(list).toEqual([
      { note: null, lines: [{ count: 0, avg: null }] },
      { note: "a", lines: [{ count: 2, avg: 2 }] },
      { note: "a", lines: [{ count: 1, avg: 5 }] },
      { note: "b", lines: [{ count: 0, avg: null }] },
    ]);
    const grouped = embed("lines", {
      select: ["name", of("sum", "n")],
      order: ["name.desc"],
      limit: 1,
    });
    const [first] = await ask({ select: [grouped], where: eq("id", id(1)) });
    expect(first).toEqual({ lines: [{ name: "y", sum: 3 }] });
    const bare = await ask({ select: [embed("lines", { select: ["count"] })], limit: 1 });
    expect(bare).toEqual([{ lines: [{ count: expect.any(Number) }] }]);
  });

  test("filters inside and of parents hold", async () => {
    const lines = embed("lines", {
      join: "inner",
      select: [count()],
      where: compare("n", "gt", "2"),
    });
    expect(await ask({ select: ["id", lines], order: ["id"] })).toEqual([
      { id: id(1), lines: [{ count: 1 }] },
      { id: id(2), lines: [{ count: 1 }] },
    ]);
    const parent = embed("orders", { select: [count(), of("max", "total")] });
    const asked = read("lines", { select: [parent], where: eq("name", "y") });
    expect(await rows(kernel, asked, anna)).toEqual([{ orders: { count: 1, max: 3 } }]);
  });
});

describe("what they tell", () => {
  const all = [count(), of("sum", "total"), of("max", "note"), of("avg", "weight")];

  test("is of the rows that the caller sees, and of no others", async () => {
    const none = { count: 0, sum: null, max: null, avg: null };
    expect(await ask({ select: all }, ben)).toEqual([
      { count: 1, sum: 1000, max: "canary-b", avg: 99 },
    ]);
    expect(await ask({ select: all }, nobodyYet)).toEqual([none]);
    expect(await ask({ select: all }, secretKey)).toMatchObject([{ count: 5, sum: 1011 }]);
    const grouped = { select: ["note", count(), embed("lines", { select: [of("sum", "n")] })] };
    expect(JSON.stringify(await ask(grouped))).not.toMatch(/canary|700/);
  });

  test("is nothing of hidden columns", async () => {
    for (const column of ["secret", "_v", "_fold_note", "nope"]) {
      await refused(ask({ select: [of("max", column)] }), "42703", { table: "orders", column });
      await refused(ask({ select: [field(column), count()] }), "42703");
    }
  });

  test("has no version, though it be of one row", async () => {
    const one = { where: eq("id", id(1)), single: true };
    const versions = (select: Asking["select"]) =>
      kernel.execute(read("orders", { select: select ?? [], ...one }), anna);
    expect((await versions(["id"])).version).toBe(1);
    expect((await versions(["id", count()])).version).toBeUndefined();
    expect((await versions([count()])).rows).toEqual(['{"count":1}']);
  });
});

describe("refused", () => {
  test.each<[Aggregate, string]>([
    ["sum", "note"],
    ["avg", "due"],
    ["sum", "gift"],
    ["max", "gift"],
    ["min", "doc"],
    ["avg", "id"],
  ])("%s of %s", async (aggregate, column) => {
    const operator = `.${aggregate}()`;
    const error = await refused(ask({ select: [of(aggregate, column)] }), "42883");
    expect(error.params).toMatchObject({ operator, hint: expect.stringContaining("::numeric") });
  });

  test("over the rows of a write, though not inside their embeds", async () => {
    const change = (select: Asking["select"]) =>
      update("orders", { note: "new" }, { where: eq("id", id(3)), ...(select && { select }) });
    await changesNothing(() => refused(kernel.execute(change([count()]), anna), "PGRST127"));
    const inside = [embed("lines", { select: [count()] })];
    expect(await rows(kernel, change(inside), anna)).toEqual([{ lines: [{ count: 0 }] }]);
    await kernel.execute(update("orders", { note: "b" }, { where: eq("id", id(3)) }), anna);
  });

  test("more groups than a statement takes", async () => {
    const many = Array.from({ length: 101 }, (_, i) => field("note", { alias: `a${i}` }));
    await refused(ask({ select: [...many, count()] }), "filter_too_large", {
      max: 100,
      what: "columns to group by",
    });
    expect(await ask({ select: [...many.slice(1), count()], limit: 1 })).toHaveLength(1);
  });

  test("a sum that no integer holds", async () => {
    await raw("update lines set n = 9223372036854775807 where order_id = ?", id(1));
    const asked = read("lines", { select: [of("sum", "n")] });
    await refused(kernel.execute(asked, anna), "22003");
    await raw("update lines set n = 1 where order_id = ?", id(1));
  });
});

test("over the rows of a function", async () => {
  await raw("insert into shops(id, name, stock) values ('s1', 'one', 2), ('s2', 'two', 5)");
  const asked = call("stocked", {}, { select: [of("sum", "twice"), count()] });
  expect(await rows(kernel, asked, nobodyYet)).toEqual([{ sum: 14, count: 2 }]);
});
