// From what the migrations make to what the declarations ask for, in steps that lose nothing.
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { indexName } from "../src/kernel/plan/search-index.ts";
import {
  type ColumnShape,
  type Declarations,
  migratedDatabase,
  migrationFiles,
  migrationsDir,
  readDeclarations,
  type Schema,
  schemaOf,
  type TableShape,
} from "./schema.ts";

export interface Wishes {
  name?: string | undefined;
  /** `table` or `table.column`: gone for good, with what is in it. */
  drop: string[];
  /** `table:new_name` or `table.column:new_name`. */
  rename: string[];
}

/** What would lose data, or cannot be done in one step; the text says what to do instead. */
export class Refused extends Error {}

const expandAndContract = `
Rows are never rebuilt or dropped by accident: on D1 a rebuild deletes the rows of other tables that
point here (ON DELETE CASCADE) and every trigger. Go in steps that each work with the code before:
  1. expand: add the new column or table beside the old one (nullable, or with a default), generate;
  2. write both, copy the old rows in a migration written by hand, then read the new one;
  3. contract: when no deployed code uses the old one, generate with --drop <table>[.<column>].
A column or table that only changed its name: --rename <table>[.<column>]:<new name>.`;

/** Writes one migration per module that changed; answers with the names of the files. */
export async function generateMigrations(wishes: Wishes): Promise<string[]> {
  const declarations = await readDeclarations();
  const db = migratedDatabase();
  const spelled = [...wishes.rename.map(renameOf), ...wishes.drop.map(dropOf)];
  const before = schemaOf(db);
  const groups = new Map<string, string[]>();
  const add = (table: string, sql: string[]) => {
    if (sql.length === 0) return;
    const group = declarations.moduleOf.get(table) ?? `drop_${table}`;
    groups.set(group, [...(groups.get(group) ?? []), ...sql]);
  };
  for (const { table, to, gone, sql } of spelled) {
    if (!before.has(table)) throw new Refused(`There is no table ${table} in the migrations.`);
    add(to, run(db, [...freed(table, before.get(table), gone), sql]));
  }
  for (const table of inOrder(declarations)) {
    const now = schemaOf(db).get(table);
    add(table, run(db, now ? alter(table, now, declarations) : create(table, declarations)));
  }
  refuseWhatRemains(schemaOf(db), declarations.schema);
  return write(groups, wishes.name);
}

function run(db: DatabaseSync, statements: string[]): string[] {
  for (const sql of statements) {
    try {
      db.exec(sql);
    } catch (error) {
      throw new Refused(`${(error as Error).message}\n  in: ${sql}\n${expandAndContract}`);
    }
  }
  return statements;
}

function create(table: string, { creates, schema }: Declarations): string[] {
  const { indexes, search, triggers } = schema.get(table) as TableShape;
  const more = [...indexes.values(), ...(search ? [search] : []), ...triggers.values()];
  return [creates.get(table) as string, ...more].map(terminated);
}

function alter(table: string, now: TableShape, { schema, fills }: Declarations): string[] {
  const wanted = schema.get(table) as TableShape;
  const added = [...wanted.columns.values()].filter((c) => !now.columns.has(c.name));
  const columns = added.map((c) => addColumn(table, c, checksOf(c, now, wanted)));
  const indexes = changed(now.indexes, wanted.indexes);
  const triggers = changed(now.triggers, wanted.triggers);
  const search = now.search === wanted.search ? [] : [wanted.search, fills.get(table)];
  return [
    ...triggers.old.map((name) => `DROP TRIGGER IF EXISTS "${name}";`),
    ...indexes.old.map((name) => `DROP INDEX IF EXISTS "${name}";`),
    ...(search.length > 0 && now.search ? [dropSearch(table)] : []),
    ...columns,
    ...indexes.fresh.map(terminated),
    ...search.flatMap((sql) => (sql ? [terminated(sql)] : [])),
    ...triggers.fresh.map(terminated),
  ];
}

function dropSearch(table: string): string {
  return `DROP TABLE IF EXISTS "${indexName(table)}";`;
}

/** Names whose statement is gone or differs, and the statements that are new or differ. */
function changed(now: Map<string, string>, wanted: Map<string, string>) {
  const differs = ([name, sql]: [string, string]) => now.get(name) !== sql;
  return {
    old: [...now].filter(([name, sql]) => wanted.get(name) !== sql).map(([name]) => name),
    fresh: [...wanted].filter(differs).map(([, sql]) => sql),
  };
}

