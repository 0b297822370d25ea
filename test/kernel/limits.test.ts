// Production D1 takes less than the simulator. Every statement of these tests passes `keepsLimits`;
// here the widest, the longest and the largest are made.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import {
  all,
  among,
  any,
  compare,
  embed,
  eq,
  type Filter,
  field,
  insert,
  read,
  refused,
  remove,
  rows,
  type Selected,
  update,
  upsert,
} from "./ask.ts";
import { changesNothing, createTables, mostArguments, raw, strict } from "./database.ts";
import { anna, kernelOf, uuids } from "./fixture.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const columns = Array.from({ length: 60 }, (_, i) => `c${i}`);
/** Every third column is JSON, every fourth is null. */
const full = Object.fromEntries(
  columns.map((c, i) => [c, i % 4 === 0 ? null : i % 3 === 0 ? { i, n: null } : `text ${i}`]),
);

beforeAll(createTables);

test("arguments are counted as the database does", () => {
  expect(
    mostArguments("select f(a, 'b,c', g(d,e,h), (i,j,k,l)) from t where x in (1,2,3,4,5,6)"),
  ).toBe(4);
  expect(mostArguments("insert into t(a,b,c,d) select f(a,b)")).toBe(2);
  expect(mostArguments(`insert into "t"("a","b","c") select f(a,b)`)).toBe(2);
});

describe("a wide table", () => {
  const id = "0190eeee-0000-7000-8000-000000000001";

  test("is written and read whole, nulls and JSON included", async () => {
    const expected = { id, user_id: uuids.anna, ...full };
    expect(await rows(kernel, insert("wide", { id, ...full }), anna)).toEqual([expected]);
    expect(await rows(kernel, read("wide"), anna)).toEqual([expected]);
    expect(
      await rows(kernel, update("wide", { ...full, c1: "other" }, { where: eq("id", id) }), anna),
    ).toEqual([{ ...expected, c1: "other" }]);
    expect(await rows(kernel, upsert("wide", { id, ...full }, ["id"]), anna)).toEqual([expected]);
    expect(
      await rows(kernel, update("wide", { c2: "x" }, { where: eq("id", id) }), anna, {
        idempotency: { route: "r", key: "wide", hash: "h" },
      }),
    ).toEqual([{ ...expected, c2: "x" }]);
    const [logged] = await raw<{ new: string }>(
      "select new from _changes where tbl = 'wide' and verb = 'insert'",
    );
    expect(JSON.parse(logged?.new ?? "")).toEqual(expected);
    expect(Object.keys(JSON.parse(logged?.new ?? ""))).toEqual(["id", "user_id", ...columns]);
  });

  test.each([1, 15, 16, 17, 30, 31, 32, 46, 47, 60])(
    "%i of its columns, or as many under other names",
    async (n) => {
      const some = columns.slice(0, n);
      const [row] = await rows(kernel, read("wide", { select: some }), anna);
      expect(row).toEqual(Object.fromEntries(some.map((c) => [c, c === "c2" ? "x" : full[c]])));
      expect(Object.keys(row ?? {})).toEqual(some);
      const renamed = await rows(
        kernel,
        read("wide", { select: some.map((c) => field(c, { alias: `${c} §` })) }),
        anna,
      );
      expect(Object.keys(renamed[0] ?? {})).toEqual(some.map((c) => `${c} §`));
    },
  );

  test("uses calls of 32 arguments, and none of more", () => {
    const most = database.statements.map((s) => mostArguments(s.sql));
    expect(Math.max(...most)).toBe(32);
  });
});

