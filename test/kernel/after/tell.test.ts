// Listeners hear what was committed: at least once, in order, and nothing else.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { plus } from "../../../src/kernel/change.ts";
import type { Kernel, Listener, Module, Told } from "../../../src/kernel/module.ts";
import { and, eq as equals, lt } from "../../../src/kernel/predicate.ts";
import { crashingDatabase, type Fault, stepsWith } from "../../crash.ts";
import { eq, insert, remove, update, upsert } from "../ask.ts";
import { createTables, raw, strict } from "../database.ts";
import { anna, fixture, type KernelSpec, kernelOf, secretKey, uuids } from "../fixture.ts";
import { keepers, shops } from "../tables.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
let heard: Told[];
/** What the listener does; a test may set it up otherwise. */
let react: (change: Told, kernel: Kernel) => Promise<void>;

const ear: Listener = {
  name: "ear",
  on: shops,
  verbs: ["insert", "update"],
  async tell(change, kernel) {
    heard.push(change);
    await react(change, kernel);
  },
};
const listening: Module = { ...fixture, listeners: [ear] };
const kernelWith = (spec: KernelSpec = {}) => kernelOf({ module: listening, ...spec });
const later = (ms: number, more: KernelSpec = {}) =>
  kernelWith({ now: () => Date.now() + ms, ...more });
const open = (name: string) => insert("shops", { name, stock: 1 });
const names = () => heard.map((change) => change.new?.name);
const cursor = async () => (await raw("select seq, until from _told"))[0];
const last = async () => (await raw("select max(seq) as seq from _changes"))[0]?.seq;

beforeAll(createTables);
beforeEach(async () => {
  await clear();
  react = async () => {};
});

async function clear() {
  const all = ["shops", "_retries", "_told", "_changes", "_tx"];
  for (const of of all) await raw(`delete from ${of}`);
  heard = [];
}

