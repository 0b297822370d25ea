// Several writes, one transaction: in turn, each under its own policy, all of them or none.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "../../src/kernel/actor.ts";
import type { BatchStep } from "../../src/kernel/batch.ts";
import type { Execution } from "../../src/kernel/execute.ts";
import type { Intent, WriteShape } from "../../src/kernel/intent.ts";
import type { Row } from "../../src/kernel/table.ts";
import { eq, ignore, insert, read, refused, remove, rows, rowsOf, update, upsert } from "./ask.ts";
import { createTables, lostAnswer, type StrictDatabase, strict } from "./database.ts";
import { anna, ben, gated, kernelOf, uuids } from "./fixture.ts";

beforeAll(createTables);

let counted: StrictDatabase;
let kernel: ReturnType<typeof kernelOf>;

beforeEach(async () => {
  counted = strict(env.DB);
  kernel = kernelOf({ db: counted.db });
  await env.DB.batch(
    ["lines", "orders", "tasks", "notices"].map((t) => env.DB.prepare(`delete from ${t}`)),
  );
  counted.trips = 0;
});

const own = eq("user_id", uuids.anna);
const all = { select: ["*"] };
type Made = Parameters<BatchStep["intent"]>[0];
type Asked = Intent<WriteShape> | ((made: Made) => Intent<WriteShape>);

const batch = (asked: Asked[], actor: Actor = anna, execution: Execution = {}, dryRun = false) => {
  const steps = asked.map((one, i) => ({
    name: `s${i}`,
    intent: async (made: Made) => (typeof one === "function" ? one(made) : one),
  }));
  return kernel.batch(steps, actor, execution, dryRun);
};
const first = (made: Made, name: string): Row => made.get(name)?.[0] ?? {};
const line = (made: Made, name: string, n = 1) =>
  insert("lines", { order_id: first(made, "s0").id, name, n }, { select: ["name", "n"] });
const list = (table: string, select: string[]) =>
  rows(kernel, read(table, { select, order: [select[0] ?? "id"] }), anna);

test("later steps refer to rows that earlier ones make, in one round trip", async () => {
  const answers = await batch([
    insert("orders", { total: 5 }, { select: ["id", "total", "state"] }),
    (made) => line(made, "a"),
    (made) => line(made, "b", Number(first(made, "s0").total)),
    (made) => update("orders", { note: "two" }, { where: eq("id", first(made, "s0").id) }),
    remove("lines", { where: eq("name", "a"), select: ["name"] }),
  ]);
  expect(counted.trips).toBe(1);
  expect(answers.map(rowsOf)).toMatchObject([
    [{ total: 5, state: "open" }],
    [{ name: "a", n: 1 }],
    [{ name: "b", n: 5 }],
    [{ note: "two" }],
    [{ name: "a" }],
  ]);
  expect(answers.map(({ version, created }) => [version, created])).toEqual([
    [1, true],
    [1, true],
    [1, true],
    [2, undefined],
    [undefined, undefined],
  ]);
  expect(await list("lines", ["name", "n"])).toEqual([{ name: "b", n: 5 }]);
  const tx = await env.DB.prepare("select count(distinct tx) as n from _changes where tbl='lines'");
  expect(await tx.first("n")).toBe(1);
});

test("a step that is refused undoes all, and is named", async () => {
  const good = insert("orders", { total: 1 }, { answer: "minimal" });
  const bad: [Asked, string][] = [
    [insert("orders", { total: -1 }), "42501"],
    [insert("orders", { total: 2_000_000 }), "23514"],
    [insert("orders", { total: "x" }), "22P02"],
    [insert("orders", { nothing: 1 }), "PGRST204"],
    [insert("lines", { order_id: uuids.other, name: "x" }), "42501"],
    [insert("tasks", { slug: "taken" }), "23505"],
    [update("orders", { total: 3 }, { where: own, ifMatch: 9 }), "precondition_failed"],
    [update("orders", { total: 3 }, { where: own, maxAffected: 0 }), "PGRST124"],
    [remove("nothing", { where: own }), "PGRST205"],
    [insert("sales", { shop_id: uuids.shop, quantity: 1 }), "not_in_batch"],
    [insert("charges", { amount: 1 }), "not_in_batch"],
  ];
  await kernel.execute(insert("tasks", { slug: "taken" }), anna);
  for (const [one, code] of bad) {
    for (const at of [0, 2, 4]) {
      // What a change is refused for needs a row, which the steps before it make.
      if (at === 0 && /precond|124/.test(code)) continue;
      const steps: Asked[] = Array.from({ length: 5 }, () => good);
      steps[at] = one;
      await refused(batch(steps), code, { step: `s${at}` });
    }
  }
  expect(await list("orders", ["total"])).toEqual([]);
});

test("how many rows a step must touch", async () => {
  await kernel.execute(insert("orders", [{ total: 1 }, { total: 2 }]), anna);
  const change = (expected: number): Intent<WriteShape> => {
    const intent = update("orders", { label: "x" }, { where: own, select: ["label"] });
    const at = intent.values.push(expected) - 1;
    return { ...intent, shape: { ...intent.shape, expected: at } };
  };
  const wrong = { expected: "3", found: "2", step: "s0" };
  await refused(batch([change(3)]), "unexpected_rows", wrong);
  await refused(batch([change(1)]), "unexpected_rows");
  const others = batch([change(2)], ben);
  await refused(others, "unexpected_rows", { expected: "2", found: "0", step: "s0" });
  expect((await batch([change(2)])).map(rowsOf)).toEqual([[{ label: "x" }, { label: "x" }]]);
  expect(rowsOf((await batch([change(0)], ben))[0] ?? { rows: [] })).toEqual([]);
});

