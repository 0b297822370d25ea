// What is kept of plans is bounded by what it weighs, whoever asks whatever shapes.
import { beforeAll, expect, test } from "vitest";
import { createPlanner } from "../../../src/kernel/plan/plan.ts";
import { createSchema } from "../../../src/kernel/schema.ts";
import { any, eq, field, insert, read, rows } from "../ask.ts";
import { createTables } from "../database.ts";
import { anna, fixture, kernelOf } from "../fixture.ts";

const MiB = 1024 * 1024;
const wide = (n: number, columns: number) =>
  read("orders", {
    select: Array.from({ length: columns }, (_, i) => field("note", { alias: `a${n}_${i}` })),
  }).shape;

beforeAll(createTables);

test("what is kept stays below its bound, and the oldest go", () => {
  const planner = createPlanner(createSchema([fixture]));
  for (let n = 0; n < 450; n++) planner.plan(wide(n, 300), "anon", false);
  expect(planner.characters).toBeGreaterThan(7 * MiB);
  expect(planner.characters).toBeLessThanOrEqual(8 * MiB);
  planner.plan(wide(449, 300), "anon", false);
  expect(planner.misses).toBe(450);
  planner.plan(wide(0, 300), "anon", false);
  expect(planner.misses).toBe(451);
});

test("a plan too large to keep is made anew, and changes nothing of what is kept", () => {
  const planner = createPlanner(createSchema([fixture]));
  planner.plan(wide(0, 10), "anon", false);
  const { characters } = planner;
  for (let n = 0; n < 3; n++) planner.plan(wide(1, 700), "anon", false);
  expect([planner.misses, planner.characters]).toEqual([4, characters]);
  planner.plan(wide(0, 10), "anon", false);
  expect([planner.misses, planner.characters]).toEqual([4, characters]);
});

test("usual plans are small enough to be kept", () => {
  const planner = createPlanner(createSchema([fixture]));
  const where = any(...Array.from({ length: 60 }, (_, i) => eq("note", String(i))));
  const shapes = [
    read("orders", { select: ["*"], where, count: "exact" }).shape,
    insert("orders", { note: "x" }, { conflict: { columns: ["id"], resolution: "merge" } }).shape,
  ];
  for (const shape of [...shapes, ...shapes]) planner.plan(shape, "authenticated", true);
  expect(planner.misses).toBe(2);
});

test("a plan that is not kept answers like any other", async () => {
  const kernel = kernelOf();
  const select = Array.from({ length: 700 }, (_, i) => field("note", { alias: `a${i}` }));
  for (let n = 0; n < 2; n++) {
    const [row] = await rows(kernel, insert("orders", { note: "n" }, { select }), anna);
    expect(Object.keys(row ?? {})).toHaveLength(700);
  }
});
