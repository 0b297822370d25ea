// Changing a hidden row, or taking it away: who may not see it must not see the difference.
import { companionsOf } from "../../src/kernel/plan/companion.ts";
import type { Column, Kind } from "../../src/kernel/table.ts";
import { type Dump, dump } from "./database.ts";
import { columnsOf } from "./predicates.ts";
import type { Seed } from "./seed.ts";
import type { World } from "./world.ts";

/** Values that stand before and behind all others, so that every order that looks at them turns. */
const extremes: Record<Kind, [low: string | number, high: string | number]> = {
  uuid: ["00000000-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"],
  text: ["!", "~"],
  integer: [0, 999_999_999],
  real: [0, 0.999],
  boolean: [0, 1],
  json: ['{"a":"!"}', '{"a":"~"}'],
  timestamp: ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"],
  date: ["0001-01-01", "9999-12-31"],
};

/** Puts the row at one end of every order; columns that say whose it is stay, as do constraints. */
export async function disturb(world: World, { table, key }: Seed, end: "low" | "high") {
  const { select, insert, update, delete: remove } = table.policy;
  const policies = [select, insert, update?.using, update?.check, remove];
  const kept = new Set([...table.key, ...table.parents().keys(), ...policies.flatMap(columnsOf)]);
  const free = [...table.columns.values()].filter((c) => !kept.has(c.name));
  const where = Object.keys(key).map((k) => `"${k}" = ?`);
  const set = (name: string, value: string | number) =>
    world.db
      // A value that a check refuses is left out; the others are enough.
      .prepare(`update or ignore "${table.sqlName}" set "${name}" = ? where ${where.join(" and ")}`)
      .bind(value, ...Object.values(key));
  const names = free.flatMap((c): [string, Column][] => [
    [c.name, c],
    ...companionsOf(c).map(({ name }): [string, Column] => [name, c]),
  ]);
  const at = end === "low" ? 0 : 1;
  const sets = names.map(([name, { kind }]) => set(name, extremes[kind][at]));
  await world.db.batch([...sets, set("_v", end === "low" ? 7 : 8)]);
}

/** Takes the row away; says whether it is gone, and nothing else with it. */
export async function remove(world: World, { table, key }: Seed): Promise<boolean> {
  const where = Object.keys(key).map((k) => `"${k}" = ?`);
  const sql = `delete from "${table.sqlName}" where ${where.join(" and ")}`;
  const before = count(await dump(world));
  try {
    await world.db
      .prepare(sql)
      .bind(...Object.values(key))
      .run();
  } catch (error) {
    if (/FOREIGN KEY/.test(String(error))) return false;
    throw error;
  }
  return count(await dump(world)) === before - 1;
}

function count(rows: Dump): number {
  return [...rows.values()].reduce((n, table) => n + table.length, 0);
}
