// Counters follow every change of the rows they count, however it is made, or it is not made.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { service } from "../../src/kernel/actor.ts";
import { triggersOf } from "../../src/kernel/after/changes.ts";
import { plus } from "../../src/kernel/change.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createKernel } from "../../src/kernel/kernel.ts";
import { eq, everyone, lte, oneOf } from "../../src/kernel/predicate.ts";
import { declarationOf, id, integer, table, text } from "../../src/kernel/table.ts";
import { refused } from "./ask.ts";
import { raw } from "./database.ts";

const example = () => ({});
const totals = table(
  "totals",
  {
    owner: text().primaryKey().notNull(),
    jars: integer().notNull(),
    grams: integer().notNull(),
  },
  { policy: {}, example, watch: false },
);
const jars = table(
  "jars",
  { id: id(), owner: text(), grams: integer().notNull(), label: text() },
  {
    policy: {},
    example,
    watch: false,
    tallies: [{ in: totals, by: "owner", sums: { jars: 1, grams: "grams" } }],
  },
);

const kernel = createKernel({
  modules: [{ name: "jars", tables: [jars, totals] }],
  db: env.DB,
  files: env.FILES,
  secrets: {},
  settings: {},
  clock: systemClock,
});
const commit = (...change: Parameters<typeof kernel.modules.commit>[0]) =>
  kernel.modules.commit(change, service());
const uuid = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const jar = (n: number, owner: string | null, grams: number) => ({ id: uuid(n), owner, grams });
const counted = async () => {
  const rows = await raw<{ owner: string; jars: number; grams: number }>(
    "select owner, jars, grams from totals order by owner",
  );
  return Object.fromEntries(rows.map((row) => [row.owner, [row.jars, row.grams]]));
};

beforeAll(async () => {
  const own = "_v integer not null default 1";
  await raw(`create table totals(owner text primary key, jars integer, grams integer, ${own})`);
  await raw(
    `create table jars(id text primary key, owner text, grams integer, label text, ${own})`,
  );
  const triggers = [...triggersOf(declarationOf(jars)).values()];
  await env.DB.batch(triggers.map((sql) => env.DB.prepare(sql)));
});
beforeEach(async () => {
  for (const name of ["jars", "totals"]) await raw(`delete from ${name}`);
  await commit({ insert: jars, rows: [jar(1, "a", 10), jar(2, "a", 5), jar(3, "b", 1)] });
});

test("rows that come, go and change are counted for whom they belong to", async () => {
  expect(await counted()).toEqual({ a: [2, 15], b: [1, 1] });
  await commit({ update: jars, set: { grams: plus(7) }, where: eq("owner", "a") });
  expect(await counted()).toEqual({ a: [2, 29], b: [1, 1] });
  await commit({ update: jars, set: { owner: "c" }, where: eq("id", uuid(1)) });
  expect(await counted()).toEqual({ a: [1, 12], b: [1, 1], c: [1, 17] });
  await commit({ delete: jars, where: oneOf("id", [uuid(1), uuid(3)]) });
  expect(await counted()).toEqual({ a: [1, 12], b: [0, 0], c: [0, 0] });
});

test("rows of nobody count for nobody, and so do changes of what is not counted", async () => {
  await commit({ insert: jars, rows: [jar(4, null, 100)] });
  await commit({ update: jars, set: { owner: null }, where: eq("id", uuid(3)) });
  await commit({ update: jars, set: { owner: "b" }, where: eq("id", uuid(4)) });
  expect(await counted()).toEqual({ a: [2, 15], b: [1, 100] });
  const labelled = await env.DB.prepare("update jars set label = 'x'").run();
  expect(labelled.meta.rows_written).toBe(4);
  await commit({ delete: jars, where: everyone });
  expect(await counted()).toEqual({ a: [0, 0], b: [0, 0] });
});

test("a row that is written twice is counted once", async () => {
  const conflict = { on: ["id"], set: { grams: 20 } };
  await commit({ insert: jars, rows: [jar(1, "a", 3), jar(4, "a", 3)], conflict });
  expect(await counted()).toEqual({ a: [3, 28], b: [1, 1] });
});

test("a guard asks the counter after the change, and takes both back", async () => {
  const few = { expect: totals, where: lte("jars", 2), rows: 2, else: "out_of_stock" };
  await commit({ delete: jars, where: eq("id", uuid(2)) }, few);
  const over = commit({ insert: jars, rows: [jar(5, "a", 1), jar(6, "a", 1)] }, few);
  await refused(over, "out_of_stock");
  expect(await counted()).toEqual({ a: [1, 10], b: [1, 1] });
});
