// Rows that the world outside must act on: settled once each, by whoever comes to it.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { guest } from "../../../src/kernel/actor.ts";
import type { Module, Operation, Settlement } from "../../../src/kernel/module.ts";
import { eq } from "../../../src/kernel/predicate.ts";
import type { Row } from "../../../src/kernel/table.ts";
import { crashingDatabase, type Fault, stepsWith } from "../../crash.ts";
import { insert, refused, rows } from "../ask.ts";
import { changesNothing, createTables, raw, strict } from "../database.ts";
import { anna, fixture, kernelOf, outside, secretKey, settleCharge, uuids } from "../fixture.ts";
import { charges, shops } from "../tables.ts";

const MINUTE = 60_000;
const kernel = kernelOf();
const later = (ms: number, more = {}) => kernelOf({ now: () => Date.now() + ms, ...more });
const charge = (amount: number | number[]) =>
  insert(
    "charges",
    [amount].flat().map((n) => ({ amount: n })),
    { select: ["amount", "state"] },
  );
const standing = () => raw("select amount, state, token, _v from charges order by amount");
const retries = () => raw("select work, attempts, reason from _retries");
const down = () => Promise.reject(new Error("the network is down"));
const keyed = { idempotency: { route: "POST /charges", key: "k", hash: "h" } };

/** The network's own book, by the row's key. */
let book: Map<unknown, number>;

beforeAll(createTables);
beforeEach(async () => {
  for (const of of ["charges", "shops", "_retries"]) await raw(`delete from ${of}`);
  await raw("update _tx set key = null");
  book = new Map();
  outside.calls = [];
  outside.answer = (row) => {
    book.set(row.id, (book.get(row.id) ?? 0) + 1);
    return "paid";
  };
});

describe("in the request", () => {
  test("the call is given the whole row, hidden columns too, and is tried once more", async () => {
    const answer = outside.answer;
    outside.answer = (row) => (outside.calls.length < 2 ? down() : answer(row));
    expect(await rows(kernel, charge(5), anna)).toEqual([{ amount: 5, state: "paid" }]);
    expect(outside.calls).toHaveLength(2);
    expect(outside.calls[0]).toMatchObject({ user_id: uuids.anna, token: "secret" });
    expect(await standing()).toEqual([{ amount: 5, state: "paid", token: null, _v: 2 }]);
  });

  test("what fails twice is answered as it stands, and its key keeps that answer", async () => {
    outside.answer = down;
    const answer = await kernel.execute(charge(5), anna, keyed);
    expect(answer).toMatchObject({ created: true, rows: ['{"amount":5,"state":"pending"}'] });
    expect(outside.calls).toHaveLength(2);
    expect(await kernel.execute(charge(5), anna, keyed)).toMatchObject({
      replayed: true,
      rows: answer.rows,
    });
    expect(outside.calls).toHaveLength(2);
  });

  test("each of several rows is settled by itself", async () => {
    outside.answer = (row) => (row.amount === 2 ? down() : "paid");
    const states = (await rows(kernel, charge([1, 2, 3]), anna)).map(({ state }) => state);
    expect(states).toEqual(["paid", "pending", "paid"]);
    outside.answer = (row) => (row.amount === 6 ? down() : "paid");
    const last = (await rows(kernel, charge([4, 5, 6]), anna)).map(({ state }) => state);
    expect(last).toEqual(["paid", "paid", "pending"]);
  });

  describe("the answer", () => {
    const state = { field: { column: "state" }, cast: "integer" };
    const asked = insert("charges", { amount: 5 }, { select: ["amount", state] });
    /** Pending is 0 here, which is a number until it is settled. */
    const begins: Operation = {
      on: charges,
      reads: () => [],
      decide: () => [{ insert: charges, rows: [{ amount: 5, state: "0", token: "secret" }] }],
    };
    const numbered: Module = {
      ...fixture,
      operations: [begins],
      settlements: [{ ...settleCharge, pending: eq("state", "0") }],
    };

    test.each([[{}], [keyed]])("is known to work before the world acts: %j", async (execution) => {
      await changesNothing(() => refused(kernel.execute(asked, anna, execution), "22P02"));
      expect(outside.calls).toEqual([]);
    });

    test.each([[{}], [keyed]])("undoes no settling; it is as it was begun: %j", async (way) => {
      const own = kernelOf({ module: numbered });
      expect(await own.execute(asked, anna, way)).toMatchObject({
        created: true,
        rows: ['{"amount":5,"state":0}'],
      });
      expect(await standing()).toEqual([{ amount: 5, state: "paid", token: null, _v: 2 }]);
      expect(outside.calls).toHaveLength(1);
    });
  });

  test("what is expected is asked before the effect, and after the policy", async () => {
    const id = uuids.shop;
    const free = { expect: charges, where: eq("id", id), rows: 0, else: "taken" };
    const insertOnce: Operation = {
      on: charges,
      reads: () => [],
      decide: ({ amount }, _, { setting }) => {
        const row = { ...(amount === 1 && { id }), amount, token: setting("TOKEN") };
        return [free, { insert: charges, rows: [row] }];
      },
    };
    const expecting = kernelOf({ module: { ...fixture, operations: [insertOnce] } });
    expect((await rows(expecting, charge([2, 1]), anna)).map(({ state }) => state)).toEqual([
      "paid",
      "paid",
    ]);
    expect(outside.calls.map(({ amount }) => amount)).toEqual([2, 1]);
    await refused(expecting.execute(charge(1), anna), "taken");
    await refused(expecting.execute(charge(1), guest("x")), "42501");
    expect(outside.calls).toHaveLength(2);
  });

  test("the sweeper may be faster: then the answer is what stands", async () => {
    outside.answer = async (row) => {
      if (outside.calls.length > 1) return "paid by the sweeper";
      await later(MINUTE).sweep();
      expect(row.state).toBe("pending");
      return "paid by the request";
    };
    const found = await rows(kernel, charge(5), anna);
    expect(found).toEqual([{ amount: 5, state: "paid by the sweeper" }]);
    expect(await standing()).toMatchObject([{ _v: 2 }]);
  });

  test("a step whose guard fails is decided again, and the call is not made again", async () => {
    let reads = 0;
    const where = eq("id", uuids.shop);
    const careful: Settlement = {
      ...settleCharge,
      reads: () => [{ from: shops, where }],
      settle(row, outcome, [found = []], context) {
        // The first time, it is as if the shop had changed since it was read.
        const stock = Number(found[0]?.stock) + (++reads === 1 ? 1 : 0);
        const unchanged = { expect: shops, where: eq("stock", stock), rows: 1, else: "changed" };
        return [unchanged, ...settleCharge.settle(row, outcome, [], context)];
      },
    };
    await raw("insert into shops(id, name, stock) values(?, 'one', 7)", uuids.shop);
    const deciding = kernelOf({ module: { ...fixture, settlements: [careful] } });
    expect(await rows(deciding, charge(5), anna)).toEqual([{ amount: 5, state: "paid" }]);
    expect([reads, outside.calls.length]).toEqual([2, 1]);
  });
});

