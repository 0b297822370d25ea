// Pages by cursor: all rows, each once, whatever the order, at the same price; and for nobody else.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import type { Answer } from "../../../src/kernel/execute.ts";
import type { Field, Order } from "../../../src/kernel/intent.ts";
import fc from "../../random.ts";
import {
  type Asking,
  all,
  call,
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
  rowsOf,
} from "../ask.ts";
import { createTables, raw, strict } from "../database.ts";
import { anna, ben, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });

beforeAll(createTables);

async function page(asking: Asking, cursor: string, actor = anna, table = "orders") {
  return kernel.execute(read(table, { ...asking, cursor }), actor);
}

/** Every page after the other; more pages than rows would be a circle. */
async function walk(asking: Asking, actor: Actor = anna, table = "orders"): Promise<Answer[]> {
  const pages: Answer[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined && pages.length < 200; ) {
    const answer: Answer = await page(asking, cursor, actor, table);
    pages.push(answer);
    cursor = answer.next;
  }
  return pages;
}
const walked = async (...of: Parameters<typeof walk>) =>
  (await walk(...of)).flatMap((answer) => rowsOf(answer));

describe("in any order", () => {
  // Few values, so that many rows share them.
  const row = fc.record({
    note: fc.constantFrom(null, "a", "b", "é", "日"),
    weight: fc.constantFrom(null, -1.5, 0, 0.1, 0.30000000000000004, 1e21),
    gift: fc.boolean(),
    total: fc.constantFrom(0, 1, 2),
    due: fc.constantFrom(null, "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"),
    doc: fc.constantFrom(null, { a: null }, { a: 1 }, { a: "1" }, { a: [2] }, { b: 1 }),
  });
  const term: fc.Arbitrary<Order> = fc
    .tuple(
      fc.constantFrom<Field[]>(
        { column: "note" },
        { column: "weight" },
        { column: "gift" },
        { column: "total" },
        { column: "due" },
        { column: "id" },
        { column: "doc", path: ["a"] },
        { column: "doc", path: ["a"], text: true },
      ),
      fc.boolean(),
      fc.constantFrom<(Order["nulls"] | undefined)[]>(undefined, "first", "last"),
    )
    .map(([of, descending, nulls]): Order => {
      return { field: of, descending, ...(nulls && { nulls }) };
    });

  test("each row comes once, as in one answer", async () => {
    const property = fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 25, size: "max" }),
      fc.array(term, { maxLength: 4 }),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (rows, order, limit, filtered) => {
        await raw("delete from orders");
        await kernel.execute(insert("orders", rows, { answer: "minimal" }), anna);
        const where = filtered ? { where: compare("total", "gte", "1") } : {};
        // What is alike comes by its key here, and as it is stored in an answer without a cursor.
        const key: Order = { field: { column: "id" } };
        const by = [...order, order.at(-1)?.descending ? { ...key, descending: true } : key];
        const whole = await kernel.execute(
          read("orders", { select: ["id"], order: by, ...where }),
          anna,
        );
        const pages = await walk({ select: ["id"], ...(order[0] && { order }), limit, ...where });
        expect(pages.flatMap((p) => p.rows)).toEqual(whole.rows);
        expect(pages).toHaveLength(Math.max(1, Math.ceil(whole.rows.length / limit)));
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});

describe("what goes with it", () => {
  beforeEach(async () => {
    await raw("delete from orders");
    const rows = Array.from({ length: 9 }, (_, total) => ({ total, note: total % 3 ? "x" : null }));
    await kernel.execute(insert("orders", rows), anna);
    await kernel.execute(insert("orders", [{ total: 100 }, { total: 101 }]), ben);
  });
  const totals = async (asking: Asking) => (await walked(asking)).map((r) => r.total);

  test("filters, which count without the cursor", async () => {
    const where = all(no(is("note", "null")), compare("total", "lt", "8"));
    expect(await totals({ where, order: ["total.desc"], limit: 2 })).toEqual([7, 5, 4, 2, 1]);
    const first = await kernel.execute(
      read("orders", { where, order: ["total"], limit: 2, cursor: "", count: "exact" }),
      anna,
    );
    const second = await kernel.execute(
      read("orders", {
        where,
        order: ["total"],
        limit: 4,
        cursor: first.next ?? "",
        count: "exact",
      }),
      anna,
    );
    expect([first.total, second.total]).toEqual([5, 5]);
    expect(rowsOf(second).map((r) => r.total)).toEqual([4, 5, 7]);
    expect(second.next).toBeUndefined();
  });

  test("embeds, and an order by what is embedded", async () => {
    const orders = await raw<{ id: string }>(
      "select id from orders where total < 9 order by total",
    );
    const lines = orders.map(({ id }, i) => ({ order_id: id, name: `l${i}`, n: i % 2 }));
    await kernel.execute(insert("lines", lines), anna);
    const order = ["n", { relation: "orders", field: { column: "total" }, descending: true }];
    const asking = { select: ["name", embed("orders", { select: ["total"] })], order, limit: 2 };
    const found = await walked(asking, anna, "lines");
    expect(found.map((r) => r.name)).toEqual("l8 l6 l4 l2 l0 l7 l5 l3 l1".split(" "));
    expect(found[0]).toEqual({ name: "l8", orders: { total: 8 } });
  });

  test("the rows of a function, where they have a key", async () => {
    await raw("delete from lines");
    await raw(
      "insert into shops(id,name,stock) select ?1||value, 's', value from json_each(?2)",
      "s",
      "[1,2,3]",
    );
    const ask = (cursor: string) =>
      kernel.execute(
        call("stocked", { least: 1 }, { order: ["twice.desc"], limit: 2, cursor }),
        anna,
      );
    const first = await ask("");
    expect([...rowsOf(first), ...rowsOf(await ask(first.next ?? ""))].map((r) => r.twice)).toEqual([
      6, 4, 2,
    ]);
    const items = call("items", { list: ["a"] }, { cursor: "" });
    await refused(kernel.execute(items, anna), "PGRST127");
    await raw("delete from shops");
  });

  test("not groups", async () => {
    const grouped = read("orders", { select: [{ count: true }, "note"], cursor: "" });
    await refused(kernel.execute(grouped, anna), "PGRST127");
  });

  test("a row that comes or goes moves no other", async () => {
    const asking = { order: ["total"], limit: 3 };
    const first = await page(asking, "");
    await kernel.execute(remove("orders", { where: eq("total", "2") }), anna); // the last one shown
    await kernel.execute(insert("orders", [{ total: 0 }, { total: 2 }, { total: 7 }]), anna);
    const second = await page(asking, first.next ?? "");
    const third = await page({ ...asking, limit: 10 }, second.next ?? "");
    // The new 2 has a later id than the old one; the new 0 lies before the place.
    expect([first, second, third].flatMap((answer) => rowsOf(answer)).map((r) => r.total)).toEqual([
      0, 1, 2, 2, 3, 4, 5, 6, 7, 7, 8,
    ]);
  });

  test("max_rows, of which there is a setting", async () => {
    const small = kernelOf({ settings: { MAX_ROWS: "4" } });
    const ask = (asking: Asking) =>
      small.execute(read("orders", { order: ["total"], ...asking }), anna);
    const first = await ask({ cursor: "" });
    expect(first.rows).toHaveLength(4);
    expect((await ask({ cursor: first.next ?? "" })).rows).toHaveLength(4);
    expect((await ask({ limit: 1000 })).rows).toHaveLength(4);
    expect((await ask({ limit: 2 })).rows).toHaveLength(2);
    for (const wrong of ["0", "-1", "1e3", "x", ""]) {
      expect(() => kernelOf({ settings: { MAX_ROWS: wrong } })).toThrow("MAX_ROWS");
    }
  });

  test("rows that are alike: pages by number are no dearer for them, and lose none", async () => {
    await raw(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
       insert into orders(id,user_id,created_at,updated_at) select 'x'||i,?1,'','' from n`,
      uuids.anna,
    );
    for (const order of ["created_at", "created_at.desc"]) {
      const seen: unknown[] = [];
      for (let offset = 0; offset < 520; offset += 20) {
        database.read = 0;
        const page = await kernel.execute(
          read("orders", { select: ["id"], order: [order], limit: 20, offset }),
          anna,
        );
        const session = 1; // whether it lives is asked now and then
        expect(database.read).toBeLessThanOrEqual(offset + 20 + session);
        seen.push(...page.rows);
      }
      expect(seen).toHaveLength(509);
      expect(new Set(seen).size).toBe(509);
    }
    await raw("delete from orders where id like 'x%'");
  });

  test("counts that are bounded, but never below the page's end", async () => {
    const counted = (count: "planned" | "estimated", asking: Asking) =>
      kernel.execute(read("orders", { ...asking, count }), anna);
    expect((await counted("planned", { limit: 2 })).total).toBe(9);
    expect((await counted("estimated", { limit: 0 })).total).toBe(9);
    await raw(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 10100)
       insert into orders(id,user_id,created_at,updated_at) select 'x'||i,?1,'','' from n`,
      uuids.anna,
    );
    database.read = 0;
    expect((await counted("planned", { limit: 2 })).total).toBe(10_001);
    expect(database.read).toBeLessThan(10_100);
    expect((await counted("estimated", { limit: 10, offset: 10_050 })).total).toBe(10_061);
    expect((await counted("estimated", { limit: 1000, offset: 10_050 })).total).toBe(10_109);
    await raw("delete from orders where id like 'x%'");
  });
});

describe("what a page costs", () => {
  const size = 20_000;
  beforeAll(async () => {
    await raw("delete from orders");
    await raw(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?2)
       insert into orders(id,user_id,total,created_at,updated_at)
       select printf('o%08d', i), ?1, i % 7, printf('2026-01-01T00:00:%05d', i / 3), '' from n`,
      uuids.anna,
      size,
    );
    await raw(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
       insert into shops(id,name,stock) select printf('s%08d', i), printf('%06d', i / 2), i from n`,
      size,
    );
  });

  async function costs(table: string, asking: Asking): Promise<[first: number, deep: number]> {
    const cost = async (cursor: string) => {
      database.read = 0;
      const answer = await page({ select: ["id"], ...asking, limit: 2 }, cursor, anna, table);
      expect(answer.rows).toHaveLength(2);
      return database.read;
    };
    let cursor = "";
    for (let rows = 0; rows < 10_000; rows += 1_000) {
      const answer = await page({ select: ["id"], ...asking, limit: 1_000 }, cursor, anna, table);
      cursor = answer.next ?? "";
    }
    return [await cost(""), await cost(cursor)];
  }

  test.each<[string, string, Asking]>([
    ["by its key", "shops", {}],
    ["backwards by an indexed column", "orders", { order: ["created_at.desc"] }],
    ["forwards by it", "orders", { order: ["created_at"] }],
    ["in two directions", "shops", { order: ["name", "stock.desc"] }],
  ])("page 5,000 costs what page 1 costs, %s", async (_, table, asking) => {
    const [first, deep] = await costs(table, asking);
    expect(deep - first).toBeLessThanOrEqual(6);
    expect(deep).toBeLessThanOrEqual(20);
  });
});