test("each step is under its own policy, and sees what those before it did", async () => {
  await refused(
    batch([
      insert("orders", { id: uuids.shop, user_id: uuids.anna, total: 1 }),
      insert("orders", { user_id: uuids.ben }),
    ]),
    "42501",
    { step: "s1" },
  );
  const [, seen] = await batch([
    insert("letters", { to_id: uuids.ben, body: "hello" }),
    insert("orders", { total: 1 }, all),
  ]);
  expect(seen && rowsOf(seen)).toMatchObject([{ user_id: uuids.anna }]);
});

const key = (name: string, hash = "h"): Execution => ({
  idempotency: { route: "POST /batch", key: name, hash },
});

test("with a key it happens once, and every answer is kept", async () => {
  const steps: Asked[] = [
    insert("orders", [{ total: 2 }, { total: 1 }], { select: ["total"], order: ["total"] }),
    update("orders", { label: "x" }, { where: eq("total", 1), select: ["label", "total"] }),
    upsert("tasks", { slug: "t", stage: 2 }, ["slug"], { select: ["stage"] }),
    ignore("tasks", [{ slug: "t" }, { slug: "u" }], ["slug"], { select: ["slug"] }),
    remove("orders", { where: eq("total", 2), select: ["total"] }),
  ];
  const once = await batch(steps, anna, key("k1"));
  const expected = [
    [{ total: 1 }, { total: 2 }],
    [{ label: "x", total: 1 }],
    [{ stage: 2 }],
    [{ slug: "u" }],
    [{ total: 2 }],
  ];
  expect(once.map(rowsOf)).toEqual(expected);
  expect(once.some(({ replayed }) => replayed)).toBe(false);
  const again = await batch(steps, anna, key("k1"));
  expect(again.map(rowsOf)).toEqual(expected);
  expect(again.every(({ replayed }) => replayed)).toBe(true);
  expect(again.map(({ version, created }) => [version, created])).toEqual(
    once.map(({ version, created }) => [version, created]),
  );
  await refused(batch(steps, anna, key("k1", "other")), "idempotency_key_reused");
  expect(await list("orders", ["total"])).toEqual([{ total: 1 }]);

  const race = Array.from({ length: 6 }, () =>
    batch([insert("orders", { total: 7 }), insert("tasks", { slug: "r" })], anna, key("k2")),
  );
  const answers = await Promise.all(race);
  expect(answers.filter(([answer]) => !answer?.replayed)).toHaveLength(1);
  expect(await list("orders", ["total"])).toEqual([{ total: 1 }, { total: 7 }]);
});

test("a lost answer is found again", async () => {
  counted.faults.push(lostAnswer);
  const answers = await batch(
    [insert("orders", { total: 1 }, all), insert("tasks", { slug: "l" }, all)],
    anna,
    key("lost"),
  );
  expect(answers.map(({ rows }) => rows.length)).toEqual([1, 1]);
  expect(await list("tasks", ["slug"])).toEqual([{ slug: "l" }]);
});

test("a dry run tries all of it, and leaves nothing", async () => {
  const answers = await batch(
    [
      insert("orders", { total: 1 }, { select: ["total"] }),
      (made) => line(made, "a"),
      (made) => update("lines", { n: 9 }, { where: eq("order_id", first(made, "s0").id) }),
    ],
    anna,
    {},
    true,
  );
  expect(answers.map(rowsOf)).toMatchObject([[{ total: 1 }], [{ name: "a" }], [{ n: 9 }]]);
  await refused(batch([insert("orders", { total: -1 })], anna, {}, true), "42501");
  expect([await list("orders", ["id"]), await list("lines", ["id"])]).toEqual([[], []]);
});

test("an ended session is not a step's fault, and one object must be there", async () => {
  const closed = kernelOf({ module: gated });
  const gone = { ...anna, session: uuids.other };
  const step = { name: "s0", intent: async () => insert("orders", { total: 1 }) };
  const error = await refused(closed.batch([step], gone, {}, false), "session_not_found");
  expect(error.params.step).toBeUndefined();
  const one = insert("orders", { total: 1 }, { single: true, select: ["total"] });
  expect((await batch([one])).map(rowsOf)).toEqual([[{ total: 1 }]]);
  const unseen = insert("letters", { to_id: uuids.ben, body: "x" }, { single: true });
  await refused(batch([one, unseen]), "PGRST116", { step: "s1", count: "0" });
  const doubtful = ignore("tasks", { slug: "d" }, ["slug"], { single: true });
  await refused(batch([doubtful]), "PGRST127");
  expect(await list("orders", ["total"])).toEqual([{ total: 1 }]);
});

test("rows that an upsert may not have made are not told", async () => {
  const found: (Row | undefined)[] = [];
  await batch([
    upsert("tasks", { slug: "u" }, ["slug"]),
    insert("orders", { secret: undefined, total: 1 }, { columns: ["total"] }),
    (made) => {
      found.push(made.get("s0")?.[0], made.get("s1")?.[0]);
      return remove("tasks", { where: eq("slug", "u") });
    },
  ]);
  expect(found[0]).toBeUndefined();
  expect(found[1]).toMatchObject({ total: 1, gift: false, state: "open", user_id: uuids.anna });
  expect(found[1]).not.toHaveProperty("secret");
});

test("more than the database takes in one batch is refused before it", async () => {
  const many = Array.from({ length: 500 }, () => insert("orders", { total: 1 }));
  await refused(batch(many), "statement_too_large");
  expect(counted.trips).toBe(0);
});
