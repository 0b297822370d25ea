// Inserts, upserts, and what the plan adds to an operation's own steps.
import { Refusal } from "../errors.ts";
import type { InsertShape, Slot } from "../intent.ts";
import type { Operation } from "../module.ts";
import { policyOf } from "../policy.ts";
import { and, isNever } from "../predicate.ts";
import type { Declared } from "../table.ts";
import { noPolicy, policyGuard } from "./denial.ts";
import { guardSql } from "./guard.ts";
import { name, storedColumns } from "./json-sql.ts";
import { compilePredicate, rowContext, simplify } from "./predicate-sql.ts";
import { changedColumns, columnsOf, incremented, keptGuard, sumGuard } from "./rows.ts";
import { Params, type Statement } from "./sql.ts";
import {
  answerItems,
  answerScope,
  answerSql,
  CAPTURED,
  keepList,
  mustBeSeen,
  right,
  shownSql,
  sizeGuard,
  storeBody,
  versionSql,
  type WriteMode,
  type WritePlan,
} from "./write.ts";

/** The rows to be written, as a table called `new`; each statement that needs them unpacks them. */
function newRows(table: Declared, params: Params): string {
  const rows = params.add((bind) => bind.rows, "rows");
  const columns = storedColumns(table.columns.values()).map((c, i) => `value->>${i} as ${name(c)}`);
  return `with new as materialized (select key as i,${columns.join(",")} from json_each(${rows}))`;
}

/** A statement that begins with the rows to be written. */
function overNew(table: Declared, write: (params: Params) => string): Statement {
  const params = new Params();
  return params.statement(`${newRows(table, params)} ${write(params)}`);
}

/** New rows, all or none; with `conflict`, rows whose key exists are merged or left alone. */
export function planInsert(mode: WriteMode, shape: InsertShape): WritePlan {
  const table = mode.schema.table(shape.table, shape.schema);
  const { set, kept } = columnsOf(table, shape, mode.role);
  const conflict = shape.conflict && conflictOf(table, shape.conflict.columns);
  const merge = shape.conflict?.resolution === "merge";
  const statements = insertPolicyGuard(mode, table);
  if (shape.ifMatch !== undefined) {
    if (!conflict || !merge) throw new Refusal("precondition_failed"); // a new row has no version
    statements.push(versionGuard(mode, table, conflict, shape.ifMatch));
  }
  if (conflict && merge) {
    if (shape.ifNoneMatch) statements.push(absenceGuard(mode, table, conflict));
    statements.push(...mergeGuards(mode, table, conflict, { ...shape, columns: set }, kept));
  }
  if (mode.stored && conflict && !merge) statements.push(captureExisting(table, conflict));
  const params = new Params();
  const effect = effectSql(table, { ...shape, columns: set }, conflict, params);
  const plan: WritePlan = { kind: "write", table, statements };
  if (mode.stored) {
    plan.answer = { at: statements.length + 1, order: [] };
    statements.push(params.statement(effect), ...storeInserted(mode, table, shape, conflict));
  } else if (answerItems(shape, table) || shape.count || conflict) {
    const answer = answerSql(mode, table, shape, params);
    plan.answer = { at: statements.length, order: answer.order };
    const returning = `${effect} returning ${answer.columns}${answer.sorted}`;
    statements.push(params.statement(returning));
  } else statements.push(params.statement(effect));
  if (mustBeSeen(shape) && (!conflict || merge)) {
    statements.push(...seenGuard(mode, table, shape, conflict ?? table.key));
  }
  return plan;
}

function effectSql(
  table: Declared,
  shape: InsertShape,
  conflict: string[] | undefined,
  params: Params,
): string {
  const columns = storedColumns(table.columns.values()).map(name).join(",");
  const into = `insert into ${name(table.sqlName)}(${columns})`;
  const sql = `${newRows(table, params)} ${into} select ${columns} from new where true`;
  if (!conflict) return sql;
  const merge = shape.conflict?.resolution === "merge";
  const then = merge ? mergeSql(table, shape, conflict, params) : "nothing";
  return `${sql} on conflict(${conflict.map(name).join(",")}) do ${then}`;
}

function insertPolicyGuard(mode: WriteMode, table: Declared): Statement[] {
  const policy = right(table, "insert", mode);
  if (policy.kind === "constant") return [];
  const params = new Params();
  const context = rowContext({ ...mode, params }, table, "new");
  const when = `from new where (${compilePredicate(policy, context)}) is not true limit 1`;
  const denied = { table, verb: "insert", role: mode.role } as const; // a literal verb
  return [policyGuard(denied, params, `${newRows(table, params)} `, when)];
}

/** The key an upsert goes by: the columns named, or the primary key; 42P10 if not unique. */
export function conflictOf(table: Declared, columns: string[] | undefined): string[] {
  const wanted = columns && columns.length > 0 ? columns : table.key;
  const same = (u: string[]) => u.length === wanted.length && u.every((c) => wanted.includes(c));
  const hidden = (names: string[]) => names.some((c) => table.columns.get(c)?.hidden);
  if (!hidden(wanted) && table.uniques.some(same)) return wanted;
  const choices = table.uniques.filter((u) => !hidden(u)).map((u) => u.join(","));
  throw new Refusal("42P10", { table: table.name, choices: choices.join("; ") });
}

