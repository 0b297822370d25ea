// How exposed tables are related, as a select list names it.
import type { Declared } from "../../src/kernel/table.ts";
import type { World } from "./world.ts";

interface Relation {
  from: Declared;
  to: Declared;
  /** How a select names it: `table!constraint`. */
  name: string;
  single: boolean;
  column: string;
}

/** Foreign keys between exposed tables, in both directions. */
export function relations(world: World): Relation[] {
  return world.tables.flatMap((child) =>
    [...child.parents()].flatMap(([column, { table: parent }]) => {
      if (!world.tables.includes(parent) || child.columns.get(column)?.hidden) return [];
      const hint = `${child.name}_${column}_fkey`;
      const single = child.uniques.some((u) => u.length === 1 && u[0] === column);
      return [
        { from: child, to: parent, name: `${parent.name}!${hint}`, single: true, column },
        { from: parent, to: child, name: `${child.name}!${hint}`, single, column },
      ];
    }),
  );
}

/** What a table's rows are joined to by the rows of another: `table!<key of the join table>`. */
export function joined(
  world: World,
  from: Declared,
  to: Declared,
): Pick<Relation, "from" | "name">[] {
  return world.tables.flatMap((join) => {
    const keys = [...join.parents()].filter(([c]) => !join.columns.get(c)?.hidden);
    return keys.flatMap(([here, parent]) =>
      keys
        .filter(([there, { table }]) => there !== here && parent.table === from && table === to)
        .filter(([there]) => join.uniques.some((u) => u.includes(here) && u.includes(there)))
        .map(([there]) => ({ from, name: `${to.name}!${there}` })),
    );
  });
}
