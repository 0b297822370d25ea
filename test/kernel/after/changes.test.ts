// The change log: one row for each changed row, in the same transaction, of visible columns only.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { triggersOf } from "../../../src/kernel/after/changes.ts";
import { declarationOf } from "../../../src/kernel/table.ts";
import { eq, ignore, insert, is, refused, remove, update, upsert } from "../ask.ts";
import { createTables, mostArguments, raw, strict } from "../database.ts";
import { anna, kernelOf, nobodyYet, outside, secretKey, uuids } from "../fixture.ts";
import { sessions, tables } from "../tables.ts";

const now = Date.parse("2026-11-20T10:00:00Z");
const kernel = kernelOf({ now: () => now });
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const each = is("id", "not_null");

beforeAll(createTables);
beforeEach(async () => {
  for (const table of ["lines", "orders", "tasks", "_changes", "_tx"])
    await raw(`delete from ${table}`);
});

interface Logged {
  verb: string;
  tbl: string;
  key: string;
  tx: number;
  new: string | null;
  old: string | null;
}
const log = () => raw<Logged>("select tx, tbl, verb, key, new, old from _changes order by seq");
const short = async () => (await log()).map((c) => `${c.verb} ${c.tbl} ${c.key}`);

test("each changed row stands there once, with its true verb, before and after", async () => {
  await kernel.execute(
    insert("orders", { id: id(1), note: "a", gift: true, doc: { x: [1] } }),
    anna,
  );
  await kernel.execute(update("orders", { note: "b" }, { where: each }), anna);
  await kernel.execute(remove("orders", { where: each }), anna);
  const entries = await log();
  expect(entries.map((c) => [c.verb, c.tbl, c.key])).toEqual([
    ["insert", "orders", id(1)],
    ["update", "orders", id(1)],
    ["delete", "orders", id(1)],
  ]);
  const [made, changed, gone] = entries.map((c) => [c.old, c.new].map((t) => t && JSON.parse(t)));
  expect(made).toEqual([
    null,
    expect.objectContaining({ note: "a", gift: true, doc: { x: [1] }, weight: null }),
  ]);
  expect(changed).toEqual([
    expect.objectContaining({ note: "a" }),
    expect.objectContaining({ note: "b" }),
  ]);
  expect(gone).toEqual([expect.objectContaining({ note: "b" }), null]);
});

