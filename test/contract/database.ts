// The database behind the wire: what is really there, and putting it back as it was.
import { type Declared, generatedColumn, type Row } from "../../src/kernel/table.ts";
import type { World } from "./world.ts";

/** Every row of every exposed table, as stored; a view stores none. */
export type Dump = Map<Declared, Row[]>;

function storing({ tables }: World): Declared[] {
  return tables.filter((table) => !table.view);
}

export async function dump(world: World): Promise<Dump> {
  const tables = storing(world);
  const statements = tables.map((t) => {
    const order = t.key.map((k) => `"${k}"`).join(",");
    return world.db.prepare(`select * from "${t.sqlName}" order by ${order}`);
  });
  const results = await world.db.batch<Row>(statements);
  return new Map(tables.map((t, i) => [t, written(t, results[i]?.results ?? [])]));
}

/** Without what SQLite computes: nobody can write it. */
function written(table: Declared, rows: Row[]): Row[] {
  const computed = new Set(Object.keys(table.generated ?? {}).map(generatedColumn));
  const columns = (row: Row) => Object.entries(row).filter(([c]) => !computed.has(c));
  return rows.map((row) => Object.fromEntries(columns(row)));
}

export function same(a: Dump, b: Dump): boolean {
  return JSON.stringify([...a.values()]) === JSON.stringify([...b.values()]);
}

/** The key's columns and values of a row. */
export function keyOf(table: Declared, row: Row): Row {
  return Object.fromEntries(table.key.map((k) => [k, row[k]]));
}

export function find(rows: Row[] | undefined, table: Declared, row: Row): Row | undefined {
  return rows?.find((r) => table.key.every((k) => r[k] === row[k]));
}

/** Puts the tables back, row by row, behind every guard; what is unchanged is not touched. */
export async function restore(world: World, before: Dump): Promise<void> {
  const now = await dump(world);
  const statements: D1PreparedStatement[] = [];
  for (const table of storing(world)) {
    const [was, is] = [before.get(table) ?? [], now.get(table) ?? []];
    for (const row of is) {
      if (!find(was, table, row)) statements.push(deletion(world, table, row));
    }
    for (const row of was) {
      const current = find(is, table, row);
      if (!current) statements.push(insertion(world, table, row));
      else if (JSON.stringify(current) !== JSON.stringify(row)) {
        statements.push(replacement(world, table, row));
      }
    }
  }
  if (statements.length === 0) return;
  await world.db.batch([world.db.prepare("pragma defer_foreign_keys = on"), ...statements]);
}

const names = (row: Row) => Object.keys(row).map((c) => `"${c}"`);

function whereKey(table: Declared): string {
  return table.key.map((k) => `"${k}" = ?`).join(" and ");
}

function deletion(world: World, table: Declared, row: Row) {
  const sql = `delete from "${table.sqlName}" where ${whereKey(table)}`;
  return world.db.prepare(sql).bind(...table.key.map((k) => row[k]));
}

function insertion(world: World, table: Declared, row: Row) {
  const marks = names(row).map(() => "?");
  const sql = `insert into "${table.sqlName}"(${names(row)}) values(${marks})`;
  return world.db.prepare(sql).bind(...Object.values(row));
}

function replacement(world: World, table: Declared, row: Row) {
  const sets = names(row).map((c) => `${c} = ?`);
  const sql = `update "${table.sqlName}" set ${sets} where ${whereKey(table)}`;
  return world.db.prepare(sql).bind(...Object.values(row), ...table.key.map((k) => row[k]));
}
