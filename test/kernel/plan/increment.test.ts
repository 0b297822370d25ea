// Adding to a number in one step with reading it: under policy, checks and the bound of numbers.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import { problemOf } from "../../../src/kernel/errors.ts";
import type { Intent } from "../../../src/kernel/intent.ts";
import type { Row } from "../../../src/kernel/table.ts";
import { eq, insert, read, refused, remove, rows, rowsOf, update, upsert } from "../ask.ts";
import { createTables, strict } from "../database.ts";
import { anna, ben, kernelOf, uuids } from "../fixture.ts";

const kernel = kernelOf();
const own = eq("user_id", uuids.anna);
let order: string;

beforeAll(createTables);
beforeEach(async () => {
  await kernel.execute(remove("orders", { where: own }), anna);
  const made = await rows<{ id: string }>(
    kernel,
    insert("orders", { total: 10, weight: 1.5, doc: { a: 1 } }),
    anna,
  );
  order = made[0]?.id ?? "";
});

const by = (increment: unknown) => ({ increment });
const add = (row: Row, more: object = {}): Intent => {
  const intent = update("orders", row, { where: eq("id", order), select: ["total"], ...more });
  return { ...intent, shape: { ...intent.shape, increments: Object.keys(row) } };
};
const now = (select = ["total", "weight", "doc"]) =>
  rows(kernel, read("orders", { where: eq("id", order), select }), anna);

test("a number is added to", async () => {
  const answer = await kernel.execute(add({ total: by(5), weight: by(-0.25) }), anna);
  expect([rowsOf(answer), answer.version]).toEqual([[{ total: 15 }], 2]);
  await kernel.execute(add({ total: by("-20") }), anna);
  expect(await now()).toEqual([{ total: -5, weight: 1.25, doc: { a: 1 } }]);
});

test("twenty at once all count", async () => {
  await Promise.all(Array.from({ length: 20 }, () => kernel.execute(add({ total: by(1) }), anna)));
  expect(await now(["total"])).toEqual([{ total: 30 }]);
});

test("what is no number, or no amount, is refused", async () => {
  for (const amount of ["x", 1.5, null, {}, [1]]) {
    await refused(kernel.execute(add({ total: by(amount) }), anna), "22P02");
  }
  for (const row of [{ note: by(1) }, { total: by(1), note: by(1) }]) {
    const error = await refused(kernel.execute(add(row), anna), "22P02");
    const hint = expect.stringMatching(/^Increments are for number columns: 'note'/);
    expect(problemOf(error)).toMatchObject({ hint });
  }
  await refused(kernel.execute(add({ state: by(1) }), anna), "428C9");
  await refused(kernel.execute(add({ secret: by(1) }), anna), "PGRST204");
  await refused(kernel.execute(insert("orders", { total: by(1) }), anna), "22P02");
  // To a JSON column it is a value like any other.
  await kernel.execute(add({ doc: by(1) }), anna);
  expect(await now(["total", "doc"])).toEqual([{ total: 10, doc: { increment: 1 } }]);
});

test("nothing plus something is nothing", async () => {
  await kernel.execute(update("orders", { weight: null }, { where: own }), anna);
  await kernel.execute(add({ weight: by(1) }), anna);
  expect(await now(["weight"])).toEqual([{ weight: null }]);
});

test("sums that no client could read back are refused, and CHECKs hold", async () => {
  await refused(kernel.execute(add({ total: by(1_000_000) }), anna), "23514");
  await refused(kernel.execute(add({ total: by(Number.MAX_SAFE_INTEGER) }), anna), "22003");
  await refused(kernel.execute(add({ total: by(2 ** 53) }), anna), "22003");
  await kernel.execute(update("orders", { weight: 1.7e308 }, { where: own }), anna);
  await refused(kernel.execute(add({ weight: by(1.7e308) }), anna), "22003");
  expect(await now(["total", "weight"])).toEqual([{ total: 10, weight: 1.7e308 }]);
});

test("the row must be allowed as it will be, and others' rows are none", async () => {
  await kernel.execute(insert("tasks", { slug: "t", stage: 2 }), anna);
  const stage = (amount: number, actor: Actor) => {
    const intent = update("tasks", { stage: by(amount) }, { where: eq("slug", "t") });
    const shape = { ...intent.shape, increments: ["stage"] };
    return kernel.execute({ ...intent, shape }, actor);
  };
  expect(rowsOf(await stage(-1, anna))).toMatchObject([{ stage: 1 }]);
  await refused(stage(-1, anna), "42501");
  expect((await stage(5, ben)).rows).toEqual([]);
  expect(await rows(kernel, read("tasks", { select: ["stage"] }), anna)).toEqual([{ stage: 1 }]);
});

const count = (n: unknown, columns = ["order_id", "name"], name = "x") => {
  const intent = upsert("lines", { order_id: order, name, n }, columns, { select: ["n"] });
  return { ...intent, shape: { ...intent.shape, increments: ["n"] } };
};

test("an upsert begins with the amount, and then adds it", async () => {
  const times = await Promise.all(
    Array.from({ length: 8 }, () => rows(kernel, count(by(2)), anna)),
  );
  expect(
    times
      .flat()
      .map(({ n }) => Number(n))
      .toSorted((a, b) => a - b),
  ).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
  await refused(kernel.execute(count(3), anna), "22P02");
  await refused(kernel.execute(count(by(Number.MAX_SAFE_INTEGER)), anna), "22003");
  await refused(kernel.execute(count(by(1)), ben), "42501");
  // Whose row it is decides first: nothing is told of the sum.
  await refused(kernel.execute(count(by(Number.MAX_SAFE_INTEGER)), ben), "42501");
  const found = await rows(kernel, read("lines", { select: ["n"] }), anna);
  expect(found).toEqual([{ n: 16 }]);
});

test("an upsert adds under the update policy of the row it meets", async () => {
  const intent = upsert("tasks", { slug: "k", stage: by(3) }, ["slug"], { select: ["stage"] });
  const merge = { ...intent, shape: { ...intent.shape, increments: ["stage"] } };
  expect(await rows(kernel, merge, anna)).toEqual([{ stage: 3 }]);
  expect(await rows(kernel, merge, anna)).toEqual([{ stage: 6 }]);
  const down = upsert("tasks", { slug: "k", stage: by(-6) }, ["slug"]);
  const below = { ...down, shape: { ...down.shape, increments: ["stage"] } };
  await refused(kernel.execute(below, anna), "42501");
});

test("one round trip, and the answer of a key is kept", async () => {
  const counted = strict(env.DB);
  const counting = kernelOf({ db: counted.db });
  const idempotency = { route: "PATCH /x", key: "inc", hash: "h" };
  const first = await counting.execute(add({ total: by(1) }), anna, { idempotency });
  expect(counted.trips).toBe(1);
  const again = await counting.execute(add({ total: by(1) }), anna, { idempotency });
  expect([rowsOf(first), rowsOf(again), again.replayed]).toEqual([
    [{ total: 11 }],
    [{ total: 11 }],
    true,
  ]);
  expect(await now(["total"])).toEqual([{ total: 11 }]);
});
