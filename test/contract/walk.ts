/// <reference types="vite/types/importMeta.d.ts" />
// The walk over all tables: whoever adds a module adds its row to the matrix, and nothing here.

import { isExposed } from "../../src/kernel/after/changes.ts";
import type { Module } from "../../src/kernel/module.ts";
import { everyone } from "../../src/kernel/predicate.ts";
import { type Declared, declarationOf } from "../../src/kernel/table.ts";
import { cellsOf, decide } from "./decide.ts";
import type { Decided } from "./leaks.ts";
import { type Matrices, type Matrix, parse, type Written } from "./matrix.ts";
import { type Mutation, mutationsOf } from "./predicates.ts";
import { restSpeaker } from "./rest.ts";
import type { Seeds } from "./seed.ts";
import type { Speaker } from "./speaker.ts";
import { reassemble, type World } from "./world.ts";

/** One per protocol. */
export const speakers: [Speaking, ...Speaking[]] = [["rest", restSpeaker]];
type Speaking = [name: string, speak: (world: World) => Speaker];

const files = import.meta.glob<Written>("../modules/*/matrix.json", {
  eager: true,
  import: "default",
});

/** The decisions that are checked in, by module. */
export const accepted: Matrices = Object.fromEntries(
  Object.entries(files).map(([path, written]) => [path.split("/").at(-2) ?? path, parse(written)]),
);

function nameOf({ schema, name }: Declared): string {
  return schema === "public" ? name : `${schema}.${name}`;
}

export function exposedTables(module: Module): Declared[] {
  return (module.tables ?? []).map(declarationOf).filter(isExposed);
}

export function decidedBy(matrices: Matrices, modules: Module[]): Decided {
  const moduleOf = new Map(modules.flatMap((m) => exposedTables(m).map((t) => [t, m.name])));
  return (table, verb, caller) =>
    matrices[moduleOf.get(table) ?? ""]?.[nameOf(table)]?.[verb]?.[caller] ?? "no";
}

/** Decisions of all tables of some modules, found by trying. */
export async function decideAll(
  world: World,
  seeds: Seeds,
  speaker: Speaker,
  modules: Module[],
): Promise<Matrices> {
  const matrices: Matrices = {};
  for (const module of modules) {
    const matrix: Matrix = {};
    for (const table of exposedTables(module)) {
      const rows: Matrix[string] = {};
      for (const cell of cellsOf(table)) {
        const decision = await decide({ world, seeds, speaker, ...cell });
        rows[cell.verb] = { ...rows[cell.verb], [cell.caller]: decision };
      }
      matrix[nameOf(table)] = rows;
    }
    if (Object.keys(matrix).length > 0) matrices[module.name] = matrix;
  }
  return matrices;
}

/** Rules of a table whose loss no cell of the matrix would notice. */
export async function survivors(world: World, seeds: Seeds, table: Declared, decided: Decided) {
  const found: string[] = [];
  for (const mutation of mutationsOf(table)) {
    if (await noticed(world, seeds, table, mutation, decided)) continue;
    found.push(`${nameOf(table)}: ${mutation.name} could be everyone, and no cell would tell`);
  }
  return found;
}

async function noticed(
  world: World,
  seeds: Seeds,
  table: Declared,
  { verb, policy, alone }: Mutation,
  decided: Decided,
): Promise<boolean> {
  const cells = cellsOf(table);
  const ordered = [
    ...cells.filter((c) => c.verb === verb),
    ...cells.filter((c) => c.verb !== verb),
  ];
  const under = (changed: typeof policy) => withPolicy(world, table, changed);
  const trial = (w: World) => ({ world: w, seeds, speaker: restSpeaker(w) });
  const mutant = under(policy);
  for (const cell of ordered) {
    const is = await mutant((w) => decide({ ...trial(w), ...cell }));
    if (is !== decided(table, cell.verb, cell.caller)) return true;
  }
  if (!alone) return false;
  const apart = (changed: typeof policy) => withPolicy(world, table, changed, allSeen(world));
  const [kept, lost] = [apart(alone.with), apart(alone.without)];
  for (const cell of ordered.filter((c) => c.verb === verb)) {
    const before = await kept((w) => decide({ ...trial(w), ...cell }));
    if (before !== (await lost((w) => decide({ ...trial(w), ...cell })))) return true;
  }
  return false;
}

type Policies = [table: Declared, policy: Declared["policy"]][];

/** Nobody's rows are hidden: what an operation does not find, it refuses by itself. */
function allSeen(world: World): Policies {
  return world.tables.map((table) => [table, { ...table.policy, select: everyone }]);
}

/** Works with an app of which one table has another policy; then all is as it was. */
export function withPolicy(
  world: World,
  table: Declared,
  policy: Declared["policy"],
  others: Policies = [],
) {
  const changes: Policies = [...others, [table, policy]];
  const declared: Policies = changes.map(([of]) => [of, of.policy]);
  const apply = (all: Policies) => {
    for (const [of, policy] of all) of.policy = policy;
  };
  let changed: World | undefined;
  return async <T>(work: (world: World) => Promise<T>): Promise<T> => {
    apply(changes);
    try {
      changed ??= reassemble(world);
      return await work(changed);
    } finally {
      apply(declared);
    }
  };
}