test("neither hidden nor large columns nor companions are in it", async () => {
  await kernel.execute(insert("orders", { note: "CANARY-note", blob: "canary-large" }), anna);
  await raw("update orders set secret = 'canary-hidden'");
  const text = JSON.stringify(await log());
  expect(text).toContain("CANARY-note");
  expect(text).not.toMatch(/canary-large|canary-hidden|canary-note|_fold|_v"|secret|blob/);
});

test("each change names its transaction, which names the actor and the time", async () => {
  await kernel.execute(insert("orders", [{ note: "a" }, { note: "b" }]), anna);
  await kernel.execute(insert("suggestions", { body: "x" }), nobodyYet);
  await kernel.execute(update("orders", { note: "c" }, { where: each }), secretKey);
  const entries = await raw(
    `select t.actor, t.at, c.verb, c.seq - t.first as nth
     from _changes c join _tx t on t.seq = c.tx order by c.seq`,
  );
  const at = "2026-11-20T10:00:00.000Z";
  expect(entries).toEqual([
    { actor: `user:${uuids.anna}`, at, verb: "insert", nth: 1 },
    { actor: `user:${uuids.anna}`, at, verb: "insert", nth: 2 },
    { actor: "anon:192.0.2.9", at, verb: "insert", nth: 1 },
    { actor: "service", at, verb: "update", nth: 1 },
    { actor: "service", at, verb: "update", nth: 2 },
  ]);
});

test("an upsert logs what happened to each row; ignored and refused rows log nothing", async () => {
  await kernel.execute(insert("tasks", { id: id(1), slug: "a" }), anna);
  await raw("delete from _changes");
  await kernel.execute(
    upsert(
      "tasks",
      [
        { slug: "a", stage: 2 },
        { id: id(2), slug: "b", stage: 3 },
      ],
      ["slug"],
      { columns: ["slug", "stage"] },
    ),
    anna,
  );
  await kernel.execute(ignore("tasks", { slug: "a" }, ["slug"]), anna);
  await refused(kernel.execute(insert("tasks", [{ slug: "c" }, { slug: "a" }]), anna), "23505");
  await kernel.execute(update("tasks", { stage: 9 }, { where: eq("slug", "nobody's") }), anna);
  const [update1, insert1, ...rest] = await short();
  expect([update1, insert1?.slice(0, 12), rest]).toEqual([
    `update tasks ${id(1)}`,
    "insert tasks",
    [],
  ]);
});

test("rows that go along with a deleted parent are logged too", async () => {
  await kernel.execute(insert("orders", { id: id(1) }), anna);
  await kernel.execute(insert("lines", { id: id(2), order_id: id(1), name: "x" }), anna);
  await raw("delete from _changes");
  await kernel.execute(remove("orders", { where: eq("id", id(1)) }), anna);
  expect((await short()).sort()).toEqual([`delete lines ${id(2)}`, `delete orders ${id(1)}`]);
});

test("an operation logs all its steps in one transaction, one that calls out in two", async () => {
  await kernel.execute(insert("shops", { id: uuids.shop, name: "s", stock: 9 }), secretKey);
  await raw("delete from _changes");
  await kernel.execute(insert("sales", { shop_id: uuids.shop, quantity: 2 }), anna);
  outside.answer = () => "paid";
  await kernel.execute(insert("charges", { amount: 2 }), anna);
  const entries = await log();
  expect(entries.map((c) => `${c.verb} ${c.tbl}`)).toEqual([
    "insert sales",
    "update shops",
    "insert charges",
    "update charges",
  ]);
  const [sale, shop, pending, settled] = entries.map((c) => c.tx);
  expect([sale === shop, pending === sale, settled === pending]).toEqual([true, false, false]);
});

test("tables that are not watched or not exposed log nothing", async () => {
  await kernel.execute(insert("shops", { id: id(3), name: "s" }), secretKey);
  await raw("delete from _changes");
  await kernel.execute(insert("keepers", { shop_id: id(3), user_id: uuids.anna }), secretKey);
  await kernel.modules.commit(
    [{ insert: sessions, rows: [{ user_id: uuids.anna, ends_at: "2030-01-01T00:00:00Z" }] }],
    secretKey,
  );
  expect(await raw("select user_id from private__sessions")).toEqual([{ user_id: uuids.anna }]);
  expect(await log()).toEqual([]);
});

test("a trigger's text keeps production's limits, however wide the table", () => {
  const texts = tables.flatMap((t) => [...triggersOf(declarationOf(t)).values()]);
  expect(texts.length).toBeGreaterThan(20);
  for (const text of texts) expect(mostArguments(text)).toBeLessThanOrEqual(32);
  expect(Math.max(...texts.map(mostArguments))).toBe(32);
});

test("a watched row costs its own writes and one more", async () => {
  const watched = strict(env.DB);
  const counting = kernelOf({ db: watched.db });
  const cost = async (work: (n: number) => Promise<unknown>) => {
    const spent = [];
    for (const n of [1, 101]) {
      const before = watched.written;
      await work(n);
      spent.push(watched.written - before);
    }
    return ((spent[1] ?? 0) - (spent[0] ?? 0)) / 100;
  };
  const minimal = { answer: "minimal" } as const;
  const list = (n: number) => Array.from({ length: n }, (_, i) => ({ amount: i }));
  await raw("delete from ledger");
  // A key of text has an index of its own: table, key, log. Each further index is one more.
  expect(
    await cost((n) =>
      counting.execute(
        insert(
          "suggestions",
          list(n).map((r) => ({ body: String(r.amount) })),
          minimal,
        ),
        anna,
      ),
    ),
  ).toBeLessThanOrEqual(3);
  expect(
    await cost((n) =>
      counting.execute(
        insert(
          "orders",
          list(n).map((r) => ({ total: r.amount })),
          minimal,
        ),
        anna,
      ),
    ),
  ).toBeLessThanOrEqual(4);
  const some = async (n: number) =>
    (await raw<{ id: string }>(`select id from orders limit ${n}`)).map((r) => r.id);
  const updating = async (n: number) => {
    const ids = await some(n);
    await counting.execute(
      update(
        "orders",
        { note: "x" },
        { where: (v) => ({ field: { column: "id" }, ...v.addList(ids) }), ...minimal },
      ),
      anna,
    );
  };
  expect(await cost(updating)).toBeLessThanOrEqual(2);
});