/** The columns a merge changes: those sent and what each update renews, but not the key. */
function mergedColumns(table: Declared, given: string[], conflict: string[]): string[] {
  const settable = given.filter((c) => !conflict.includes(c) && !table.columns.get(c)?.setOnce);
  return changedColumns(table, settable);
}

/** The value a column gets where a row is met; what is renewed may have been sent as it was. */
function mergedValue(table: Declared, c: string, sent: string[], params: Params, of: string) {
  const renewed = table.columns.get(c)?.fill === "touch" && !sent.includes(c);
  return renewed ? params.add((bind) => bind.now, "now") : `${of}.${name(c)}`;
}

function mergeSql(table: Declared, shape: InsertShape, conflict: string[], params: Params): string {
  const adds = incremented(table, shape);
  const sets = mergedColumns(table, shape.columns, conflict).map((c) => {
    const value = mergedValue(table, c, shape.columns, params, "excluded");
    const stored = `${name(table.sqlName)}.${name(c)}`;
    return `${name(c)}=${adds.has(c) ? `${stored}+${value}` : value}`;
  });
  return `update set ${[...sets, `"_v"=${name(table.sqlName)}."_v"+1`].join(",")}`;
}

/** A stored row has the key of a proposed one. */
function sameKey(table: Declared, key: string[]): string {
  return key.map((c) => `${name(table.sqlName)}.${name(c)}=new.${name(c)}`).join(" and ");
}

/** A stored row is what became of a proposed one: a key that holds a NULL meets no row. */
function becameSql(table: Declared, key: string[]): string {
  const nullable = key.filter((c) => !table.columns.get(c)?.notNull && !table.key.includes(c));
  const same = sameKey(table, key);
  if (nullable.length === 0) return same;
  const none = nullable.map((c) => `new.${name(c)} is null`).join(" or ");
  return `((${same}) or ((${none}) and ${sameKey(table, table.key)}))`;
}

function joinNew(table: Declared, key: string[], join = "join"): string {
  return `from new ${join} ${name(table.sqlName)} on ${sameKey(table, key)}`;
}

/** If-Match on an upsert: every proposed row must meet one that the caller sees in that version. */
function versionGuard(
  mode: WriteMode,
  table: Declared,
  conflict: string[],
  ifMatch: Slot | "*",
): Statement {
  return overNew(table, (params) => {
    const [visible, version] = [
      visibleSql(mode, table, params),
      versionSql(table, ifMatch, params),
    ];
    const same = `${sameKey(table, conflict)} and ${visible} and ${version}`;
    const met = `select 1 from ${name(table.sqlName)} where ${same}`;
    return guardSql("precondition_failed", {}, `from new where not exists(${met}) limit 1`);
  });
}

/** If-None-Match on an upsert: no proposed row meets one that the caller sees. */
function absenceGuard(mode: WriteMode, table: Declared, conflict: string[]): Statement {
  const met = (params: Params) =>
    `${joinNew(table, conflict)} where ${visibleSql(mode, table, params)} limit 1`;
  return overNew(table, (params) => guardSql("precondition_failed", {}, met(params)));
}

/** Rows that meet an existing one: may it be changed, and may it become the merged row? */
function mergeGuards(
  mode: WriteMode,
  table: Declared,
  conflict: string[],
  shape: InsertShape,
  kept: string[],
): Statement[] {
  const given = shape.columns;
  const out: Statement[] = [];
  if (isNever(simplify(policyOf(table.table, "update", mode.role), mode.role))) {
    const hint = "To skip rows that exist, send resolution=ignore-duplicates.";
    throw noPolicy(table, "update", mode.role, hint);
  }
  const using = and(right(table, "select", mode), right(table, "update", mode));
  const check = right(table, "check", mode);
  const params = new Params();
  const stored = rowContext({ ...mode, params }, table);
  const changed = new Set(mergedColumns(table, given, conflict));
  const adds = [...incremented(table, shape)].filter((c) => changed.has(c));
  const column = (c: string) => {
    if (adds.includes(c)) return `(${stored.column(c)}+new.${name(c)})`;
    return changed.has(c) ? mergedValue(table, c, given, params, "new") : stored.column(c);
  };
  const merged = { ...stored, column };
  if (simplify(and(using, check), mode.role).kind !== "constant") {
    const holds = `${compilePredicate(using, stored)} and ${compilePredicate(check, merged)}`;
    const when = `${joinNew(table, conflict)} where (${holds}) is not true limit 1`;
    const denied = { table, verb: "update", role: mode.role } as const; // a literal verb
    out.push(policyGuard(denied, params, `${newRows(table, params)} `, when));
  }
  const met = `${joinNew(table, conflict)} where true`;
  for (const c of adds) out.push(overNew(table, () => sumGuard(table, c, column(c), met)));
  const once = given.filter((c) => table.columns.get(c)?.setOnce && !conflict.includes(c));
  if (once.length + kept.length === 0) return out;
  // A new row may bring what is written once, but nothing that the server fills.
  const differs = (c: string) => {
    const other = `${stored.column(c)} is not new.${name(c)}`;
    const isNew = `${stored.column("_v")} is null`;
    return kept.includes(c) ? `(${isNew} or ${other})` : `(not ${isNew} and ${other})`;
  };
  const all = `${joinNew(table, conflict, "left join")} where true`;
  return [...out, overNew(table, () => keptGuard(table, [...kept, ...once], differs, all))];
}