function addColumn(table: string, column: ColumnShape, checks: [string, string][]): string {
  const { name, type, fallback, generated, notNull, references } = column;
  if (notNull && fallback === null)
    throw new Refused(`Column ${table}.${name} has no value for rows that are there: give it a
default, or let it be null.\n${expandAndContract}`);
  const parts = [`ALTER TABLE \`${table}\` ADD COLUMN \`${name}\` ${type}`];
  if (generated !== null) parts.push(`GENERATED ALWAYS AS (${generated}) VIRTUAL`);
  if (fallback !== null) parts.push(`DEFAULT ${fallback}`);
  if (notNull) parts.push("NOT NULL");
  if (references) {
    const { table: parent, column: key, onDelete } = references;
    parts.push(`REFERENCES \`${parent}\`(\`${key}\`) ON DELETE ${onDelete}`);
  }
  for (const [check, condition] of checks) parts.push(`CONSTRAINT "${check}" CHECK(${condition})`);
  return `${parts.join(" ")};`;
}

/** New conditions that speak of a new column travel with it; SQLite adds no other ones. */
function checksOf(column: ColumnShape, now: TableShape, wanted: TableShape): [string, string][] {
  const word = new RegExp(`\\b${column.name}\\b`);
  return [...wanted.checks].filter(([name, sql]) => !now.checks.has(name) && word.test(sql));
}

/** Without triggers, and indexes over a column that goes; what is still declared returns. */
function freed(name: string, table: TableShape | undefined, gone: string | undefined): string[] {
  const over = [...(table?.indexes ?? [])].filter(([, sql]) => gone && sql.includes(`\`${gone}\``));
  return [
    ...[...(table?.triggers.keys() ?? [])].map((name) => `DROP TRIGGER IF EXISTS "${name}";`),
    ...over.map(([name]) => `DROP INDEX IF EXISTS "${name}";`),
    ...(table?.search ? [dropSearch(name)] : []),
  ];
}

/** One wish spelled out: the table, its name afterwards, the column that goes, the statement. */
interface Spelled {
  table: string;
  to: string;
  gone?: string;
  sql: string;
}

function renameOf(wish: string): Spelled {
  const [, table, column, to] = /^(\w+)(?:\.(\w+))?:(\w+)$/.exec(wish) ?? [];
  if (!table || !to) throw new Refused(`--rename ${wish}: say <table>[.<column>]:<new name>`);
  if (!column) return { table, to, sql: `ALTER TABLE \`${table}\` RENAME TO \`${to}\`;` };
  const sql = `ALTER TABLE \`${table}\` RENAME COLUMN \`${column}\` TO \`${to}\`;`;
  return { table, to: table, sql };
}

function dropOf(wish: string): Spelled {
  const [, table, column] = /^(\w+)(?:\.(\w+))?$/.exec(wish) ?? [];
  if (!table) throw new Refused(`--drop ${wish}: say <table> or <table>.<column>`);
  if (!column) return { table, to: table, sql: `DROP TABLE \`${table}\`;` };
  return {
    table,
    to: table,
    gone: column,
    sql: `ALTER TABLE \`${table}\` DROP COLUMN \`${column}\`;`,
  };
}

/** Tables, each after those it points at. */
function inOrder({ moduleOf, schema }: Declarations): Set<string> {
  const ordered = new Set<string>();
  const visit = (table: string, path: string[]) => {
    if (!moduleOf.has(table) || path.includes(table)) return;
    const columns = [...(schema.get(table)?.columns.values() ?? [])];
    for (const { references } of columns) if (references) visit(references.table, [...path, table]);
    ordered.add(table);
  };
  for (const table of moduleOf.keys()) visit(table, []);
  return ordered;
}

function refuseWhatRemains(now: Schema, wanted: Schema): void {
  const left: string[] = [];
  for (const [table, shape] of now) {
    const want = wanted.get(table);
    if (!want) left.push(`table ${table} is in the migrations and no longer declared`);
    else left.push(...differences(table, shape, want));
  }
  if (left.length === 0) return;
  throw new Refused(`Refused:\n${left.map((l) => `  ${l}`).join("\n")}\n${expandAndContract}`);
}

function differences(table: string, now: TableShape, wanted: TableShape): string[] {
  const out: string[] = [];
  for (const [name, column] of now.columns) {
    const want = wanted.columns.get(name);
    if (!want) out.push(`column ${table}.${name} is in the migrations and no longer declared`);
    else if (JSON.stringify(want) !== JSON.stringify(column))
      out.push(`column ${table}.${name} is declared otherwise than the migrations made it`);
  }
  for (const name of new Set([...now.checks.keys(), ...wanted.checks.keys()]))
    if (now.checks.get(name) !== wanted.checks.get(name))
      out.push(`condition ${name} of ${table} is not what the migrations made`);
  return out;
}

function write(groups: Map<string, string[]>, name: string | undefined): string[] {
  let next = migrationFiles().length === 0 ? 0 : Number(migrationFiles().at(-1)?.slice(0, 4)) + 1;
  return [...groups].map(([module, statements]) => {
    const words = name && groups.size > 1 ? `${name}_${module}` : (name ?? module);
    const file = `${String(next++).padStart(4, "0")}_${words}.sql`;
    writeFileSync(path.join(migrationsDir, file), `${statements.join("\n\n")}\n`);
    return file;
  });
}

function terminated(sql: string): string {
  return sql.trimEnd().endsWith(";") ? sql : `${sql};`;
}