describe("after a commit", () => {
  test("who listens is told what changed, before the answer is there, and once", async () => {
    const kernel = kernelWith();
    await kernel.execute(insert("shops", { id: uuids.shop, name: "a", stock: 1 }), secretKey);
    await kernel.execute(update("shops", { stock: 2 }, { where: eq("name", "a") }), secretKey);
    await kernel.execute(remove("shops", { where: eq("name", "a") }), secretKey);
    const shop = { id: uuids.shop, name: "a", stock: 1, opened: null };
    expect(heard).toEqual([
      { seq: expect.any(Number), verb: "insert", key: uuids.shop, new: shop, old: null },
      {
        seq: Number(heard[0]?.seq) + 1,
        verb: "update",
        key: uuids.shop,
        new: { ...shop, stock: 2 },
        old: shop,
      },
    ]);
    await later(MINUTE).sweep();
    expect(heard).toHaveLength(2);
  });

  test("of operations and of a module's own commits too", async () => {
    const kernel = kernelWith();
    const row = { id: uuids.shop, name: "b", stock: 5 };
    await kernel.modules.commit([{ insert: shops, rows: [row] }], secretKey);
    await expect.poll(names).toEqual(["b"]);
    await kernel.execute(insert("sales", { shop_id: uuids.shop, quantity: 2 }), anna);
    expect(heard.map((change) => change.new?.stock)).toEqual([5, 3]);
    await raw("delete from sales");
  });

  test("without a trip or a statement more where nobody listens", async () => {
    const counted = strict(env.DB);
    const kernel = kernelWith({ db: counted.db });
    await kernel.execute(insert("orders", { note: "x" }), anna);
    expect(counted.trips).toBe(1);
    expect(counted.statements.map(({ sql }) => sql).join()).not.toContain("_told");
    await kernel.execute(remove("shops"), secretKey); // a verb that nobody listens to
    expect(counted.trips).toBe(2);
    await kernel.execute(open("a"), secretKey);
    expect(counted.trips).toBe(5);
    await kernel.execute(upsert("shops", { name: "b", stock: 1 }, ["id"]), secretKey);
    expect(counted.trips).toBe(8);
  });

  test("what nobody committed is not told", async () => {
    const kernel = kernelWith();
    await kernel.execute(insert("shops", { name: "x" }, { dryRun: true }), secretKey);
    await kernel.execute(insert("shops", { name: "y", stock: -1 }), secretKey).catch(() => {});
    await kernel.sweep();
    expect(heard).toEqual([]);
  });

  test("a listener that never answers holds nobody up", async () => {
    react = () => new Promise(() => {});
    await kernelWith().execute(open("slow"), secretKey);
    expect(names()).toEqual(["slow"]);
    expect(await cursor()).toMatchObject({ until: expect.any(Number) });
    react = async () => {};
    await later(MINUTE).sweep();
    expect(names()).toEqual(["slow", "slow"]);
    expect(await cursor()).toEqual({ seq: await last(), until: null });
  });

  test("a listener may change the table it listens to", async () => {
    react = async (change, kernel) => {
      const where = and(equals("id", change.key), lt("stock", 5));
      await kernel.commit([{ update: shops, set: { stock: plus(1) }, where }], secretKey);
    };
    await kernelWith().execute(open("grows"), secretKey);
    expect(heard.map((change) => change.new?.stock)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("a listener hears", () => {
  test("from the first batch that knows it on, or from its first sweep", async () => {
    await kernelOf().execute(open("before"), secretKey);
    await kernelWith().execute(open("first"), secretKey);
    expect(names()).toEqual(["first"]);
    await raw("delete from _told");
    await kernelWith().sweep();
    await kernelOf().execute(open("by other code"), secretKey);
    await kernelWith().sweep();
    expect(names()).toEqual(["first", "by other code"]);
  });

  test("of tables that keep a change log only", () => {
    const deaf = { ...ear, on: keepers };
    expect(() => kernelOf({ module: { ...fixture, listeners: [deaf] } })).toThrow(
      "ear listens to a table without a change log",
    );
  });

  test("many changes at once, in rounds", async () => {
    const many = Array.from({ length: 250 }, (_, i) => ({ name: `${i}`, stock: 1 }));
    const counted = strict(env.DB);
    await kernelWith({ db: counted.db }).execute(insert("shops", many), secretKey);
    expect(names()).toEqual(many.map(({ name }) => name));
    expect(counted.trips).toBe(1 + 3 * 2);
  });

  test("in order, and once, from many isolates at once", async () => {
    const isolates = Array.from({ length: 4 }, () => kernelWith());
    react = () => new Promise((done) => setTimeout(done, 1));
    const all = Array.from({ length: 40 }, (_, i) =>
      isolates[i % 4]?.execute(open(`${i}`), secretKey),
    );
    await Promise.all(all);
    await expect.poll(async () => (await cursor())?.seq).toBe(await last());
    const seqs = heard.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    expect(seqs).toHaveLength(40);
  });
});

describe("a change that a listener fails at", () => {
  const poison = () => {
    react = async (change) => {
      if (change.new?.name === "poison") throw new Error("not this one");
    };
  };

  test("is set aside, holds up nothing, and is told again, later each time", async () => {
    poison();
    const kernel = kernelWith();
    for (const name of ["poison", "b", "c"]) await kernel.execute(open(name), secretKey);
    expect(names()).toEqual(["poison", "b", "c"]);
    const aside = () => raw("select work, attempts, reason from _retries");
    expect(await aside()).toEqual([{ work: "tell:ear", attempts: 1, reason: "not this one" }]);
    await later(10_000).sweep();
    expect(heard).toHaveLength(3);
    await later(MINUTE).sweep();
    expect(names().slice(3)).toEqual(["poison"]);
    expect(await aside()).toMatchObject([{ attempts: 2 }]);
    await later(MINUTE + 30_000).sweep();
    expect(heard).toHaveLength(4);
    react = async () => {};
    await later(3 * MINUTE).sweep();
    expect(heard.at(-1)).toEqual(heard[0]);
    expect(await aside()).toEqual([]);
    await later(DAY).sweep();
    expect(heard).toHaveLength(5);
  });

  test("waits an hour at most, and stays in the log until it was told", async () => {
    poison();
    await kernelWith().execute(open("poison"), secretKey);
    for (let n = 1; n <= 12; n++) await later(n * 2 * 60 * MINUTE).sweep();
    expect(heard).toHaveLength(13);
    await kernelOf({ now: () => Date.now() + 9 * DAY }).execute(open("newer"), secretKey);
    react = async () => {};
    await later(9 * DAY).sweep();
    expect(names().slice(-2).sort()).toEqual(["newer", "poison"]);
    expect(await raw("select new->>'name' as name from _changes")).toEqual([{ name: "newer" }]);
  });
});

test("the change log keeps what is untold, however old", async () => {
  await kernelWith().execute(open("told"), secretKey);
  const seq = await last();
  react = async () => {};
  await kernelOf().execute(open("untold"), secretKey);
  await kernelOf({ now: () => Date.now() + 9 * DAY }).execute(open("newer"), secretKey);
  await raw("update _told set until = ?", Date.now() + 10 * DAY); // somebody holds it
  await later(9 * DAY).sweep();
  expect(names()).toEqual(["told"]);
  expect(await raw("select seq from _changes where seq > ?", Number(seq))).toHaveLength(2);
  await later(11 * DAY).sweep();
  expect(names()).toEqual(["told", "untold", "newer"]);
});

describe("whatever ends wherever, what was committed is told and nothing else", () => {
  const modes = [
    { when: "before", dead: true },
    { when: "after", dead: true },
    { when: "before", dead: false },
    { when: "after", dead: false },
  ] as const;

  async function survive(fault: Fault): Promise<number> {
    const steps = stepsWith(fault);
    const db = crashingDatabase(env.DB, steps);
    const kernel = kernelWith({ db });
    for (const name of ["a", "b"]) await kernel.execute(open(name), secretKey).catch(() => {});
    await later(MINUTE, { db })
      .sweep()
      .catch(() => {});
    await later(2 * MINUTE).sweep();
    const logged = (await raw("select seq from _changes order by seq")).map(({ seq }) => seq);
    const told = [...new Set(heard.map(({ seq }) => seq))];
    expect(told, JSON.stringify(fault)).toEqual(logged);
    expect(await cursor()).toEqual({ seq: (await last()) ?? 0, until: null });
    await clear();
    return steps.taken.length;
  }

  test.each(modes)("fails $when each step, dead: $dead", async (mode) => {
    const steps = await survive({ step: 99, ...mode });
    expect(steps).toBeGreaterThan(6);
    for (let step = 1; step <= steps; step++) await survive({ step, ...mode });
  });
});
