import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import type { Item } from "../../../src/kernel/intent.ts";
import {
  type Asking,
  all,
  compare,
  embed,
  eq,
  field,
  insert,
  read,
  refused,
  remove,
  rows,
  type Selected,
  update,
} from "../ask.ts";
import { changesNothing, createTables, raw, strict } from "../database.ts";
import { anna, ben, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const shop = (n: number) => `0190ffff-0000-7000-8000-00000000000${n}`;

beforeAll(async () => {
  await createTables();
  const put = (table: string, list: Record<string, unknown>[]) =>
    kernel.execute(insert(table, list, { answer: "minimal" }), secretKey);
  await put("orders", [
    { id: id(1), user_id: uuids.anna, note: "first", total: 1, gift: true, doc: { a: [1] } },
    { id: id(2), user_id: uuids.anna, note: "second", total: 2 },
    { id: id(3), user_id: uuids.ben, note: "canary-ben", total: 3 },
  ]);
  await put("lines", [
    { id: id(4), order_id: id(1), name: "b", n: 1 },
    { id: id(5), order_id: id(1), name: "a", n: 2 },
    { id: id(6), order_id: id(2), name: "c", n: 3 },
    { id: id(7), order_id: id(3), name: "canary-line", n: 4 },
  ]);
  await put("shops", [
    { id: shop(1), name: "one", stock: 1 },
    { id: shop(2), name: "two", stock: 2 },
  ]);
  await put("badges", [{ shop_id: shop(1), title: "oldest" }]);
  await put("shelves", [{ id: id(1), shop_id: shop(1) }, { id: id(2) }]);
});

const ask = (table: string, asking: Asking, actor: Actor = anna) =>
  rows(kernel, read(table, asking), actor);
const spread = (relation: string, select: Selected[], more: Asking & { hint?: string } = {}) =>
  embed(relation, { spread: true, select, ...more });
const count: Item = { count: true };

describe("of one row", () => {
  test("its columns stand beside the row's own, renamed, cast and from within JSON", async () => {
    const trips = database.trips;
    const order = spread("orders", [
      ...["note", "gift", "doc", field("total", { alias: "sum", cast: "text" })],
      field({ column: "doc", path: ["a", 0] }, { alias: "in" }),
    ]);
    expect(await ask("lines", { select: ["name", order], order: ["n"] })).toEqual([
      { name: "b", note: "first", gift: true, doc: { a: [1] }, sum: "1", in: 1 },
      { name: "a", note: "first", gift: true, doc: { a: [1] }, sum: "1", in: 1 },
      { name: "c", note: "second", gift: false, doc: null, sum: "2", in: null },
    ]);
    expect(database.trips - trips).toBe(1);
    const [whole] = await ask("lines", { select: [spread("orders", ["*"])], where: eq("n", 1) });
    expect(whole).toMatchObject({ id: id(1), note: "first" });
    expect(whole).not.toHaveProperty("secret");
  });

  test("is null, column by column, where there is none that passes its filter", async () => {
    const shops = spread("shops", ["name", embed("badges", { select: ["title"] })]);
    expect(await ask("shelves", { select: ["id", shops], order: ["id"] })).toEqual([
      { id: id(1), name: "one", badges: { title: "oldest" } },
      { id: id(2), name: null, badges: null },
    ]);
    const filtered = spread("orders", ["note"], { where: eq("total", "1") });
    expect(await ask("lines", { select: [filtered], order: ["n"] })).toEqual([
      { note: "first" },
      { note: "first" },
      { note: null },
    ]);
    const inner = embed("orders", { spread: true, join: "inner", select: ["note"] });
    expect(await ask("lines", { select: [inner], where: eq("n", 3) })).toEqual([
      { note: "second" },
    ]);
  });

  test("rows are ordered by it, though it be renamed", async () => {
    const order = [{ field: { column: "total" }, relation: "orders", descending: true }, "n"];
    const select = ["n", spread("orders", [field("total", { alias: "t" })])];
    expect(await ask("lines", { select, order })).toEqual([
      { n: 3, t: 2 },
      { n: 1, t: 1 },
      { n: 2, t: 1 },
    ]);
  });

  test("spreads within spreads, and inside embeds", async () => {
    const badge = spread("badges", [field("title", { alias: "badge" })]);
    const shops = spread("shops", [field("name", { alias: "shop" }), badge]);
    expect(await ask("shelves", { select: [shops], order: ["id"] })).toEqual([
      { shop: "one", badge: "oldest" },
      { shop: null, badge: null },
    ]);
    const lines = embed("lines", { select: ["n", spread("orders", ["note"])], order: ["n"] });
    const [first] = await ask("orders", { select: [lines], where: eq("id", id(1)) });
    expect(first).toEqual({
      lines: [
        { n: 1, note: "first" },
        { n: 2, note: "first" },
      ],
    });
  });

  test("is summed up with the row, and grouped by", async () => {
    const of = (aggregate: "max" | "sum", column: string): Item => ({
      ...field(column),
      aggregate,
    });
    const by = { field: { column: "note" }, relation: "orders" };
    const select = [of("sum", "n"), spread("orders", ["note"])];
    expect(await ask("lines", { select, order: [by] })).toEqual([
      { sum: 3, note: "first" },
      { sum: 3, note: "second" },
    ]);
    const counted = read("lines", { select, count: "exact", limit: 1 });
    expect((await kernel.execute(counted, anna)).total).toBe(2);
    const most = [spread("orders", [of("max", "total"), "gift", count])];
    expect(
      await ask("lines", { select: most, order: [{ ...by, field: { column: "gift" } }] }),
    ).toEqual([
      { max: 2, gift: false, count: 1 },
      { max: 1, gift: true, count: 2 },
    ]);
    const other = { field: { column: "total" }, relation: "orders" };
    await refused(ask("lines", { select, order: [other] }), "42803", { column: "orders.total" });
  });
});

describe("of many rows", () => {
  const lines = (select: Selected[], more: Asking = {}) => spread("lines", select, more);

  test("its columns are arrays, all in one order", async () => {
    const trips = database.trips;
    const named = lines(["n", field("name", { alias: "names" })], { order: ["name"] });
    expect(await ask("orders", { select: ["note", named], order: ["total"] })).toEqual([
      { note: "first", n: [2, 1], names: ["a", "b"] },
      { note: "second", n: [3], names: ["c"] },
    ]);
    expect(database.trips - trips).toBe(1);
    const asked = lines(["n"], { order: ["n.desc"], limit: 1, where: compare("n", "lt", "3") });
    expect(await ask("orders", { select: [asked], order: ["total"] })).toEqual([
      { n: [2] },
      { n: [] },
    ]);
  });

  test("with what lies within: JSON, booleans, parents, lists and arrays", async () => {
    const order = ["n"];
    const inner = [
      ...["n", field("n", { alias: "even", cast: "bool" })],
      spread("orders", [field("doc", { alias: "docs" })]),
      embed("orders", { alias: "of", select: ["note"] }),
    ];
    const [first] = await ask("orders", {
      select: [lines(inner, { order })],
      limit: 1,
      order: ["total"],
    });
    expect(first).toEqual({
      ...{ n: [1, 2], even: [true, true], docs: [{ a: [1] }, { a: [1] }] },
      of: [{ note: "first" }, { note: "first" }],
    });
    const back = spread("orders", [lines([field("n", { alias: "all" })], { order })]);
    const nested = await ask("lines", { select: ["name", back], order: ["n"] });
    expect(nested[0]).toEqual({ name: "b", all: [1, 2] });
    const twice = embed("orders", { spread: true, select: [lines(["n"], { order })] });
    const tags = await ask("tags", { select: [twice] });
    expect(tags).toEqual([]);
  });

  test("are not summed up, nor stand beside what is", async () => {
    await refused(ask("orders", { select: [lines([count])] }), "PGRST127");
    await refused(ask("orders", { select: [count, lines(["n"])] }), "PGRST127");
    await refused(
      ask("orders", {
        order: [{ field: { column: "n" }, relation: "lines" }],
        select: [lines(["n"])],
      }),
      "PGRST118",
    );
  });
});

describe("what they show", () => {
  test("is of visible rows alone", async () => {
    await raw("update lines set order_id = ? where id = ?", id(3), id(6));
    await raw("insert into shelves(id, shop_id, letter_id) values ('x', ?, null)", shop(1));
    const both = [spread("orders", ["note"]), "name"];
    expect(await ask("lines", { select: both }, ben)).toEqual([
      { note: "canary-ben", name: "c" },
      { note: "canary-ben", name: "canary-line" },
    ]);
    expect(JSON.stringify(await ask("lines", { select: both }))).not.toContain("canary");
    const badges = [spread("shops", [spread("badges", ["title"])])];
    const seen = await ask("shelves", { select: badges, where: eq("shop_id", shop(1)) }, nobodyYet);
    expect(seen).toEqual([{ title: null }, { title: null }]);
    await refused(ask("lines", { select: [spread("orders", ["secret"])] }), "42703");
    await refused(
      ask("lines", { select: [spread("orders", [])], where: eq("secret", "x") }),
      "42703",
    );
    await raw("update lines set order_id = ? where id = ?", id(2), id(6));
  });

  test("is shown of the rows of a write, too", async () => {
    const select = [
      ...["note", spread("lines", [field("name", { alias: "names" })], { order: ["name"] })],
    ];
    const change = update("orders", { note: "n" }, { where: eq("id", id(1)), select });
    expect(await rows(kernel, change, anna)).toEqual([{ note: "n", names: ["a", "b"] }]);
    const up = spread("orders", ["note", embed("lines", { select: ["n"], order: ["n"] })]);
    const made = insert("lines", { order_id: id(2), name: "z", n: 9 }, { select: ["n", up] });
    expect(await rows(kernel, made, anna)).toEqual([
      { n: 9, note: "second", lines: [{ n: 3 }, { n: 9 }] },
    ]);
    const gone = remove("lines", {
      where: eq("name", "z"),
      select: ["name", up],
      order: [{ field: { column: "note" }, relation: "orders" }],
    });
    expect(await rows(kernel, gone, anna)).toMatchObject([{ name: "z", note: "second" }]);
    const dry = { dryRun: true, where: eq("n", 3), select: ["n", up] };
    await changesNothing(async () => {
      const answer = await rows(kernel, update("lines", { n: 33 }, dry), anna);
      expect(answer).toMatchObject([{ n: 33, note: "second" }]);
    });
  });
});

describe("too many", () => {
  test("spreads of one select list, or columns of one spread", async () => {
    const many = (n: number, relation: string, table: string) =>
      ask(table, {
        select: Array.from({ length: n }, (_, i) =>
          embed(relation, {
            alias: `e${i}`,
            spread: true,
            select: [field("id", { alias: `c${i}` })],
          }),
        ),
        limit: 1,
      });
    for (const [relation, table] of [
      ["orders", "lines"],
      ["lines", "orders"],
    ] as const) {
      expect(Object.keys((await many(32, relation, table))[0] ?? {})).toHaveLength(32);
      await refused(many(33, relation, table), "embed_too_large", {
        reason: "More than 32 embeds are asked for.",
      });
    }
    const wide = (n: number) =>
      ask("orders", {
        select: [
          spread(
            "lines",
            Array.from({ length: n }, (_, i) => field("n", { alias: `c${i}` })),
          ),
        ],
        where: all(eq("id", id(1))),
      });
    expect(Object.keys((await wide(100))[0] ?? {})).toHaveLength(100);
    await refused(wide(101), "embed_too_large");
  });
});