describe("many parameters", () => {
  // Each branch has its own parameter; one text after another cannot share one.
  const wanted = any(
    ...Array.from({ length: 150 }, (_, i) => compare("note", "eq", `note ${i * 2}`)),
  );

  test("travel as one, and mean the same", async () => {
    await kernel.execute(
      insert(
        "orders",
        Array.from({ length: 40 }, (_, i) => ({ note: `note ${i}`, total: i, weight: i / 8 })),
      ),
      anna,
    );
    database.statements.length = 0;
    const found = await rows(
      kernel,
      read("orders", {
        select: ["total", field({ column: "doc", path: ["a"] })],
        where: wanted,
        order: ["total"],
        limit: 15,
        offset: 2,
        count: "exact",
      }),
      anna,
    );
    expect(found.map((r) => r.total)).toEqual(Array.from({ length: 15 }, (_, i) => (i + 2) * 2));
    expect(database.statements.map((s) => s.params.length)).toEqual([1, 1]);
    const changed = await rows(
      kernel,
      update(
        "orders",
        { label: "even", weight: 0.25 },
        { where: wanted, select: ["total", "weight"] },
      ),
      anna,
    );
    expect(changed).toHaveLength(20);
    expect(changed[0]?.weight).toBe(0.25);
    expect(
      await raw("select count(*) as n from orders where label = 'even' and total % 2 = 0"),
    ).toEqual([{ n: 20 }]);
    await refused(
      kernel.execute(remove("orders", { where: wanted, maxAffected: 3 }), anna),
      "PGRST124",
      { max: "3" },
    );
    expect(
      await rows(kernel, remove("orders", { where: wanted, select: ["total"] }), anna),
    ).toHaveLength(20);
    expect(await raw("select count(*) as n from orders")).toEqual([{ n: 20 }]);
  });

  test("and the rows beside them, as they are", async () => {
    await raw("delete from orders");
    await kernel.execute(insert("orders", { note: "note 2" }), anna);
    // Nothing but quotes: within a second JSON text each would be three characters longer.
    const quotes = '"'.repeat(60_000);
    const doc = Object.fromEntries(
      Array.from({ length: 15 }, (_, i) => [i, quotes.slice(0, 2_000)]),
    );
    database.statements.length = 0;
    const change = update(
      "orders",
      { label: "q", doc },
      { where: wanted, select: ["label", "doc"] },
    );
    expect(await rows(kernel, change, anna)).toEqual([{ label: "q", doc }]);
    const effect = database.statements.find((s) => s.sql.startsWith("update"));
    expect(effect?.params).toHaveLength(2);
    expect(JSON.parse(String(effect?.params[1]))[0]).toBe("q");
  });

  test("that an order leaves unused are not sent", async () => {
    const doc = (key: string, alias: string) => field({ column: "doc", path: [key] }, { alias });
    const columns = Array.from({ length: 20 }, (_, i) => `a${i}`);
    const select = [...columns.map((a) => doc(a, a)), doc("a1", "note")];
    const [found] = await rows(kernel, read("orders", { select, limit: 1 }), anna);
    expect(Object.keys(found ?? {})).toEqual([...columns, "note"]);
    for (const execution of [{}, { idempotency: { route: "r", key: "unused", hash: "h" } }]) {
      const [made] = await rows(
        kernel,
        insert("orders", { note: "n" }, { select }),
        anna,
        execution,
      );
      expect(Object.keys(made ?? {})).toEqual([...columns, "note"]);
    }
    const { id } = (await raw<{ id: string }>("select id from orders limit 1"))[0] ?? {};
    const line = insert(
      "lines",
      { order_id: id, name: "l" },
      {
        select: [embed("orders", { select: ["id"], where: eq("note", "zz") })],
        order: [{ relation: "orders", field: { column: "total" } }],
      },
    );
    expect(await rows(kernel, line, anna)).toEqual([{ orders: null }]);
  });

  test("of every kind keep their type on the way", async () => {
    const padding = Array.from({ length: 120 }, (_, i) => eq("note", `no ${i}`));
    await raw("delete from orders");
    await kernel.execute(
      insert("orders", {
        note: null,
        total: 7,
        weight: 1.5,
        gift: true,
        day: "2026-01-02",
        doc: { a: 1 },
      }),
      anna,
    );
    for (const one of [
      compare("weight", "eq", "1.5"),
      eq("gift", "true"),
      eq("day", "2026-01-02"),
      eq({ column: "doc", path: ["a"] }, "1"),
      compare("weight", "gt", "1.25"),
    ]) {
      expect(
        await rows(
          kernel,
          read("orders", { select: ["total"], where: any(one, ...padding) }),
          anna,
        ),
      ).toEqual([{ total: 7 }]);
    }
  });
});

