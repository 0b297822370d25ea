import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Intent } from "../../src/kernel/intent.ts";
import { embed, eq, ignore, insert, is, refused, remove, update, upsert } from "./ask.ts";
import { changesNothing, createTables, dump, raw } from "./database.ts";
import { anna, ben, kernelOf, nobodyYet, outside, secretKey, uuids } from "./fixture.ts";

let now = Date.parse("2026-11-20T10:00:00Z");
const kernel = kernelOf({ now: () => now });
let keys = 0;
const fresh = (hash = "h") => ({ idempotency: { route: "POST /x", key: `key ${keys++}`, hash } });
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const each = is("id", "not_null");

beforeAll(async () => {
  await createTables();
  await kernel.execute(insert("shops", { id: uuids.shop, name: "s", stock: 1000 }), secretKey);
});
beforeEach(async () => {
  await raw("delete from orders");
  await kernel.execute(
    insert(
      "orders",
      [1, 2].map((n) => ({ id: id(n), note: `n${n}`, weight: n, doc: { n } })),
    ),
    anna,
  );
});

const writes: Record<string, () => Intent> = {
  insert: () => insert("orders", [{ note: "b", gift: true, doc: { "1": [null] } }, { note: "a" }]),
  "insert, ordered, of a page": () =>
    insert("orders", [{ note: "b" }, { note: "a" }], { order: ["note"], limit: 1 }),
  "insert, minimal": () => insert("orders", { note: "x" }, { answer: "minimal", count: "exact" }),
  "insert, headers": () => insert("orders", { note: "x" }, { answer: "headers" }),
  "insert that nobody sees": () => insert("suggestions", { body: "x" }),
  upsert: () =>
    upsert(
      "orders",
      [
        { id: id(1), note: "up" },
        { id: id(3), note: "new" },
      ],
      ["id"],
      { select: ["id", "note", embed("lines")] },
    ),
  "insert ignoring": () =>
    ignore(
      "orders",
      [
        { id: id(1), note: "no" },
        { id: id(4), note: "yes" },
      ],
      ["id"],
      { select: ["note"] },
    ),
  "insert ignoring, all there": () => ignore("orders", [{ id: id(1), note: "no" }], ["id"]),
  update: () =>
    update(
      "orders",
      { note: "changed" },
      { where: each, select: ["id", "note", "weight"], order: ["id.desc"], count: "exact" },
    ),
  "update of what its filter no longer finds": () =>
    update("orders", { note: "gone" }, { where: eq("note", "n1") }),
  delete: () => remove("orders", { where: each, count: "exact", select: ["id", embed("lines")] }),
  operation: () =>
    insert(
      "sales",
      [
        { shop_id: uuids.shop, quantity: 1 },
        { shop_id: uuids.shop, quantity: 2 },
      ],
      { select: ["n", embed("shops", { select: ["name"] })] },
    ),
  "operation with a call": () => insert("charges", { amount: 5 }),
};

describe.each(Object.entries(writes))("%s", (_, intent) => {
  test("is answered the same a second time, and done once", async () => {
    outside.calls = [];
    const key = fresh();
    const asked = intent();
    const { bookmark: _first, ...first } = await kernel.execute(asked, anna, key);
    expect(first.replayed).toBeUndefined();
    const after = await dump();
    const { bookmark: _again, replayed, ...again } = await kernel.execute(intent(), anna, key);
    expect(replayed).toBe(true);
    expect(again).toEqual(first);
    expect(await dump()).toEqual(after);
    expect(outside.calls.length).toBeLessThanOrEqual(1);
  });

  test("answers with a key as it does without", async () => {
    const without = await kernel.execute(intent(), anna);
    await raw("delete from orders");
    await kernel.execute(
      insert(
        "orders",
        [1, 2].map((n) => ({ id: id(n), note: `n${n}`, weight: n, doc: { n } })),
      ),
      anna,
    );
    const withKey = await kernel.execute(intent(), anna, fresh());
    const bare = (rows: string[]) =>
      rows.map((r) =>
        JSON.parse(r, (k, v) => (["id", "created_at", "updated_at"].includes(k) ? "" : v)),
      );
    expect(bare(withKey.rows)).toEqual(bare(without.rows));
    expect({ ...withKey, rows: [], bookmark: "" }).toEqual({ ...without, rows: [], bookmark: "" });
  });
});