describe("the sweep", () => {
  const pending = async (...amounts: number[]) => {
    const answer = outside.answer;
    outside.answer = down;
    for (const amount of amounts) await kernel.execute(charge(amount), anna);
    outside.answer = answer;
    outside.calls = [];
  };

  test("finishes what requests left, oldest first, and leaves the young ones alone", async () => {
    await pending(3, 1, 2);
    await later(5_000).sweep();
    expect(outside.calls).toEqual([]);
    await later(MINUTE).sweep();
    expect(outside.calls.map(({ amount }) => amount)).toEqual([3, 1, 2]);
    expect((await standing()).map(({ state }) => state)).toEqual(["paid", "paid", "paid"]);
    expect(new Set(book.values())).toEqual(new Set([1]));
    await later(2 * MINUTE).sweep();
    expect(outside.calls).toHaveLength(3);
  });

  test("takes more than one portion, and none is in the way of another", async () => {
    await pending();
    const many = Array.from({ length: 120 }, (_, i) => i);
    outside.answer = down;
    for (const some of [many.slice(0, 60), many.slice(60)])
      await kernelOf({ db: env.DB }).execute(charge(some), anna);
    outside.answer = (row) => (Number(row.amount) < 60 ? down() : "paid");
    await later(MINUTE).sweep();
    const count = "select state, count(*) as n from charges group by state order by state";
    expect(await raw(count)).toEqual([
      { state: "paid", n: 60 },
      { state: "pending", n: 60 },
    ]);
  });

  test("sets aside what fails, for longer each time, and forgets it when it is done", async () => {
    await pending(1, 2);
    outside.answer = (row) => (row.amount === 1 ? down() : "paid");
    await later(MINUTE).sweep();
    expect((await standing()).map(({ state }) => state)).toEqual(["pending", "paid"]);
    const aside = { work: "settle:charges", reason: "the network is down" };
    expect(await retries()).toEqual([{ ...aside, attempts: 1 }]);
    outside.calls = [];
    await later(MINUTE + 20_000).sweep();
    expect(outside.calls).toEqual([]);
    await later(2 * MINUTE).sweep();
    expect(await retries()).toEqual([{ ...aside, attempts: 2 }]);
    await later(2 * MINUTE + 40_000).sweep();
    expect(outside.calls).toHaveLength(1);
    outside.answer = () => "paid";
    await later(4 * MINUTE).sweep();
    expect(await standing()).toMatchObject([{ state: "paid" }, { state: "paid" }]);
    expect(await retries()).toEqual([]);
  });

  test("two at once settle once", async () => {
    await pending(1, 2, 3);
    await Promise.all([later(MINUTE).sweep(), later(MINUTE).sweep()]);
    expect((await standing()).map(({ state, _v }) => [state, _v])).toEqual(
      Array.from({ length: 3 }, () => ["paid", 2]),
    );
    expect(await retries()).toEqual([]);
  });

  test("what one part fails at, the others do not wait for", async () => {
    await pending(1);
    let swept = 0;
    const broken: Module = {
      ...fixture,
      sweep: async () => {
        swept++;
        throw new Error("this module is broken");
      },
    };
    await expect(later(MINUTE, { module: broken }).sweep()).rejects.toThrow(AggregateError);
    expect(swept).toBe(1);
    expect(await standing()).toMatchObject([{ state: "paid" }]);
  });

  test("finds pending rows by an index, and asks little when there is nothing to do", async () => {
    const counted = strict(env.DB);
    await kernelOf({ db: counted.db }).sweep();
    expect(counted.trips).toBe(3);
    expect(counted.written).toBeLessThanOrEqual(2);
    const look = counted.statements.find(({ sql }) => sql.includes("charges"));
    const plan = await raw(`explain query plan ${look?.sql}`, ...(look?.params ?? []));
    const steps = plan.map(({ detail }) => detail).join("\n");
    expect(steps).toContain("INDEX charges_state_created_at (state=? AND created_at<?)");
    expect(steps).not.toMatch(/SCAN charges|TEMP B-TREE/);
  });
});

