// Hidden columns, and tables that nobody may name: to everyone they are as names nobody ever gave.
import { companionsOf } from "../../src/kernel/plan/companion.ts";
import { indexName } from "../../src/kernel/plan/search-index.ts";
import type { Declared } from "../../src/kernel/table.ts";
import { differenceOf } from "./leaks.ts";
import type { Ask, Heard, Speaker } from "./speaker.ts";
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
  const asks = (name: string) => speaker.naming(world, table, name);
  // A hint may name a column that is spelled like the one that was asked for.
  return differences(speaker, hiddenColumns(table), { asks, twin: nobodysName });
}

/** Every difference between a table that may not be named and one that does not exist. */
export async function trespasses(world: World, speaker: Speaker): Promise<string[]> {
  const searched = world.tables.filter((t) => [...t.columns.values()].some((c) => c.search));
  const names = new Set([...ofTheKernel, ...searched.map((table) => indexName(table.sqlName))]);
  for (const table of world.unexposed) {
    names.add(table.sqlName).add(`${table.schema}.${table.name}`);
    if (!world.tables.some((t) => t.name === table.name)) names.add(table.name);
  }
  const asks = (name: string) => speaker.reaching(world, name);
  const twin = (name: string) => (name.includes(".") ? "qxz.jkw" : "qxzjkw");
  return differences(speaker, [...names], { asks, twin, unknown: true });
}

interface Comparison {
  asks: (name: string) => Ask[];
  /** A name that nobody ever gave, to compare this one with. */
  twin: (name: string) => string;
  /** Must the refusal be that of a table that does not exist? */
  unknown?: boolean;
}

/** How answers about these names differ from those about names that nobody ever gave. */
async function differences(
  speaker: Speaker,
  names: string[],
  { asks, twin, unknown = false }: Comparison,
): Promise<string[]> {
  const twins = new Map(names.map((name) => [twin(name), asks(twin(name))]));
  const found: string[] = [];
  for (const caller of callers) {
    // Names may have one twin: it is asked once.
    const answers = new Map<Ask, Promise<Heard>>();
    const answer = (ask: Ask) => {
      const heard = answers.get(ask) ?? speaker.say(caller, ask);
      answers.set(ask, heard);
      return heard;
    };
    for (const name of names) {
      const other = twin(name);
      const heard = asks(name).map(async (ask, i) => {
        const a = await speaker.say(caller, ask);
        const b = await answer(twins.get(other)?.[i] ?? ask);
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
  }
  return found;
}

/** As long as the given one, of other letters. */
function nobodysName(name: string): string {
  return name.replace(/[a-z]/g, (letter) => "qxzjkw"[letter.charCodeAt(0) % 6] ?? "q");
}
