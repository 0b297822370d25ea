import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import type { Intent } from "../../../src/kernel/intent.ts";
import {
  all,
  among,
  compare,
  embed,
  eq,
  ilike,
  insert,
  is,
  read,
  refused,
  remove,
  rows,
  update,
} from "../ask.ts";
import { changesNothing, createTables, raw } from "../database.ts";
import { anna, ben, kernelOf, secretKey, uuids } from "../fixture.ts";

let now = Date.parse("2026-11-20T10:00:00Z");
const kernel = kernelOf({ now: () => now });
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const each = is("id", "not_null");

beforeAll(createTables);
beforeEach(async () => {
  await raw("delete from orders");
  const list = [1, 2, 3].map((n) => ({
    id: id(n),
    user_id: uuids.anna,
    note: `Ö${n}`,
    total: n,
    gift: true,
    doc: { n },
  }));
  await kernel.execute(
    insert("orders", [...list, { id: id(4), user_id: uuids.ben, note: "canary", total: 4 }]),
    secretKey,
  );
  await kernel.execute(
    insert("lines", [
      { order_id: id(1), name: "a" },
      { order_id: id(1), name: "b" },
      { order_id: id(4), name: "c" },
    ]),
    secretKey,
  );
});

describe("update", () => {
  test("sets what was sent, raises the version, renews the time, and leaves the rest", async () => {
    now += 1000;
    const answer = await kernel.execute(
      update("orders", { note: "ÄPFEL", gift: false, doc: null }, { where: eq("id", id(1)) }),
      anna,
    );
    expect(answer).toMatchObject({ version: 2 });
    expect(JSON.parse(answer.rows[0] ?? "")).toMatchObject({
      note: "ÄPFEL",
      gift: false,
      doc: null,
      total: 1,
      created_at: "2026-11-20T10:00:00.000Z",
      updated_at: "2026-11-20T10:00:01.000Z",
    });
    expect(await raw("select _v, _fold_note from orders where id = ?", id(1))).toEqual([
      { _v: 2, _fold_note: "äpfel" },
    ]);
    expect(
      await rows(kernel, read("orders", { select: ["id"], where: ilike("note", "%äpf%") }), anna),
    ).toEqual([{ id: id(1) }]);
    expect(await raw("select _v from orders where id <> ? group by _v", id(1))).toEqual([
      { _v: 1 },
    ]);
    await kernel.execute(update("orders", { note: null }, { where: eq("id", id(1)) }), anna);
    expect(await raw("select _fold_note from orders where id = ?", id(1))).toEqual([
      { _fold_note: null },
    ]);
  });

  test("of many rows, none of another's, whatever the filter says", async () => {
    const answer = await kernel.execute(
      update("orders", { label: "all" }, { where: each, count: "exact", answer: "minimal" }),
      anna,
    );
    expect(answer).toEqual({ rows: [], total: 3, bookmark: expect.any(String) });
    expect(
      await raw("select label, count(*) as n from orders group by label order by label"),
    ).toEqual([
      { label: null, n: 1 },
      { label: "all", n: 3 },
    ]);
    expect(
      (await kernel.execute(update("orders", { label: "x" }, { where: eq("id", id(4)) }), anna))
        .rows,
    ).toEqual([]);
  });

  test("without a filter means every row one may change: only protocols ask for one", async () => {
    expect(await rows(kernel, update("orders", { label: "x" }, { select: ["id"] }), ben)).toEqual([
      { id: id(4) },
    ]);
  });

  test("finds rows by what it changes, and by what they embed", async () => {
    const found = await rows(
      kernel,
      update(
        "orders",
        { total: 50 },
        {
          where: all(compare("total", "gte", "2"), ilike("note", "ö%")),
          select: ["id", "total"],
          order: ["id.desc"],
        },
      ),
      anna,
    );
    expect(found).toEqual([
      { id: id(3), total: 50 },
      { id: id(2), total: 50 },
    ]);
    expect(
      await rows(
        kernel,
        update(
          "orders",
          { total: 7 },
          {
            where: eq("total", "50"),
            select: ["id", embed("lines", { select: ["name"] })],
            order: ["id"],
            limit: 1,
            offset: 1,
          },
        ),
        anna,
      ),
    ).toEqual([{ id: id(3), lines: [] }]);
    expect(
      await rows(
        kernel,
        update(
          "lines",
          { n: 3 },
          {
            where: eq("order_id", id(1)),
            select: ["name", "n", embed("orders", { select: ["note"] })],
            order: ["name.desc"],
          },
        ),
        anna,
      ),
    ).toEqual([
      { name: "b", n: 3, orders: { note: "Ö1" } },
      { name: "a", n: 3, orders: { note: "Ö1" } },
    ]);
  });

  test("takes the columns it names, whatever else was sent", async () => {
    const sent = { label: "l", note: "n", updated_at: "1999-01-01T00:00:00Z", user_id: uuids.ben };
    const named = { where: eq("id", id(1)), columns: ["label", "total"] };
    await refused(kernel.execute(update("orders", sent, named), anna), "23502");
    await kernel.execute(update("orders", { total: 7, ...sent }, named), anna);
    expect(await raw("select * from orders where id = ?", id(1))).toMatchObject([
      {
        label: "l",
        total: 7,
        note: "Ö1",
        user_id: uuids.anna,
        updated_at: new Date(now).toISOString(),
      },
    ]);
  });

  test("of nothing touches nothing", async () => {
    const before = await raw("select * from orders");
    expect(await rows(kernel, update("orders", {}, { where: each }), anna)).toEqual([]);
    expect(await raw("select * from orders")).toEqual(before);
  });

  const refusals: [string, Intent, Actor, string, Record<string, unknown>?][] = [
    [
      "a column written once",
      update("orders", { user_id: uuids.ben }, { where: each }),
      anna,
      "428C9",
      { table: "orders", column: "user_id", rule: "written once" },
    ],
    ["the id", update("orders", { id: id(9) }, { where: eq("id", id(1)) }), anna, "428C9"],
    ["a read-only column", update("orders", { state: "paid" }, { where: each }), anna, "428C9"],
    [
      "a server-filled column",
      update("orders", { updated_at: "2020-01-01" }, { where: each }),
      anna,
      "428C9",
    ],
    [
      "a null where none may be",
      update("orders", { total: null }, { where: each }),
      anna,
      "23502",
      { table: "orders", column: "total" },
    ],
    [
      "a check that fails for one of the rows",
      update("orders", { total: 9_000_000 }, { where: each }),
      anna,
      "23514",
    ],
    ["a number that is none", update("orders", { total: "x" }, { where: each }), anna, "22P02"],
    [
      "a text too long",
      update("orders", { label: "x".repeat(101) }, { where: each }),
      anna,
      "22001",
    ],
    [
      "a unique key",
      update("lines", { name: "a" }, { where: eq("name", "b") }),
      anna,
      "23505",
      { table: "lines", columns: "order_id, name" },
    ],
    [
      "a parent that is none",
      update("keepers", { shop_id: uuids.other }, { where: each }),
      secretKey,
      "23503",
    ],
    [
      "a filter's column that is none",
      update("orders", { note: "x" }, { where: eq("nope", "1") }),
      anna,
      "42703",
    ],
  ];
  test.each(refusals)("refuses %s, and changes nothing", async (_, intent, actor, code, params) => {
    if (code === "23503") {
      await kernel.execute(insert("shops", { id: uuids.shop, name: "s" }), secretKey);
      await kernel.execute(
        insert("keepers", { shop_id: uuids.shop, user_id: uuids.anna }),
        secretKey,
      );
    }
    await changesNothing(() => refused(kernel.execute(intent, actor), code, params));
  });

  test("the service may change read-only columns and those written once", async () => {
    const [row] = await rows(
      kernel,
      update("orders", { state: "paid", user_id: uuids.ben }, { where: eq("id", id(1)) }),
      secretKey,
    );
    expect(row).toMatchObject({ state: "paid", user_id: uuids.ben });
  });
});