test("a module's own rows are settled by the same path, at once", async () => {
  const row = (id: string): Row => ({ id, user_id: uuids.anna, amount: 1 });
  const change = [{ insert: charges, rows: [row(uuids.shop), row(uuids.other)] }];
  await kernel.modules.commit(change, secretKey);
  await kernel.modules.settle(charges, [uuids.shop]);
  expect([...book]).toEqual([[uuids.shop, 1]]);
  await Promise.all([uuids.shop, uuids.other].map((id) => kernel.modules.settle(charges, [id])));
  expect(book.get(uuids.shop)).toBe(1);
  outside.answer = down;
  await kernel.modules.settle(charges, [uuids.other]); // throws nothing
  expect(await standing()).toMatchObject([{ state: "paid" }, { state: "paid" }]);
});

test("a key whose request died is in flight for a minute, then answered as it stood", async () => {
  const dead = kernelOf({
    db: crashingDatabase(env.DB, stepsWith({ step: 3, when: "before", dead: true })),
  });
  await expect(dead.execute(charge(5), anna, keyed)).rejects.toThrow("crashed");
  await refused(kernel.execute(charge(5), anna, keyed), "in_flight");
  await later(2 * MINUTE).sweep();
  const answer = await later(2 * MINUTE).execute(charge(5), anna, keyed);
  expect(answer).toMatchObject({ replayed: true, rows: ['{"amount":5,"state":"pending"}'] });
  expect(await standing()).toMatchObject([{ state: "paid" }]);
  expect(book.size).toBe(1);
});

describe("whatever ends wherever", () => {
  const modes = [
    { when: "before", dead: true },
    { when: "after", dead: true },
    { when: "before", dead: false },
    { when: "after", dead: false },
  ] as const;

  /** How many steps a charge took, with a fault in one of them. */
  async function survive(fault: Fault): Promise<number> {
    const where = JSON.stringify(fault);
    const steps = stepsWith(fault);
    const db = crashingDatabase(env.DB, steps);
    const told = await kernelOf({ db })
      .execute(charge([1, 2]), anna)
      .catch(() => undefined);
    await later(MINUTE).sweep();
    const rows = await standing();
    if (told) expect(rows, where).toHaveLength(2);
    for (const row of rows) expect(row, where).toMatchObject({ state: "paid", token: null, _v: 2 });
    const ids = (await raw("select id from charges")).map(({ id }) => id);
    expect([...book.keys()].sort(), where).toEqual(ids.sort());
    await raw("delete from charges");
    book.clear();
    return steps.taken.length;
  }

  test.each(modes)("a charge fails $when each step, dead: $dead", async (mode) => {
    const steps = await survive({ step: 99, ...mode });
    expect(steps).toBe(3);
    for (let step = 1; step <= steps; step++) await survive({ step, ...mode });
  });

  test.each(modes)("a sweep fails $when each step, dead: $dead", async (mode) => {
    let steps = 1;
    for (let step = 1; step <= steps; step++) {
      const where = JSON.stringify({ step, ...mode });
      const answer = outside.answer;
      outside.answer = down;
      await kernel.execute(charge([1, 2]), anna);
      outside.answer = answer;
      const taken = stepsWith({ step, ...mode });
      const db = crashingDatabase(env.DB, taken);
      await later(MINUTE, { db })
        .sweep()
        .catch(() => {});
      steps = Math.max(steps, taken.taken.length);
      await later(3 * MINUTE).sweep();
      expect(await standing(), where).toMatchObject([
        { state: "paid", _v: 2 },
        { state: "paid", _v: 2 },
      ]);
      await raw("delete from charges");
    }
    expect(steps).toBeGreaterThan(3);
  });
});
