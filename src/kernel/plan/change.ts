// What modules ask with their own authority, as statements: queries, and the steps of a Change.
import type { Actor } from "../actor.ts";
import type { Assignment, Change, ModuleQuery, Step, Touch } from "../change.ts";
import { policyOf } from "../policy.ts";
import { and, eq, type Predicate, type Scalar } from "../predicate.ts";
import { type AnyTable, type Declared, declarationOf, type Row } from "../table.ts";
import { fromStored, toStored } from "../values.ts";
import { followed } from "./companion.ts";
import { guardSql } from "./guard.ts";
import { literal, name, storedColumns } from "./json-sql.ts";
import { compilePredicate, rowContext } from "./predicate-sql.ts";
import { changedColumns, type Filling, newRow, rowsParameter } from "./rows.ts";
import { relationSql } from "./scope.ts";
import { type Bind, type BoundStatement, bindStatement, Params } from "./sql.ts";

/** A statement of a module, and how its rows are read. */
export interface ModuleStatement extends BoundStatement {
  rows: (raw: Row[]) => Row[];
}

/** A text with its values bound: a module's steps are planned for one request. */
function bound(params: Params, sql: string, { actor, now }: Pick<Bind, "actor" | "now">) {
  return bindStatement(params.statement(sql), { values: [], actor, now, rows: "" });
}

/** Raw rows to what modules see: booleans and JSON as such. */
function readerOf(table: Declared, columns: string[]): (raw: Row[]) => Row[] {
  return (raw) =>
    raw.map((row) =>
      Object.fromEntries(
        columns.map((c) => {
          const kind = table.columns.get(c)?.kind ?? "text";
          return [c, fromStored(kind, row[c] as string | number | null)]; // D1's three types
        }),
      ),
    );
}

export function queryStatement(query: ModuleQuery, actor: Actor, now: string): ModuleStatement {
  const table = declarationOf(query.from);
  const params = new Params();
  const caller = query.as === "caller";
  const role = caller ? actor.role : "service_role";
  const context = rowContext({ params, role }, table);
  const view = table.view ? `${relationSql(table, role, params)} ` : "";
  const policy = caller ? [policyOf(query.from, "select", actor.role)] : [];
  const all = [...table.columns.values()].filter((c) => !caller || !c.hidden).map((c) => c.name);
  const columns = query.columns ?? all;
  const list = columns.map((c) => context.column(c)).join(",");
  const order = (query.order ?? []).map(
    (o) => `${context.column(o.column)} ${o.descending ? "desc" : "asc"}`,
  );
  const where = compilePredicate(and(...policy, query.where), context);
  const parts = [`select ${list} from ${view}${name(table.sqlName)} where ${where}`];
  if (order.length > 0) parts.push(`order by ${order.join(",")}`);
  if (query.limit !== undefined) parts.push(`limit ${params.constant(query.limit)}`);
  if (query.offset !== undefined) parts.push(`offset ${params.constant(query.offset)}`);
  return { ...bound(params, parts.join(" "), { actor, now }), rows: readerOf(table, columns) };
}

/** That a row is this one. */
export function keyIs(table: AnyTable, row: Row): Predicate {
  return and(...declarationOf(table).key.map((key) => eq(key, row[key] as Scalar))); // as keys are
}

export function touchesOf(change: Change): Touch[] {
  return change.flatMap((step): Touch[] => {
    if ("update" in step) return [{ table: step.update, verb: "update" }];
    if ("delete" in step) return [{ table: step.delete, verb: "delete" }];
    return "insert" in step ? touchedByInsert(step.insert, step.conflict !== undefined) : [];
  });
}

/** An upsert may do either. */
export function touchedByInsert(table: AnyTable, upserts: boolean): Touch[] {
  const touches: Touch[] = [{ table, verb: "insert" }];
  return upserts ? [...touches, { table, verb: "update" }] : touches;
}

/** The statements of one step: its guard first; the last one's rows are those it touched. */
export function stepStatements(step: Step, filling: Filling): ModuleStatement[] {
  if ("insert" in step) return [insertStep(step, filling)];
  if ("expect" in step) return [guardStep(step.expect, step, filling)];
  const table = "update" in step ? step.update : step.delete;
  const guard = step.else === undefined ? [] : [guardStep(table, step, filling)];
  return [...guard, "update" in step ? updateStep(step, filling) : deleteStep(step, filling)];
}