test("another request under the same key is refused", async () => {
  const key = fresh("one");
  await kernel.execute(insert("orders", { note: "x" }), anna, key);
  const other = { idempotency: { ...key.idempotency, hash: "two" } };
  await changesNothing(() =>
    refused(kernel.execute(insert("orders", { note: "y" }), anna, other), "idempotency_key_reused"),
  );
});

test("actors, routes and guests' addresses have keys of their own", async () => {
  const key = fresh();
  const elsewhere = { idempotency: { ...key.idempotency, route: "POST /y" } };
  const guests = [nobodyYet, { ...nobodyYet, address: "192.0.2.77" }];
  for (const actor of [anna, ben, ...guests, secretKey]) {
    const answer = await kernel.execute(insert("suggestions", { body: "x" }), actor, key);
    expect(answer.replayed).toBeUndefined();
  }
  expect(
    (await kernel.execute(insert("suggestions", { body: "x" }), anna, elsewhere)).replayed,
  ).toBeUndefined();
  expect(
    (await kernel.execute(insert("suggestions", { body: "x" }), guests[1] ?? anna, key)).replayed,
  ).toBe(true);
});

test("twenty at once have one effect and one answer", async () => {
  const key = fresh();
  const all = await Promise.all(
    Array.from({ length: 20 }, () =>
      kernel.execute(insert("orders", { note: "twenty" }), anna, key),
    ),
  );
  expect(new Set(all.map((a) => a.rows[0])).size).toBe(1);
  expect(all.filter((a) => !a.replayed)).toHaveLength(1);
  expect(await raw("select id from orders where note = 'twenty'")).toHaveLength(1);
});

test("a key is forgotten after a day", async () => {
  const key = fresh();
  const ask = () => kernel.execute(insert("orders", { note: "daily" }), anna, key);
  await ask();
  now += 24 * 3_600_000;
  expect((await ask()).replayed).toBe(true);
  now += 1;
  expect((await ask()).replayed).toBeUndefined();
  expect((await ask()).replayed).toBe(true);
  expect(await raw("select id from orders where note = 'daily'")).toHaveLength(2);
});

test("a request that failed leaves its key free", async () => {
  const key = fresh();
  await changesNothing(() =>
    refused(kernel.execute(insert("orders", { total: 5_000_000 }), anna, key), "23514"),
  );
  await changesNothing(() =>
    refused(kernel.execute(insert("orders", { id: "x" }), anna, key), "22P02"),
  );
  expect(
    (await kernel.execute(insert("orders", { total: 5 }), anna, key)).replayed,
  ).toBeUndefined();
});

test("an answer too large to keep is refused, and nothing is done", async () => {
  const list = Array.from({ length: 10 }, () => ({ note: "x".repeat(40_000) }));
  const large: Intent[] = [
    insert("orders", list),
    upsert(
      "orders",
      list.map((r, i) => ({ ...r, id: id(i) })),
      ["id"],
    ),
    insert("sales", { shop_id: uuids.shop, quantity: 1, memo: "x".repeat(300_000) }),
  ];
  for (const intent of large) {
    await changesNothing(() =>
      refused(kernel.execute(intent, anna, fresh()), "answer_too_large", { max_bytes: "262144" }),
    );
  }
  await kernel.execute(insert("orders", list), anna);
  for (const intent of [
    update("orders", { label: "x" }, { where: each }),
    remove("orders", { where: each }),
  ]) {
    await changesNothing(() => refused(kernel.execute(intent, anna, fresh()), "answer_too_large"));
  }
  expect(
    (
      await kernel.execute(
        update("orders", { label: "x" }, { where: each, answer: "minimal" }),
        anna,
        fresh(),
      )
    ).rows,
  ).toEqual([]);
});