/** After the effect: the rows the answer must show are rows the caller sees. */
function seenGuard(mode: WriteMode, table: Declared, shape: InsertShape, key: string[]) {
  const params = new Params();
  const visible = shownSql(answerScope(mode, table, shape.returning, params));
  if (visible === "1") return [];
  const own = name(table.sqlName);
  const seen = `select 1 from ${own} where ${becameSql(table, key)} and ${visible}`;
  const guard = guardSql("PGRST116", { count: "0" }, `from new where not exists(${seen})`);
  return [params.statement(`${newRows(table, params)} ${guard}`)];
}

function visibleSql(mode: WriteMode, table: Declared, params: Params): string {
  const policy = policyOf(table.table, "select", mode.role);
  return compilePredicate(policy, rowContext({ ...mode, params }, table));
}

/** Remembers which proposed rows exist already, so that the answer shows only the others. */
function captureExisting(table: Declared, conflict: string[]): Statement {
  const existing = `select json_group_array(new.i) ${joinNew(table, conflict)}`;
  return overNew(table, () => keepList(existing));
}

/** Of proposed rows whose duplicates are ignored: those that made one, the first of each key. */
function madeSql(key: string[]): string {
  const columns = key.map((c) => `new.${name(c)}`);
  const none = columns.map((c) => `${c} is null`).join(" or ");
  const first = `select min(i) from new group by ${columns.join(",")},case when ${none} then i end`;
  return `new.i not in ${CAPTURED} and new.i in (${first})`;
}

function storeInserted(
  mode: WriteMode,
  table: Declared,
  shape: InsertShape,
  conflict: string[] | undefined,
): Statement[] {
  const params = new Params();
  const prefix = newRows(table, params);
  const key = conflict ?? table.key;
  const made = shape.conflict?.resolution === "ignore" ? ` where ${madeSql(key)}` : "";
  const answer = answerSql(mode, table, shape, params);
  const order = answer.orderBy || " order by new.i";
  const from = `from new join ${name(table.sqlName)} on ${becameSql(table, key)}`;
  const rows = `select ${answer.columns} ${from}${made}${order}`;
  return [params.statement(`${prefix} ${storeBody(rows)}`), sizeGuard()];
}

// Operations: their steps are the module's; the policy and the answer are the caller's.

export interface OperationPlan {
  kind: "operation";
  operation: Operation;
  /** Does the caller's insert policy allow the decided rows (the bind's rows)? */
  guard: Statement[];
  /** Where the answer must show it: does the caller see the row whose key is in the bind's rows? */
  seen: Statement[];
  /** What is answered about the rows with those keys; the first statement answers. */
  answer: Statement[];
}

/** What surrounds the steps of an operation; upserts are refused with `operation_only`. */
export function planOperation(
  mode: WriteMode,
  shape: InsertShape,
  operation: Operation,
): OperationPlan {
  const table = mode.schema.table(shape.table, shape.schema);
  if (shape.conflict) throw new Refusal("operation_only", { table: table.name });
  if (shape.ifMatch !== undefined) throw new Refusal("precondition_failed");
  const guard = insertPolicyGuard(mode, table);
  const params = new Params();
  const own = name(table.sqlName);
  const answer = answerSql(mode, table, shape, params);
  const order = answer.orderBy || ` order by ${own}.rowid`;
  const rows = `select ${answer.columns} from ${own} where ${keyed(table, params)}${order}`;
  const answering = mode.stored
    ? [params.statement(storeBody(rows)), sizeGuard()]
    : [params.statement(rows)];
  return {
    kind: "operation",
    operation,
    guard,
    seen: seenKeys(mode, table, shape),
    answer: answering,
  };
}

function keyed(table: Declared, params: Params): string {
  const [key = "id"] = table.key;
  const keys = `select value from json_each(${params.add((bind) => bind.rows, "rows")})`;
  return `${name(table.sqlName)}.${name(key)} in (${keys})`;
}

function seenKeys(mode: WriteMode, table: Declared, shape: InsertShape): Statement[] {
  if (!mustBeSeen(shape)) return [];
  const params = new Params();
  const seen = `select 1 from ${name(table.sqlName)} where ${keyed(table, params)}`;
  const visible = shownSql(answerScope(mode, table, shape.returning, params));
  const when = `where not exists(${seen} and ${visible})`;
  return visible === "1" ? [] : [params.statement(guardSql("PGRST116", { count: "0" }, when))];
}