describe("a cursor", () => {
  const asking: Asking = { where: compare("total", "gte", "0"), order: ["total"], limit: 1 };
  let cursor: string;

  beforeAll(async () => {
    await raw("delete from orders");
    await kernel.execute(insert("orders", [{ total: 1 }, { total: 2 }, { total: 3 }]), anna);
    cursor = (await page(asking, "")).next ?? "";
  });

  test("may be used again, and with another limit", async () => {
    for (const limit of [1, 2, 2]) {
      const again = await page({ ...asking, limit }, cursor);
      expect(rowsOf(again).map((r) => r.total)).toEqual([2, 3].slice(0, limit));
    }
  });

  test.each<[string, Asking, Actor]>([
    ["somebody else", asking, ben],
    ["a guest", asking, nobodyYet],
    ["the service", asking, secretKey],
    ["another value", { ...asking, where: compare("total", "gte", "1") }, anna],
    ["another operator", { ...asking, where: compare("total", "gt", "0") }, anna],
    ["no filter", { order: ["total"], limit: 1 }, anna],
    ["another order", { ...asking, order: ["total.desc"] }, anna],
    ["its nulls elsewhere", { ...asking, order: ["total.asc.nullsfirst"] }, anna],
    ["no order", { where: compare("total", "gte", "0"), limit: 1 }, anna],
    ["other columns", { ...asking, select: ["id"] }, anna],
  ])("is not for %s", async (_, other, actor) => {
    await refused(page(other, cursor, actor), "cursor_invalid");
  });

  test("is not for another table, nor for another server", async () => {
    await refused(page({ limit: 1 }, cursor, anna, "shops"), "cursor_invalid");
    const other = kernelOf().execute(read("orders", { ...asking, cursor }), anna);
    await refused(other, "cursor_invalid");
  });

  test("is good in every isolate of its server", async () => {
    const isolates = ["one secret", "one secret"].map((secret) => kernelOf({ secret }));
    const seen: unknown[] = [];
    for (let at = "", turn = 0; turn < 6; turn++) {
      const of = isolates[turn % 2] ?? kernel;
      const answer = await of.execute(read("orders", { ...asking, cursor: at }), anna);
      seen.push(rowsOf(answer)[0]?.total);
      at = answer.next ?? "";
    }
    expect(seen).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test("that was changed is none, wherever", async () => {
    const [payload = "", signature = ""] = cursor.split(".");
    const place = JSON.stringify(["0", "0"]);
    const made = new TextEncoder().encode(place).toBase64({ alphabet: "base64url" });
    const broken = [
      `${made}.${signature}`,
      `${payload}.${signature}=`,
      `${payload}.`,
      `${cursor}.`,
      `${cursor}.>; rel="next", <https://evil.example`,
      `${cursor}.\n`,
      payload,
      ".",
      "x",
      "\0",
      "é",
      `${payload}.${signature.slice(0, -2)}`,
      `${payload}.${"A".repeat(43)}`,
      "a".repeat(16_000),
    ];
    for (let i = 0; i < cursor.length; i += 3) {
      broken.push(cursor.slice(0, i) + (cursor[i] === "B" ? "C" : "B") + cursor.slice(i + 1));
    }
    const before = database.trips;
    for (const text of broken) await refused(page(asking, text), "cursor_invalid");
    expect(database.trips).toBe(before);
    // Nor is any of them remembered for who asks next.
    expect((await page(asking, "")).next).toBe(cursor);
  });

  test("tells nothing but what the caller sees", async () => {
    await raw("update orders set secret = 'canary'");
    const text = (await page({ ...asking, select: [field("total")] }, "")).next ?? "";
    const [payload = ""] = text.split(".");
    const place = new TextDecoder().decode(
      Uint8Array.fromBase64(payload, { alphabet: "base64url" }),
    );
    expect(JSON.parse(place)).toEqual([1, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    await refused(page({ ...asking, order: ["secret"] }, ""), "42703");
  });

  test("of a very long value is not given", async () => {
    await kernel.execute(insert("orders", { note: "日".repeat(3_000) }), anna);
    await refused(page({ order: ["note"], limit: 1 }, ""), "PGRST127");
  });
});