describe("a filter as large as it may be", () => {
  const asked = (where: Filter) =>
    rows(kernel, read("orders", { select: ["total"], where, order: ["total"] }), anna);
  const once = async (where: Filter) => {
    database.statements.length = 0;
    const found = await asked(where);
    expect(database.statements).toHaveLength(1);
    return found;
  };
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => String(i));

  beforeAll(async () => {
    await raw("delete from orders");
    await kernel.execute(insert("orders", [{ total: 1 }, { total: 9_999 }]), anna);
  });

  test("10,000 values of a list are one statement; one more is refused", async () => {
    expect(await once(among("total", numbers(10_000)))).toEqual([{ total: 1 }, { total: 9_999 }]);
    expect(database.statements[0]?.params.length).toBeLessThanOrEqual(3);
    await refused(asked(among("total", numbers(10_001))), "filter_too_large", {
      max: 10_000,
      what: "values in a list",
    });
  });

  test("200 conditions are one statement; one more is refused", async () => {
    // The tree itself is a condition.
    const many = (n: number) => any(...numbers(n - 1).map((i) => eq("total", i)));
    expect(await once(many(200))).toEqual([{ total: 1 }]);
    await refused(asked(many(201)), "filter_too_large", { max: 200, what: "conditions" });
  });

  test("20 levels are one statement; one more is refused", async () => {
    const deep = (n: number): Filter => (n === 1 ? eq("total", "1") : all(any(deep(n - 1))));
    expect(await once(any(deep(10)))).toEqual([{ total: 1 }]);
    await refused(asked(any(any(deep(10)))), "filter_too_large", { max: 20, what: "levels" });
  });

  test("two million bytes of a value are sent, and no more", async () => {
    const long = "日".repeat(666_666);
    expect(await asked(eq("note", long))).toEqual([]);
    const before = database.trips;
    await refused(asked(eq("note", `${long}日`)), "statement_too_large");
    await refused(
      asked(
        among(
          "note",
          numbers(5).map((i) => i + long.slice(0, 500_000)),
        ),
      ),
      "statement_too_large",
    );
    expect(database.trips).toBe(before);
  });
});

describe("too much", () => {
  test("text of a statement is refused before it is sent", async () => {
    const before = database.trips;
    const aliases = (n: number): Selected[] =>
      Array.from({ length: n }, (_, i) => field("note", { alias: `a${i}` }));
    await refused(
      kernel.execute(read("orders", { select: aliases(5000) }), anna),
      "statement_too_large",
    );
    const names = Array.from({ length: 200 }, (_, i) => field("name", { alias: `n${i}` }));
    const embeds = Array.from({ length: 32 }, (_, i) =>
      embed("lines", { alias: `e${i}`, select: names }),
    );
    await refused(kernel.execute(read("orders", { select: embeds }), anna), "statement_too_large");
    expect(database.trips).toBe(before);
    // Short enough to be sent, but deeper than SQLite's trees may be.
    await refused(
      kernel.execute(read("orders", { select: aliases(2000) }), anna),
      "statement_too_large",
    );
    expect(
      await rows(kernel, read("orders", { select: aliases(1000), limit: 1 }), anna),
    ).toHaveLength(1);
  });

  test("more rows than can fit are refused before one is looked at", async () => {
    const unread = {
      get note(): string {
        throw new Error("looked at");
      },
    };
    const many = Array.from({ length: 200_000 }, () => unread);
    const put = insert("orders", many, { answer: "minimal" });
    await changesNothing(() => refused(kernel.execute(put, anna), "body_too_large"));
  });

  test("rows in one write are refused before they are sent, counted in bytes", async () => {
    const row = { note: "日".repeat(20_000) };
    await changesNothing(() =>
      refused(
        kernel.execute(
          insert(
            "orders",
            Array.from({ length: 17 }, () => row),
            { answer: "minimal" },
          ),
          anna,
        ),
        "body_too_large",
      ),
    );
    await kernel.execute(
      insert(
        "orders",
        Array.from({ length: 15 }, () => row),
        { answer: "minimal" },
      ),
      anna,
    );
    expect(await raw("select count(*) as n from orders where length(note) = 20000")).toEqual([
      { n: 15 },
    ]);
  });
});
