// The test's D1: its tables made from their declarations, and a view of it that counts, that keeps
// production's limits (the simulator does not), and that fails when told to.
import { env } from "cloudflare:workers";
import { getTableConfig, SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import { expect } from "vitest";
import { searchIndexOf } from "../../scripts/search-index.ts";
import { triggersOf } from "../../src/kernel/after/changes.ts";
import { type AnyTable, type Declared, declarationOf } from "../../src/kernel/table.ts";
import { tables as declared } from "./related-tables.ts";

/** What is there: a view is a declaration alone. */
const tables = declared.filter((t) => !declarationOf(t).view);

const dialect = new SQLiteSyncDialect();

/** The statements that make a declared table. */
function definitionsOf(table: AnyTable): string[] {
  const { name, columns, foreignKeys, checks, indexes } = getTableConfig(table);
  const parts = columns.map((c) => {
    const fallback =
      c.default === undefined ? "" : ` default ${JSON.stringify(c.default).replaceAll('"', "'")}`;
    const rules = `${c.primary ? " primary key" : ""}${c.notNull ? " not null" : ""}`;
    return `"${c.name}" ${c.getSQLType()}${rules}${fallback}`;
  });
  for (const fk of foreignKeys) {
    const {
      columns: [from],
      foreignTable,
      foreignColumns: [to],
    } = fk.reference();
    const parent = getTableConfig(foreignTable).name;
    const gone = fk.onDelete ? ` on delete ${fk.onDelete}` : "";
    parts.push(`foreign key ("${from?.name}") references "${parent}"("${to?.name}")${gone}`);
  }
  for (const c of checks)
    parts.push(`constraint "${c.name}" check (${dialect.sqlToQuery(c.value).sql})`);
  const made = indexes.map(({ config }) => {
    const on = config.columns.map((c) => ("name" in c ? `"${c.name}"` : "")).join(",");
    return `create ${config.unique ? "unique " : ""}index "${config.name}" on "${name}"(${on})`;
  });
  return [`create table "${name}"(${parts.join(",")})`, ...made];
}

/** The search index of a table, and what keeps it. */
export function searchDefinitions(declared: Declared): string[] {
  const { create, triggers } = searchIndexOf(declared) ?? { triggers: [] };
  return [...(create ? [create] : []), ...triggers.map(([, sql]) => sql)];
}

/** Creates the fixture's tables and triggers in the file's own database. */
export async function createTables(): Promise<void> {
  const triggers = tables.flatMap((t) => [...triggersOf(declarationOf(t)).values()]);
  // A module of the product may have a table of the same name; here it is empty and in the way.
  const gone = tables.map((t) => `drop table if exists "${declarationOf(t).sqlName}"`).reverse();
  const searches = tables.flatMap((t) => searchDefinitions(declarationOf(t)));
  const statements = [...gone, ...tables.flatMap(definitionsOf), ...searches, ...triggers];
  await env.DB.batch(statements.map((sql) => env.DB.prepare(sql)));
}

/** What a call of the database did. */
export interface Seen {
  sql: string;
  params: unknown[];
}

/** Where the next writes fail: before they are made, or after, on the way back. */
export type Fault = { when: "before" | "after"; message: string };

export interface StrictDatabase {
  db: D1Database;
  /** Round trips so far. */
  trips: number;
  statements: Seen[];
  /** Rows written, indexes and triggers included, as D1 bills them; and rows read. */
  written: number;
  read: number;
  faults: Fault[];
  /** While set, every call fails with this. */
  down?: string | undefined;
  /** A bookmark the database refuses. */
  badBookmark?: string;
  /** Where each session began: a bookmark, or a word. */
  sessions: (string | undefined)[];
}

const lost: Fault = { when: "after", message: "D1_ERROR: Network connection lost." };
export const lostAnswer = lost;
export const lostRequest: Fault = { ...lost, when: "before" };

export function strict(real: D1Database): StrictDatabase {
  const state: StrictDatabase = {
    db: real,
    trips: 0,
    statements: [],
    written: 0,
    read: 0,
    faults: [],
    sessions: [],
  };
  state.db = {
    withSession(at?: string) {
      state.sessions.push(at);
      if (at && at === state.badBookmark) throw new Error(`D1_ERROR: invalid bookmark: ${at}`);
      const session = real.withSession(at);
      return {
        prepare: (sql: string) => prepared(state, session.prepare(sql), { sql, params: [] }),
        batch: (list: Prepared[]) =>
          send(state, list, () => session.batch(list.map((s) => s.inner))),
        getBookmark: () => session.getBookmark(),
      };
    },
  } as unknown as D1Database; // the store uses withSession alone
  return state;
}

interface Prepared {
  inner: D1PreparedStatement;
  seen: Seen;
}

function prepared(state: StrictDatabase, inner: D1PreparedStatement, seen: Seen): unknown {
  const self: Prepared = { inner, seen };
  return {
    ...self,
    bind: (...params: unknown[]) => prepared(state, inner.bind(...params), { ...seen, params }),
    all: async () => (await send(state, [self], async () => [await inner.all()]))[0],
    first: async () =>
      (await send(state, [self], async () => [await inner.all()]))[0]?.results[0] ?? null,
  };
}

/** One round trip. */
async function send<T extends D1Result>(
  state: StrictDatabase,
  list: Prepared[],
  call: () => Promise<T[]>,
): Promise<T[]> {
  for (const { seen } of list) keepsLimits(seen);
  state.trips++;
  state.statements.push(...list.map((s) => s.seen));
  if (state.down) throw new Error(state.down);
  const writes = list.some((s) => s.seen.sql.includes("insert into _tx"));
  const fault = writes ? state.faults.shift() : undefined;
  if (fault?.when === "before") throw new Error(fault.message);
  const results = await call();
  if (fault) throw new Error(fault.message);
  for (const { meta } of results) {
    state.written += meta.rows_written;
    state.read += meta.rows_read;
  }
  return results;
}

/** What production D1 refuses; see PLATFORM.md. Bytes, parameters, arguments. */
export function keepsLimits({ sql, params }: Seen): void {
  expect(sql.length, "bytes of SQL").toBeLessThanOrEqual(100_000);
  expect(params.length, "parameters").toBeLessThanOrEqual(100);
  expect(mostArguments(sql), `arguments of a function in ${sql}`).toBeLessThanOrEqual(32);
  for (const param of params) {
    if (typeof param === "string")
      expect(param.length, "characters of a parameter").toBeLessThanOrEqual(2_000_000);
  }
}

/** The most arguments of any function call in a statement. */
export function mostArguments(sql: string): number {
  const tokens =
    sql.replace(/'(?:[^']|'')*'/g, "x").match(/insert into \S+?\(|[a-z_]+\(|[(),]/g) ?? [];
  const open: number[] = [];
  let most = 0;
  for (const token of tokens) {
    // A bracket of its own, or of a list of columns, is no call: it starts below any count.
    if (token === "(" || token.startsWith("insert")) open.push(Number.NEGATIVE_INFINITY);
    else if (token.endsWith("(")) open.push(1);
    else if (token === ",") open.push((open.pop() ?? Number.NEGATIVE_INFINITY) + 1);
    else most = Math.max(most, open.pop() ?? 0);
  }
  return most;
}

/** All rows of the fixture and of the change log: equal dumps mean that nothing happened. */
export async function dump(): Promise<Record<string, unknown[]>> {
  const names = [...tables.map((t) => declarationOf(t).sqlName), "_changes"];
  const results = await env.DB.batch(
    names.map((n) => env.DB.prepare(`select * from "${n}" order by rowid`)),
  );
  return Object.fromEntries(names.map((n, i) => [n, results[i]?.results ?? []]));
}

/** Runs something that must leave every table as it was, and not even a transaction's row. */
export async function changesNothing(work: () => Promise<unknown>): Promise<void> {
  const transactions = () => env.DB.prepare("select count(*) as n from _tx").first();
  const before = [await dump(), await transactions()];
  await work();
  expect([await dump(), await transactions()]).toEqual(before);
}

/** Rows straight from the database, past every policy. */
export async function raw<T = Record<string, unknown>>(
  sql: string,
  ...params: unknown[]
): Promise<T[]> {
  return (
    await env.DB.prepare(sql)
      .bind(...params)
      .all<T>()
  ).results;
}
