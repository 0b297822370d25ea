import { beforeAll, describe, expect, test } from "vitest";
import {
  type Asking,
  all,
  among,
  any,
  compare,
  embed,
  eq,
  field,
  insert,
  is,
  no,
  read,
  refused,
  remove,
  rows,
  type Selected,
} from "../ask.ts";
import { changesNothing, createTables, raw } from "../database.ts";
import { anna, ben, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";

const kernel = kernelOf();
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const shop = (n: number) => `0190ffff-0000-7000-8000-00000000000${n}`;

beforeAll(async () => {
  await createTables();
  const put = (table: string, list: Record<string, unknown>[]) =>
    kernel.execute(insert(table, list, { answer: "minimal" }), secretKey);
  await put("orders", [
    { id: id(1), user_id: uuids.anna, note: "first", total: 1 },
    { id: id(2), user_id: uuids.anna, note: "second", total: 2 },
    { id: id(3), user_id: uuids.ben, note: "canary-ben", total: 3 },
  ]);
  await put("lines", [
    { order_id: id(1), name: "a", n: 1 },
    { order_id: id(1), name: "b", n: 2 },
    { order_id: id(1), name: "c", n: 3 },
    { order_id: id(3), name: "canary-line", n: 4 },
  ]);
  await put("shops", [
    { id: shop(1), name: "one", stock: 1 },
    { id: shop(2), name: "two", stock: 2 },
    { id: shop(3), name: "three" },
  ]);
  await put("badges", [{ shop_id: shop(1), title: "oldest" }]);
  await put("transfers", [
    { from_shop: shop(1), to_shop: shop(2) },
    { from_shop: shop(2), to_shop: shop(2) },
  ]);
  await put("keepers", [
    { shop_id: shop(1), user_id: uuids.anna },
    { shop_id: shop(1), user_id: uuids.ben },
    { shop_id: shop(2), user_id: uuids.ben },
  ]);
});

const ask = (table: string, asking: Asking, actor = anna) =>
  rows(kernel, read(table, asking), actor);

describe("what is embedded", () => {
  test("children, as a list; none is an empty list", async () => {
    const found = await ask("orders", {
      select: ["note", embed("lines", { select: ["name", "n"], order: ["name"] })],
      order: ["total"],
    });
    expect(found).toEqual([
      {
        note: "first",
        lines: [
          { name: "a", n: 1 },
          { name: "b", n: 2 },
          { name: "c", n: 3 },
        ],
      },
      { note: "second", lines: [] },
    ]);
  });

  test("the parent, as an object, by table, column, constraint or hint", async () => {
    const ways = [
      embed("orders"),
      embed("order_id", { alias: "orders" }),
      embed("lines_order_id_fkey", { alias: "orders" }),
      embed("orders", { hint: "order_id" }),
      embed("orders", { hint: "lines_order_id_fkey" }),
    ];
    for (const way of ways) {
      const [line] = await ask("lines", { select: [way], where: eq("name", "b") });
      expect(line?.orders).toMatchObject({ id: id(1), note: "first", gift: false, doc: null });
      expect(line?.orders).not.toHaveProperty("secret");
    }
  });

  test("the one child of a unique key, as an object or null", async () => {
    const found = await ask("shops", {
      select: ["name", embed("badges", { select: ["title"] })],
      order: ["name"],
    });
    expect(found).toEqual([
      { name: "one", badges: { title: "oldest" } },
      { name: "three", badges: null },
      { name: "two", badges: null },
    ]);
  });

  test("nested, renamed, with filter, order, limit and offset inside", async () => {
    const inner = embed("lines", {
      alias: "top",
      select: [
        field("n", { alias: "count" }),
        embed("orders", { alias: "of", select: ["total"], where: eq("total", "1") }),
      ],
      where: compare("n", "gte", "1"),
      order: ["n.desc"],
      limit: 1,
      offset: 1,
    });
    const [first] = await ask("orders", { select: [inner], where: eq("id", id(1)) });
    expect(first).toEqual({ top: [{ count: 2, of: { total: 1 } }] });
  });

  test("the same relation twice, under two names", async () => {
    const [first] = await ask("orders", {
      select: [
        embed("lines", { alias: "low", select: ["n"], where: compare("n", "lt", "2") }),
        embed("lines", { alias: "high", select: ["n"], where: compare("n", "gt", "2") }),
      ],
      where: eq("id", id(1)),
    });
    expect(first).toEqual({ low: [{ n: 1 }], high: [{ n: 3 }] });
  });

  test("several levels, and no ninth", async () => {
    const chain = (levels: number): ReturnType<typeof embed> =>
      embed("after", { select: levels > 1 ? [chain(levels - 1)] : ["id"] });
    const [last, ...others] = [7, 6, 5, 4, 3, 2, 1].map(shop);
    const insertion = "insert into transfers values(?, ?, ?, ?, null, 1)";
    for (const one of others.toReversed()) {
      const before = one === shop(1) ? null : shop(Number(one.at(-1)) - 1);
      await raw(insertion, one, shop(1), shop(1), before);
    }
    await raw(insertion, last, shop(1), shop(1), others[0]);
    const [first] = await ask("transfers", { select: [chain(6)], where: eq("id", last) });
    expect(JSON.stringify(first)).toBe(
      `${'{"after":'.repeat(6)}{"id":"${shop(1)}"}${"}".repeat(6)}`,
    );
    await refused(ask("transfers", { select: [chain(9)] }), "filter_too_large");
    await refused(ask("transfers", { select: [embed("after"), embed("after")] }), "42712", {
      name: "after",
    });
    for (const one of [last, ...others]) await raw("delete from transfers where id = ?", one);
  });

  test("there and back once, as siblings are, and not twice", async () => {
    const back = (...inner: Selected[]) => embed("orders", { select: ["total", ...inner] });
    const names = (...inner: Selected[]) => embed("lines", { select: ["name", ...inner] });
    const one = { where: eq("name", "a") };
    expect(await ask("lines", { select: [back(names())], ...one })).toEqual([
      { orders: { total: 1, lines: [{ name: "a" }, { name: "b" }, { name: "c" }] } },
    ]);
    expect(await ask("orders", { select: [names(back())], limit: 1 })).toHaveLength(1);
    await refused(ask("lines", { select: [back(names(back()))] }), "embed_too_large", {
      reason: "'orders' goes back over lines_order_id_fkey once too often.",
    });
    await refused(ask("orders", { select: [names(back(names()))] }), "embed_too_large");
    const put = insert("lines", { order_id: id(1), name: "d" }, { select: [back(names(back()))] });
    await changesNothing(() => refused(kernel.execute(put, anna), "embed_too_large"));
  });

  test("three lists inside each other, and no fourth", async () => {
    const hops = (lists: number): ReturnType<typeof embed> =>
      embed("transfers", {
        hint: "from_shop",
        select: lists > 1 ? [embed("to_shop", { select: [hops(lists - 1)] })] : ["id"],
      });
    const [first] = await ask("shops", { select: [hops(3)], where: eq("name", "one") });
    const end = { transfers: [{ id: expect.any(String) }] };
    expect(first).toEqual({ transfers: [{ to_shop: { transfers: [{ to_shop: end }] } }] });
    await refused(ask("shops", { select: [hops(4)] }), "embed_too_large", {
      reason: "More than 3 lists nest.",
    });
  });

  test("what is below a parent that rows share is cut off at a hundred rows", async () => {
    const more = Array.from({ length: 120 }, (_, i) => ({ order_id: id(2), name: `m${i}` }));
    await kernel.execute(insert("lines", more, { answer: "minimal" }), anna);
    const select = [embed("orders", { select: [embed("lines", { select: ["n"] })] })];
    const where = all(eq("order_id", id(2)), eq("name", "m7"));
    const list = (row?: Record<string, unknown>) => Object(row?.orders).lines;
    const [shared] = await ask("lines", { select, where });
    expect(list(shared)).toHaveLength(100);
    const [single] = await rows(kernel, read("lines", { select, where, single: true }), anna);
    expect(list(single)).toHaveLength(100);
    const [line] = await ask("lines", { where });
    const [alone] = await ask("lines", { select, where: eq("id", line?.id) });
    expect(list(alone)).toHaveLength(120);
    const [down] = await ask("orders", { select: [embed("lines")], where: eq("id", id(2)) });
    expect(down?.lines).toHaveLength(120);
    await kernel.execute(remove("lines", { where: eq("order_id", id(2)) }), anna);
  });

  test("so many embeds in all, and so few lists below a parent that rows share", async () => {
    const many = (n: number, one: (alias: string) => Selected) =>
      Array.from({ length: n }, (_, i) => one(`e${i}`));
    const lines = (alias: string) => embed("lines", { alias, select: ["name"] });
    const up = (alias: string, ...select: Selected[]) => embed("orders", { alias, select });
    const one = { where: eq("name", "a") };
    const [ten] = await ask("orders", { select: many(10, lines), where: eq("total", 1) });
    expect(Object.keys(ten ?? {})).toHaveLength(10);
    const [three] = await ask("lines", { select: many(3, (a) => up(a, lines("all"))), ...one });
    expect(Object.keys(three ?? {})).toHaveLength(3);
    const shared = { reason: "More than 3 lists stand below a row that others share." };
    const four = [up("one", ...many(4, lines))];
    await refused(ask("lines", { select: four, ...one }), "embed_too_large", shared);
    await refused(
      ask("lines", { select: many(4, (a) => up(a, lines("all"))), ...one }),
      "embed_too_large",
      shared,
    );
    const [line] = await ask("lines", one);
    const [alone] = await ask("lines", { select: four, where: eq("id", line?.id) });
    expect(Object.keys(Object(alone?.one))).toHaveLength(4);
    const all = { reason: "More than 32 embeds are asked for." };
    const nested = many(11, (alias) => embed("lines", { alias, select: many(2, (a) => up(a)) }));
    await refused(ask("orders", { select: nested }), "embed_too_large", all);
    const put = insert("lines", { order_id: id(1), name: "d" }, { select: many(33, (a) => up(a)) });
    await changesNothing(() => refused(kernel.execute(put, anna), "embed_too_large", all));
  });

  test("only what the policy of the embedded table shows", async () => {
    const select = ["id", embed("lines"), embed("keepers")];
    await refused(ask("orders", { select }), "PGRST200");
    expect(
      JSON.stringify(await ask("orders", { select: ["id", embed("lines")] }, ben)),
    ).not.toContain('"first"');
    const shops = await ask("shops", {
      select: ["name", embed("keepers", { select: ["user_id"] })],
      order: ["name"],
    });
    expect(shops.map((s) => [s.keepers].flat().length)).toEqual([2, 0, 0]);
    expect(
      (await ask("shops", { select: ["name", embed("badges")] }, nobodyYet)).map((s) => s.badges),
    ).toEqual([null, null, null]);
    expect(await ask("lines", { select: ["name", embed("orders")] }, nobodyYet)).toEqual([]);
  });
});

describe("rows by what they embed", () => {
  const orders = (asking: Asking, actor = anna) =>
    ask("orders", { order: ["total"], ...asking }, actor).then((list) => list.map((r) => r.total));

  test("inner: only rows that have some, by its filter too", async () => {
    expect(await orders({ select: ["total", embed("lines", { join: "inner" })] })).toEqual([1]);
    expect(
      await orders({
        select: ["total", embed("lines", { join: "inner", where: eq("name", "z") })],
      }),
    ).toEqual([]);
    expect(await orders({ select: ["total", embed("lines", { where: eq("name", "z") })] })).toEqual(
      [1, 2],
    );
    const lines = await ask("lines", {
      select: ["name", embed("orders", { join: "inner", select: [], where: eq("note", "first") })],
      order: ["name"],
    });
    expect(lines).toEqual([{ name: "a" }, { name: "b" }, { name: "c" }]);
  });

  test("an inner join counts too", async () => {
    const answer = await kernel.execute(
      read("orders", { select: ["total", embed("lines", { join: "inner" })], count: "exact" }),
      anna,
    );
    expect(answer.total).toBe(1);
  });

  test("is null and is not null ask whether there are any", async () => {
    const select = ["total", embed("lines", { select: [] })];
    expect(await orders({ select, where: is("lines", "null") })).toEqual([2]);
    expect(await orders({ select, where: is("lines", "not_null") })).toEqual([1]);
    expect(await orders({ select, where: any(is("lines", "null"), eq("total", "1")) })).toEqual([
      1, 2,
    ]);
    expect(await orders({ select, where: no(is("lines", "null")) })).toEqual([1]);
    const filtered = ["total", embed("lines", { select: [], where: eq("name", "z") })];
    expect(await orders({ select: filtered, where: is("lines", "null") })).toEqual([1, 2]);
    await refused(orders({ select, where: eq("lines", "x") }), "PGRST120");
  });

  test("hidden children do not count as children", async () => {
    const select = ["id", embed("keepers", { select: [] })];
    expect(await ask("shops", { select, where: is("keepers", "not_null") }, nobodyYet)).toEqual([]);
    expect(
      await ask("shops", { select: ["id", embed("keepers", { select: [], join: "inner" })] }, anna),
    ).toEqual([{ id: shop(1) }]);
  });

  test("ordered by a column of the parent", async () => {
    const list = await ask(
      "lines",
      {
        select: ["name", embed("orders", { select: ["total"] })],
        order: [{ field: { column: "total" }, relation: "orders", descending: true }, "name"],
      },
      secretKey,
    );
    expect(list.map((l) => l.name)).toEqual(["canary-line", "a", "b", "c"]);
    await refused(
      ask("orders", {
        select: ["id", embed("lines")],
        order: [{ field: { column: "n" }, relation: "lines" }],
      }),
      "PGRST118",
    );
    await refused(
      ask("orders", { order: [{ field: { column: "n" }, relation: "lines" }] }),
      "PGRST108",
    );
  });

  test("an order by a parent that the caller does not see tells nothing of it", async () => {
    // Badges are for signed-in people only: a guest's order by their title is by null.
    const by = {
      select: ["name", embed("badges", { select: ["title"] })],
      order: [{ field: { column: "title" }, relation: "badges", nulls: "first" as const }],
    };
    expect((await ask("shops", by, anna)).map((s) => s.name).at(-1)).toBe("one");
    const plain = (await ask("shops", { select: ["name"], order: ["id"] }, nobodyYet)).map(
      (s) => s.name,
    );
    expect((await ask("shops", by, nobodyYet)).map((s) => s.name)).toEqual(plain);
  });
});

describe("what cannot be embedded", () => {
  test("two ways to one table want a hint", async () => {
    await refused(ask("transfers", { select: [embed("shops")] }), "PGRST201");
    await refused(ask("shops", { select: [embed("transfers")] }), "PGRST201");
    const list = await ask("transfers", {
      select: [
        embed("shops", { alias: "from", hint: "from_shop", select: ["name"] }),
        embed("to_shop", { alias: "to", select: ["name"] }),
      ],
      order: ["id"],
    });
    expect(list).toEqual(expect.arrayContaining([{ from: { name: "one" }, to: { name: "two" } }]));
    const shops = await ask("shops", {
      select: ["name", embed("transfers", { hint: "to_shop", select: ["from_shop"] })],
      where: eq("id", shop(2)),
    });
    expect(shops[0]?.transfers).toHaveLength(2);
  });

  test("a relation that is none, with a near name; a hidden one is none either", async () => {
    expect(
      (await refused(ask("orders", { select: [embed("line")] }), "PGRST200")).params.near,
    ).toBe("Perhaps you meant 'lines'");
    expect(
      (await refused(ask("orders", { select: [embed("nothing_like_it")] }), "PGRST200")).params
        .near,
    ).toBeUndefined();
    await refused(ask("orders", { select: [embed("lines", { hint: "nobody" })] }), "PGRST200");
    await refused(ask("transfers", { select: [embed("hidden_shop")] }), "PGRST200");
    await refused(
      ask("transfers", { select: [embed("shops", { hint: "hidden_shop" })] }),
      "PGRST200",
    );
    await refused(ask("orders", { select: [embed("sessions")] }, secretKey), "PGRST200");
    await refused(ask("orders", { select: [embed("suggestions")] }), "PGRST200");
  });

  test("columns inside it, and values of another kind", async () => {
    await refused(ask("orders", { select: [embed("lines", { select: ["nope"] })] }), "42703", {
      table: "lines",
      column: "nope",
    });
    await refused(
      ask("orders", { select: [embed("lines", { where: all(among("n", ["x"])) })] }),
      "22P02",
    );
  });
});
