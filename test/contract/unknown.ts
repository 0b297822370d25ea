// Hidden columns, and tables that nobody may name: to everyone they are as names nobody ever gave.
import { companionsOf } from "../../src/kernel/plan/companion.ts";
import { indexName } from "../../src/kernel/plan/search-index.ts";
import type { Declared } from "../../src/kernel/table.ts";
import { differenceOf } from "./leaks.ts";
import type { Ask, Speaker } from "./speaker.ts";
import { callers, type World } from "./world.ts";

const ofTheKernel = [
  "_tx",
  "_changes",
  "_guard",
  "sqlite_master",
  "sqlite_schema",
  "d1_migrations",
];

/** Columns that exist in the database and for no caller. */
export function hiddenColumns({ columns }: Declared): string[] {
  const declared = [...columns.values()];
  const hidden = declared.filter((c) => c.hidden).map((c) => c.name);
  const companions = declared.flatMap((c) => companionsOf(c).map(({ name }) => name));
  return ["_v", "rowid", ...companions, ...hidden];
}

/** Every difference between a hidden column and one that does not exist. */
export function betrayals(world: World, speaker: Speaker, table: Declared): Promise<string[]> {
  const each = hiddenColumns(table).map((column) =>
    differences(speaker, column, (name) => speaker.naming(world, table, name)),
  );
  return flattened(each);
}

/** Every difference between a table that may not be named and one that does not exist. */
export async function trespasses(world: World, speaker: Speaker): Promise<string[]> {
  const searched = world.tables.filter((t) => [...t.columns.values()].some((c) => c.search));
  const names = new Set([...ofTheKernel, ...searched.map((table) => indexName(table.sqlName))]);
  for (const table of world.unexposed) {
    names.add(table.sqlName).add(`${table.schema}.${table.name}`);
    if (!world.tables.some((t) => t.name === table.name)) names.add(table.name);
  }
  return flattened(
    [...names].map((name) => differences(speaker, name, (n) => speaker.reaching(world, n), true)),
  );
}

/** How answers about `name` differ from those about a name that nobody ever gave. */
async function differences(
  speaker: Speaker,
  name: string,
  asks: (name: string) => Ask[],
  unknown = false,
): Promise<string[]> {
  const other = nobodysName(name);
  const twins = asks(other);
  const found: string[] = [];
  for (const caller of callers) {
    const heard = asks(name).map(async (ask, i) => {
      const a = await speaker.say(caller, ask);
      const b = await speaker.say(caller, twins[i] ?? ask);
      const difference = differenceOf(a.bytes, b.bytes.replaceAll(other, name));
      const who = `${caller}: ${ask.method} ${ask.path}`;
      const code = a.code ?? String(a.status);
      const admitted = unknown && !speaker.unknownTable.includes(code);
      return [
        ...(difference ? [`${who}: ${difference}`] : []),
        ...(admitted ? [`${who}: answers ${code}`] : []),
      ];
    });
    found.push(...(await Promise.all(heard)).flat());
  }
  return found;
}

/** As long as the given one, of other letters. */
function nobodysName(name: string): string {
  return name.replace(/[a-z]/g, (letter) => "qxzjkw"[letter.charCodeAt(0) % 6] ?? "q");
}

async function flattened(each: Promise<string[]>[]): Promise<string[]> {
  return (await Promise.all(each)).flat();
}
