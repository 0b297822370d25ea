import { beforeAll, describe, expect, test, vi } from "vitest";
import { modules } from "../../src/modules/index.ts";
import { dump, same } from "./database.ts";
import { hire } from "./hire.ts";
import { impersonations } from "./impersonate.ts";
import { leaks } from "./leaks.ts";
import { compare, type Matrices, sentence } from "./matrix.ts";
import { plant, type Seeds } from "./seed.ts";
import { betrayals, trespasses } from "./unknown.ts";
import { accepted, decideAll, decidedBy, speakers, survivors } from "./walk.ts";
import { callers, createWorld, type World } from "./world.ts";

declare module "vitest" {
  interface TaskMeta {
    /** What scripts/contract.ts reads from the report. */
    matrices?: Matrices;
  }
}

vi.setConfig({ testTimeout: 240_000 });

let world: World;
let seeds: Seeds;
const decided = decidedBy(accepted, modules);

beforeAll(async () => {
  world = await createWorld(modules);
  const speaker = speakers[0][1](world);
  seeds = await plant(world, speaker);
  await hire(world, seeds, speaker);
});

describe.each(speakers)("%s", (_, speak) => {
  test("R-X1 every cell is decided as the matrix says", async ({ task }) => {
    const before = await dump(world);
    const found = await decideAll(world, seeds, speak(world), modules);
    task.meta.matrices = found;
    const differences = compare(accepted, found).map(sentence);
    expect(differences, "see npm run contract").toEqual([]);
    expect(same(before, await dump(world))).toBe(true);
  });

  test.each(callers)("R-X1, R-E5 %s learns of no row that is not theirs to see", async (caller) => {
    const watch = { world, seeds, speaker: speak(world), decided };
    expect(await leaks(watch, world.tables, [caller])).toEqual([]);
  });

  test("R-X2 hidden columns are as unknown ones", async () => {
    const each = world.tables.map((table) => betrayals(world, speak(world), table));
    expect((await Promise.all(each)).flat()).toEqual([]);
  });

  test("R-X3 nobody writes in another's name", async () => {
    expect(await impersonations({ world, seeds, speaker: speak(world) })).toEqual([]);
  });

  test("tables that are not exposed are as unknown ones, to the secret key too", async () => {
    expect(world.unexposed.length).toBeGreaterThan(0);
    expect(await trespasses(world, speak(world))).toEqual([]);
  });
});

test("no rule of any policy could be lost unnoticed", async () => {
  const found: string[] = [];
  for (const table of world.tables) found.push(...(await survivors(world, seeds, table, decided)));
  expect(found).toEqual([]);
});
