import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import { createPlanner } from "../../../src/kernel/plan/plan.ts";
import { bindStatement } from "../../../src/kernel/plan/sql.ts";
import { eq as equals } from "../../../src/kernel/predicate.ts";
import { createSchema } from "../../../src/kernel/schema.ts";
import {
  type Asking,
  compare,
  embed,
  eq,
  field,
  insert,
  is,
  read,
  refused,
  remove,
  rows,
  update,
  upsert,
} from "../ask.ts";
import { changesNothing, createTables, strict } from "../database.ts";
import { anna, ben, fixture, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";
import { orderSums } from "../related-tables.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const shop = (n: number) => `0190ffff-0000-7000-8000-00000000000${n}`;

beforeAll(async () => {
  await createTables();
  const put = (table: string, list: Record<string, unknown>[]) =>
    kernel.execute(insert(table, list, { answer: "minimal" }), secretKey);
  await put("orders", [
    { id: id(1), user_id: uuids.anna, note: "first", gift: true },
    { id: id(2), user_id: uuids.anna, note: "second" },
    { id: id(3), user_id: uuids.ben, note: "canary-ben" },
  ]);
  await put("lines", [
    { order_id: id(1), name: "a", n: 1 },
    { order_id: id(1), name: "b", n: 2 },
    { order_id: id(3), name: "canary-line", n: 400 },
  ]);
  await put(
    "shops",
    [1, 2].map((n) => ({ id: shop(n), name: `s${n}` })),
  );
  await put("follows", [{ follower_id: shop(1), followed_id: shop(2) }]);
});

const ask = (table: string, asking: Asking & { schema?: string } = {}, actor: Actor = anna) =>
  rows(kernel, read(table, asking), actor);
const sums = (asking: Asking = {}, actor?: Actor) =>
  ask("order_sums", { order: ["note"], ...asking }, actor);
const fame = (asking: Asking = {}, actor?: Actor) =>
  ask("fame", { schema: "reports", ...asking }, actor);

describe("a view is read as a table is", () => {
  test("selected, filtered, ordered, paged and counted, in one statement", async () => {
    const trips = database.trips;
    expect(await sums()).toEqual([
      { order_id: id(1), note: "first", gift: true, lines: 2, sum: 3 },
      { order_id: id(2), note: "second", gift: false, lines: 0, sum: null },
    ]);
    expect(database.trips - trips).toBe(1);
    const some = { select: ["lines"], where: compare("lines", "gte", "1") };
    expect(await sums(some)).toEqual([{ lines: 2 }]);
    const counted = read("order_sums", { count: "exact", limit: 1, order: ["sum"] });
    expect(await kernel.execute(counted, anna)).toMatchObject({ total: 2, rows: { length: 1 } });
    const all = [{ count: true } as const, field("lines", { alias: "n" })];
    expect(await ask("order_sums", { select: all, order: ["lines"] })).toEqual([
      { count: 1, n: 0 },
      { count: 1, n: 2 },
    ]);
  });

  test("embedded in and embedding what its foreign keys point at", async () => {
    const order = embed("orders", { select: ["note", embed("lines", { select: ["n"] })] });
    const [first] = await sums({ select: ["sum", order] });
    expect(first).toEqual({ sum: 3, orders: { note: "first", lines: [{ n: 1 }, { n: 2 }] } });
    const inside = [embed("order_sums", { select: ["sum"] })];
    const asked = { select: inside, order: ["note"], where: is("order_sums", "not_null") };
    expect(await ask("orders", asked)).toEqual([
      { order_sums: { sum: 3 } },
      { order_sums: { sum: null } },
    ]);
    const spread = embed("order_sums", { spread: true, select: ["sum"] });
    expect(await ask("orders", { select: ["note", spread], limit: 1, order: ["note"] })).toEqual([
      { note: "first", sum: 3 },
    ]);
  });

  test("of another view; by a module too, as the caller or by itself", async () => {
    expect(await ask("gifts")).toEqual([{ order_id: id(1), sum: 3 }]);
    expect(await ask("gifts", {}, ben)).toEqual([]);
    const query = { from: orderSums, where: equals("lines", 2), columns: ["note", "gift"] };
    const read = (as: "caller" | "module") => kernel.modules.read([{ ...query, as }], ben);
    expect(await read("caller")).toEqual([[]]);
    expect(await read("module")).toEqual([[{ note: "first", gift: true }]]);
  });

  test("without a version; its row is found by its key, not by a scan", async () => {
    const one = read("order_sums", { where: eq("order_id", id(1)), single: true });
    const answer = await kernel.execute(one, anna);
    expect([answer.version, answer.rows.length]).toEqual([undefined, 1]);
    const planner = createPlanner(createSchema([fixture]));
    const asked = read("orders", { select: [embed("order_sums")], where: eq("id", id(1)) });
    const plan = planner.plan(asked.shape, "authenticated", false);
    if (plan.kind !== "read") throw new Error("a read");
    const bind = { values: asked.values, actor: anna, now: "", rows: "" };
    const { sql, params } = bindStatement(plan.page, bind);
    const steps = await env.DB.prepare(`explain query plan ${sql}`)
      .bind(...params)
      .all<{ detail: string }>();
    const scans = steps.results.filter((s) => /^SCAN (?:o|l|t\d+)\b/.test(s.detail));
    expect(scans.filter((s) => !/^SCAN t2\b/.test(s.detail))).toEqual([]);
  });
});

describe("what a view shows", () => {
  test("is what its tables show the caller, unless it says otherwise", async () => {
    expect(await sums({ select: ["note", "sum"] }, ben)).toEqual([
      { note: "canary-ben", sum: 400 },
    ]);
    expect(JSON.stringify(await sums())).not.toMatch(/canary|400/);
    expect(await sums({}, nobodyYet)).toEqual([]);
    expect(await sums({}, secretKey)).toHaveLength(3);
    const count = read("order_sums", { count: "exact" });
    expect((await kernel.execute(count, nobodyYet)).total).toBe(0);
    // `every`: a count of rows that a guest may not see, by the view's own policy.
    expect(await fame()).toEqual([{ shop_id: shop(2), followers: 1 }]);
    await refused(sums({ select: ["secret"] }), "42703");
  });

  test("is what its own policy lets be, too", async () => {
    expect(await fame({ where: eq("shop_id", shop(1)) })).toEqual([]);
    expect(await fame({}, nobodyYet)).toEqual([]);
    await refused(fame({}, secretKey), "42501");
    await refused(ask("fame"), "PGRST205");
    await refused(ask("order_sums", { schema: "reports" }), "PGRST205");
    expect(await ask("shops", { select: ["name", embed("fame")], order: ["name"] })).toEqual([
      { name: "s1", fame: null },
      { name: "s2", fame: { shop_id: shop(2), followers: 1 } },
    ]);
  });
});

test("a view is offered to be read, and what is unknown not at all", () => {
  expect(kernel.offers("order_sums")).toEqual({ verbs: new Set(["select"]), merges: false });
  expect(() => kernel.offers("order_sum")).toThrow("PGRST205");
});

test("a view is not written, not even by the secret key, and says so", async () => {
  const row = { order_id: id(2), note: "x" };
  const where = eq("order_id", id(2));
  for (const actor of [anna, nobodyYet, secretKey]) {
    for (const write of [
      insert("order_sums", row),
      upsert("order_sums", row, ["order_id"]),
      update("order_sums", { note: "x" }, { where }),
      remove("order_sums", { where }),
    ]) {
      await changesNothing(() =>
        refused(kernel.execute(write, actor), "view_not_written", { table: "order_sums" }),
      );
    }
  }
});
