// Two databases in memory: what the migrations make, and what the declarations ask for. Comparing
// them needs no snapshot files: a migration is one file, and what is in it is what is there.
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { triggersOf } from "../src/kernel/after/changes.ts";
import { type AnyTable, type Declared, declarationOf } from "../src/kernel/table.ts";
import { root } from "./local.ts";
import { searchIndexOf } from "./search-index.ts";

// Required, since its ES module takes a second longer to load; hence the type by hand.
const { generateSQLiteDrizzleJson, generateSQLiteMigration } = createRequire(import.meta.url)(
  "drizzle-kit/api",
) as typeof import("drizzle-kit/api");

export interface ColumnShape {
  name: string;
  type: string;
  notNull: boolean;
  fallback: string | null;
  /** The expression that SQLite computes it by. */
  generated: string | null;
  key: number;
  references: { table: string; column: string; onDelete: string } | null;
}

export interface TableShape {
  columns: Map<string, ColumnShape>;
  /** Named conditions, and the SQL of indexes and triggers, by name. */
  checks: Map<string, string>;
  indexes: Map<string, string>;
  triggers: Map<string, string>;
  /** The SQL of its search index. */
  search?: string;
}

export type Schema = Map<string, TableShape>;

export interface Declarations {
  /** The module (folder) each table belongs to, by SQL name. */
  moduleOf: Map<string, string>;
  /** The statement that creates each table. */
  creates: Map<string, string>;
  /** The statement that fills each table's search index from its rows. */
  fills: Map<string, string>;
  schema: Schema;
}

export const migrationsDir = path.join(root, "migrations");

/** Migration files in the order they are applied. */
export function migrationFiles(): string[] {
  return globSync("*.sql", { cwd: migrationsDir }).sort();
}

/** The database that all migrations make. */
export function migratedDatabase(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const file of migrationFiles()) {
    try {
      db.exec(readFileSync(path.join(migrationsDir, file), "utf8"));
    } catch (error) {
      throw new Error(`migrations/${file}: ${(error as Error).message}`);
    }
  }
  return db;
}

/** All that the modules' `tables.ts` declare, as drizzle-kit and the kernel would create it. */
export async function readDeclarations(): Promise<Declarations> {
  const moduleOf = new Map<string, string>();
  const declared: Declared[] = [];
  for (const file of globSync("src/modules/*/tables.ts", { cwd: root }).sort()) {
    const exports = (await import(path.join(root, file))) as Record<string, unknown>;
    for (const made of Object.values(exports)) {
      const table = declarationIn(made);
      if (!table || table.view) continue; // a view is nothing in the database
      moduleOf.set(table.sqlName, path.basename(path.dirname(file)));
      declared.push(table);
    }
  }
  const statements = await ddlOf(declared.map((d) => d.table));
  const db = new DatabaseSync(":memory:");
  for (const sql of statements) db.exec(sql);
  const fills = new Map<string, string>();
  for (const table of declared) {
    const search = searchIndexOf(table);
    if (search) db.exec(search.create);
    if (search) fills.set(table.sqlName, search.fill);
    for (const [, sql] of [...triggersOf(table), ...(search?.triggers ?? [])]) db.exec(sql);
  }
  const creates = statements.flatMap((sql) => {
    const name = /^CREATE TABLE `(\w+)`/.exec(sql)?.[1];
    return name ? [[name, sql.trim()] as const] : [];
  });
  return { moduleOf, creates: new Map(creates), fills, schema: schemaOf(db) };
}

function declarationIn(exported: unknown): Declared | null {
  try {
    return declarationOf(exported as AnyTable);
  } catch {
    return null;
  }
}

async function ddlOf(tables: AnyTable[]): Promise<string[]> {
  const nothing = await generateSQLiteDrizzleJson({});
  const all = Object.fromEntries(tables.map((table, i) => [`table${i}`, table]));
  return generateSQLiteMigration(nothing, await generateSQLiteDrizzleJson(all));
}

/** What a database holds, without the kernel's own tables (`_…`), which are written by hand. */
export function schemaOf(db: DatabaseSync): Schema {
  const rows = db
    .prepare(
      "select type, name, tbl_name, sql from sqlite_master where sql is not null order by name",
    )
    .all() as { type: string; name: string; tbl_name: string; sql: string }[];
  const schema: Schema = new Map();
  for (const { type, name, sql } of rows) {
    if (type !== "table" || /^(_|sqlite_)/.test(name)) continue;
    schema.set(name, {
      columns: columnsOf(db, name, sql),
      checks: checksIn(sql),
      indexes: new Map(),
      triggers: new Map(),
    });
  }
  for (const { type, name, tbl_name, sql } of rows) {
    const table = schema.get(tbl_name);
    const searched = schema.get(/^_search_(\w+)$/.exec(name)?.[1] ?? "");
    if (searched && /^create virtual table/i.test(sql)) searched.search = sql;
    if (type === "index") table?.indexes.set(name, sql);
    if (type === "trigger") table?.triggers.set(name, sql);
  }
  return schema;
}

function columnsOf(db: DatabaseSync, table: string, sql: string): Map<string, ColumnShape> {
  const keys = db.prepare(`pragma foreign_key_list("${table}")`).all() as Record<string, string>[];
  const columns = db.prepare(`pragma table_xinfo("${table}")`).all() as Record<string, unknown>[];
  return new Map(
    columns.map((c) => {
      const name = String(c.name);
      const to = keys.find((k) => k.from === name);
      const shape: ColumnShape = {
        name,
        type: String(c.type).toLowerCase(),
        notNull: c.notnull === 1,
        fallback: c.dflt_value === null ? null : String(c.dflt_value),
        generated: generatedAs(sql, name),
        key: Number(c.pk),
        references: to
          ? { table: `${to.table}`, column: `${to.to}`, onDelete: `${to.on_delete}` }
          : null,
      };
      return [name, shape];
    }),
  );
}

/** `"name" integer GENERATED ALWAYS AS (…)` of a create statement. */
function generatedAs(sql: string, column: string): string | null {
  const match = new RegExp(`["\`]${column}["\`]\\s+\\w+\\s+generated always as\\s*\\(`, "i").exec(
    sql,
  );
  if (!match) return null;
  const start = match.index + match[0].length;
  return unquote(sql.slice(start, closing(sql, start)));
}

/** `CONSTRAINT "name" CHECK(…)` of a create statement; SQLite offers no pragma for them. */
function checksIn(sql: string): Map<string, string> {
  const checks = new Map<string, string>();
  for (const match of sql.matchAll(/constraint\s+["`](\w+)["`]\s+check\s*\(/gi)) {
    const start = match.index + match[0].length;
    checks.set(match[1] as string, unquote(sql.slice(start, closing(sql, start))));
  }
  return checks;
}

/** The place of the parenthesis that closes one opened before `at`; texts in quotes are skipped. */
function closing(sql: string, at: number): number {
  let depth = 1;
  for (let i = at; i < sql.length; i++) {
    if (sql[i] === "'") i = sql.indexOf("'", i + 1);
    else if (sql[i] === "(") depth++;
    else if (sql[i] === ")" && --depth === 0) return i;
  }
  throw new Error(`unbalanced parentheses: ${sql}`);
}

/** A rename makes SQLite quote names in conditions; the quotes mean nothing. */
function unquote(condition: string): string {
  return condition.replace(/["`](\w+)["`]/g, "$1").replace(/\s+/g, " ");
}