describe("delete", () => {
  test("of one's own rows, answering with what they were, and of nobody else's", async () => {
    const gone = await kernel.execute(
      remove("orders", {
        where: compare("total", "gte", "2"),
        select: ["id", "note"],
        order: ["id.desc"],
        count: "exact",
      }),
      anna,
    );
    expect(gone).toMatchObject({
      total: 2,
      rows: [`{"id":"${id(3)}","note":"Ö3"}`, `{"id":"${id(2)}","note":"Ö2"}`],
    });
    expect(gone.version).toBeUndefined();
    expect(await raw("select id from orders order by id")).toEqual([{ id: id(1) }, { id: id(4) }]);
    expect((await kernel.execute(remove("orders", { where: eq("id", id(4)) }), anna)).rows).toEqual(
      [],
    );
  });

  test("takes along what hangs on it", async () => {
    await kernel.execute(remove("orders", { where: eq("id", id(1)), answer: "minimal" }), anna);
    expect(await raw("select name from lines")).toEqual([{ name: "c" }]);
  });

  test("of a parent that others point at is refused", async () => {
    await kernel.execute(insert("shops", { id: id(7), name: "s" }), secretKey);
    await kernel.execute(insert("badges", { shop_id: id(7), title: "t" }), secretKey);
    await changesNothing(() =>
      refused(kernel.execute(remove("shops", { where: eq("id", id(7)) }), secretKey), "23503"),
    );
  });

  test("embeds the parent in what it answers", async () => {
    const gone = await rows(
      kernel,
      remove("lines", {
        where: among("name", ["a", "b"]),
        select: ["name", embed("orders", { select: ["total"] })],
        order: ["name"],
      }),
      anna,
    );
    expect(gone).toEqual([
      { name: "a", orders: { total: 1 } },
      { name: "b", orders: { total: 1 } },
    ]);
  });
});
