// Columns that say who made a row hold the caller, or nothing is written.
import type { Declared } from "../../src/kernel/table.ts";
import { dump, restore } from "./database.ts";
import type { Seeds } from "./seed.ts";
import type { Speaker } from "./speaker.ts";
import type { Person, World } from "./world.ts";

const pairs: [Person, Person][] = [
  ["owner", "stranger"],
  ["stranger", "owner"],
  ["staff", "owner"],
];

interface Stage {
  world: World;
  seeds: Seeds;
  speaker: Speaker;
}

/** Every way found for one person to make a row in another's name. */
export async function impersonations(stage: Stage): Promise<string[]> {
  const found: string[] = [];
  for (const table of stage.world.tables) {
    const columns = [...table.columns.values()].filter((c) => c.fill === "actor" && !c.hidden);
    for (const { name } of columns) {
      for (const [caller, other] of pairs) {
        if (!(await writesAs(stage, table, name, caller, other))) continue;
        found.push(`${caller} may write ${table.name}.${name} as ${other}`);
      }
    }
  }
  return found;
}

async function writesAs(
  { world, seeds, speaker }: Stage,
  table: Declared,
  column: string,
  caller: Person,
  other: Person,
): Promise<boolean> {
  const { id } = world.people[other];
  const row = seeds.example(table, caller, caller === "stranger" ? "stranger" : "owner");
  const before = await dump(world);
  await speaker.say(caller, speaker.insert(table, { ...row, [column]: id }));
  const after = await dump(world);
  await restore(world, before);
  const count = (rows = before) => rows.get(table)?.filter((r) => r[column] === id).length ?? 0;
  return count(after) > count(before);
}