type Conditional = Exclude<Step, { insert: unknown }>;

/** The rows a step is about, decided as the module or by the caller's role. */
function whereOf(step: Conditional, table: Declared, params: Params, { actor }: Filling): string {
  const role = step.as === "caller" ? actor.role : "service_role";
  return compilePredicate(step.where, rowContext({ params, role }, table));
}

function guardStep(of: AnyTable, step: Conditional, filling: Filling): ModuleStatement {
  const table = declarationOf(of);
  const params = new Params();
  const { rows = 1, else: code = "internal" } = step;
  const condition = whereOf(step, table, params, filling);
  const count = `(select count(*) from ${name(table.sqlName)} where ${condition})`;
  const sql = guardSql(
    code,
    { table: literal(table.name) },
    `where ${count} <> ${params.constant(rows)}`,
  );
  return { ...bound(params, sql, filling), rows: () => [] };
}

function returning(table: Declared): { sql: string; rows: (raw: Row[]) => Row[] } {
  const columns = [...table.columns.keys()];
  return { sql: ` returning ${columns.map(name).join(",")}`, rows: readerOf(table, columns) };
}

function insertStep(step: Extract<Step, { insert: unknown }>, filling: Filling): ModuleStatement {
  const table = declarationOf(step.insert);
  const params = new Params();
  const stored = storedColumns(table.columns.values());
  for (const row of step.rows) declared(table, Object.keys(row));
  const rows = rowsParameter(step.rows.map((row) => newRow(table, row, new Set(), filling)));
  const unpacked = stored.map((_, i) => `value->>${i}`).join(",");
  const list = stored.map(name).join(",");
  const from = `json_each(${params.constant(rows)})`;
  const into = `insert into ${name(table.sqlName)}(${list})`;
  let sql = `${into} select ${unpacked} from ${from} where true`;
  if (step.conflict) {
    const sets = assignments(table, step.conflict.set, params, filling);
    sql += ` on conflict(${step.conflict.on.map(name).join(",")}) do update set ${sets}`;
  }
  const back = returning(table);
  return { ...bound(params, sql + back.sql, filling), rows: back.rows };
}

/** A column that was misspelt must not be left out in silence. */
function declared(table: Declared, names: string[]): void {
  const unknown = names.find((name) => !table.columns.has(name));
  if (unknown !== undefined) throw new Error(`${table.name}.${unknown}: no such column`);
}

function updateStep(step: Extract<Step, { update: unknown }>, filling: Filling): ModuleStatement {
  const table = declarationOf(step.update);
  const params = new Params();
  const sets = assignments(table, step.set, params, filling);
  const where = whereOf(step, table, params, filling);
  const back = returning(table);
  const sql = `update ${name(table.sqlName)} set ${sets} where ${where}${back.sql}`;
  return { ...bound(params, sql, filling), rows: back.rows };
}

function deleteStep(step: Extract<Step, { delete: unknown }>, filling: Filling): ModuleStatement {
  const table = declarationOf(step.delete);
  const params = new Params();
  const where = whereOf(step, table, params, filling);
  const back = returning(table);
  const sql = `delete from ${name(table.sqlName)} where ${where}${back.sql}`;
  return { ...bound(params, sql, filling), rows: back.rows };
}

/** The SET list of an update: given values, arithmetic, companions, and the version. */
function assignments(
  table: Declared,
  set: Record<string, Assignment>,
  params: Params,
  filling: Filling,
): string {
  const own = name(table.sqlName);
  declared(table, Object.keys(set));
  const sets = changedColumns(table, Object.keys(set)).map((target) => {
    const [column, companion] = followed(table.columns.values(), target);
    const value = set[column.name];
    const arithmetic = column.kind === "integer" && typeof value === "object" && value !== null;
    if (arithmetic && "plus" in value)
      return `${name(target)}=${own}.${name(target)}+${params.constant(value.plus as number)}`;
    if (arithmetic && "minus" in value)
      return `${name(target)}=${own}.${name(target)}-${params.constant(value.minus as number)}`;
    if (column.fill === "touch" && value === undefined)
      return `${name(target)}=${params.constant(filling.now)}`;
    return `${name(target)}=${params.constant(companion.of(toStored(column, value)))}`;
  });
  return [...sets, `"_v"=${own}."_v"+1`].join(",");
}
