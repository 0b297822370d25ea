// Updates and deletes: of the rows that the caller sees, may change, and names in the filter.

import type { DeleteShape, UpdateShape } from "../intent.ts";
import { policyOf } from "../policy.ts";
import { and, everyone, type Predicate } from "../predicate.ts";
import type { Declared } from "../table.ts";
import { policyGuard } from "./denial.ts";
import { pinnedBy } from "./filter.ts";
import { guardSql } from "./guard.ts";
import { name } from "./json-sql.ts";
import { compilePredicate, rowContext, type SqlContext, simplify } from "./predicate-sql.ts";
import { changedColumns, columnsOf, incremented, keptGuard, sumGuard } from "./rows.ts";
import { filterOf } from "./scope.ts";
import { Params, type Statement } from "./sql.ts";
import {
  answerItems,
  answerScope,
  answerSql,
  CAPTURED,
  keepList,
  mustBeSeen,
  ownScope,
  right,
  shownSql,
  sizeGuard,
  storeBody,
  versionSql,
  type WriteMode,
  type WritePlan,
} from "./write.ts";

type ChangeShape = UpdateShape | DeleteShape;

/** The condition of the rows a write touches. */
function touchedSql(mode: WriteMode, table: Declared, shape: ChangeShape, params: Params): string {
  const scope = ownScope(mode, table, params);
  const filter = filterOf(scope, shape) ?? everyone;
  const where = and(scope.source.policy, right(table, shape.verb, mode), filter);
  // New values for no column are no change, not even of the version.
  if (shape.verb === "update" && shape.columns.length === 0) return "0";
  return compilePredicate(where, { ...scope.context, pinned: pinnedBy(filter) });
}

function touchedRows(mode: WriteMode, table: Declared, shape: ChangeShape, params: Params): string {
  return `from ${name(table.sqlName)} where ${touchedSql(mode, table, shape, params)}`;
}

/** Guards on how many rows a write touches, and in which version. */
function rowGuards(mode: WriteMode, table: Declared, shape: ChangeShape): Statement[] {
  const out: Statement[] = [];
  const { ifMatch, maxAffected, expected } = shape;
  const counted = (params: Params) =>
    `from (select count(*) as n ${touchedRows(mode, table, shape, params)})`;
  if (ifMatch !== undefined) {
    const params = new Params();
    const rows = `select 1 ${touchedRows(mode, table, shape, params)}`;
    const named = versionSql(table, ifMatch, params);
    const stale = `exists(${rows} and not ${named})`;
    const when = `where not exists(${rows} and ${named}) or ${stale}`;
    out.push(params.statement(guardSql("precondition_failed", {}, when)));
  }
  if (maxAffected !== undefined) {
    const params = new Params();
    const max = `cast(${params.add((bind) => Number(bind.values[maxAffected]))} as integer)`;
    const rows = `select 1 ${touchedRows(mode, table, shape, params)} limit ${max}+1`;
    const when = `where (select count(*) from (${rows})) > ${max}`;
    out.push(params.statement(guardSql("PGRST124", { max }, when)));
  }
  if (expected !== undefined) {
    const params = new Params();
    const wanted = `cast(${params.add((bind) => Number(bind.values[expected]))} as integer)`;
    const named = { expected: wanted, found: "n" };
    const when = `${counted(params)} where n <> ${wanted}`;
    out.push(params.statement(guardSql("unexpected_rows", named, when)));
  }
  if (shape.single) {
    const params = new Params();
    const when = `${counted(params)} where n <> 1`;
    out.push(params.statement(guardSql("PGRST116", { count: "n" }, when)));
  }
  return out;
}

/** New values for rows; rows that may not be as they would be are 42501, before the effect. */
export function planUpdate(mode: WriteMode, shape: UpdateShape): WritePlan {
  const table = mode.schema.table(shape.table, shape.schema);
  const { set: sent, kept } = columnsOf(table, shape, mode.role);
  const columns = changedColumns(table, sent);
  const statements = [
    ...rowGuards(mode, table, shape),
    ...keptGuards(mode, table, shape, { kept, from: columns.length }),
    ...checkGuards(mode, table, shape, columns),
  ];
  const params = new Params();
  const will = willBe(mode, table, shape, columns, params);
  const set = (c: string) => `${name(c)}=${will.column(c)}`;
  const sets = [...columns.map(set), `"_v"="_v"+1`];
  const effect = `update ${name(table.sqlName)} set ${sets.join(",")} where`;
  const plan: WritePlan = { kind: "write", table, statements };
  if (!mode.stored) {
    return finish(plan, mode, shape, `${effect} ${touchedSql(mode, table, shape, params)}`, params);
  }
  plan.answer = { at: statements.length + 2, order: [] };
  statements.push(
    captureRows(mode, table, shape),
    params.statement(`${effect} rowid in ${CAPTURED}`),
    storeCaptured(mode, table, shape),
    sizeGuard(),
  );
  return plan;
}

/** What was sent for columns that are not written stands behind the new values. */
function keptGuards(
  mode: WriteMode,
  table: Declared,
  shape: UpdateShape,
  { kept, from }: { kept: string[]; from: number },
): Statement[] {
  if (kept.length === 0) return [];
  const params = new Params();
  const stored = rowContext({ ...mode, params }, table);
  const sent = kept.map((_, i) => newValue(params, from + i));
  const differs = (c: string) => `${stored.column(c)} is not ${sent[kept.indexOf(c)]}`;
  const rows = touchedRows(mode, table, shape, params);
  return [params.statement(keptGuard(table, kept, differs, rows))];
}

function newValue(params: Params, at: number): string {
  return `(${params.add((bind) => bind.rows, "rows")}->>${at})`;
}

/** A row as it will be: new values, sums, and what stays. */
function willBe(
  mode: WriteMode,
  table: Declared,
  shape: UpdateShape,
  columns: string[],
  params: Params,
): SqlContext {
  const stored = rowContext({ ...mode, params }, table);
  const adds = incremented(table, shape);
  const column = (c: string) => {
    const at = columns.indexOf(c);
    if (at < 0) return stored.column(c);
    const value = newValue(params, at);
    return adds.has(c) ? `(${stored.column(c)}+${value})` : value;
  };
  return { ...stored, column };
}

/** What the rows as they will be must satisfy: the check; and to be seen, where one is shown. */
function checkGuards(
  mode: WriteMode,
  table: Declared,
  shape: UpdateShape,
  columns: string[],
): Statement[] {
  const { role } = mode;
  const using = policyOf(table.table, "update", role);
  const check = policyOf(table.table, "check", role);
  const out: Statement[] = [];
  for (const column of incremented(table, shape)) {
    const params = new Params();
    const sum = willBe(mode, table, shape, columns, params).column(column);
    const rows = touchedRows(mode, table, shape, params);
    out.push(params.statement(sumGuard(table, column, sum, rows)));
  }
  if (matters(right(table, "check", mode), check === using ? columns : undefined)) {
    const params = new Params();
    const denied = { table, verb: "check", role } as const; // a literal verb
    const rows = touchedRows(mode, table, shape, params);
    const holds = compilePredicate(check, willBe(mode, table, shape, columns, params));
    const failing = `${rows} and (${holds}) is not true limit 1`;
    out.push(policyGuard(denied, params, "", failing));
  }
  const select = simplify(policyOf(table.table, "select", role), role);
  const will = (params: Params) => willBe(mode, table, shape, columns, params).column;
  return [...out, ...shownGuard(mode, table, shape, matters(select, columns), will)];
}

/** The one row that is to be shown must be, as it will be; `hides`: it may be seen no more. */
function shownGuard(
  mode: WriteMode,
  table: Declared,
  shape: ChangeShape,
  hides: boolean,
  will?: (params: Params) => SqlContext["column"],
): Statement[] {
  const inner = shape.returning.some((item) => "embed" in item && item.embed.join === "inner");
  if (!mustBeSeen(shape) || !(hides || inner)) return [];
  const params = new Params();
  const scope = answerScope(mode, table, shape.returning, params);
  if (will) scope.context.column = will(params);
  const rows = touchedRows(mode, table, shape, params);
  const hidden = `${rows} and (${shownSql(scope)}) is not true limit 1`;
  return [params.statement(guardSql("PGRST116", { count: "0" }, hidden))];
}

/** Must a policy be asked again? Not where it holds already and no column it names changes. */
function matters(policy: Predicate, changed: string[] | undefined): boolean {
  if (policy.kind === "constant") return false;
  const named = namedIn(policy);
  return changed === undefined || changed.some((c) => named.has(c));
}

/** Columns of the row itself that a predicate looks at. */
function namedIn(predicate: Predicate): Set<string> {
  switch (predicate.kind) {
    case "and":
    case "or":
      return new Set(predicate.of.flatMap((p) => [...namedIn(p)]));
    case "not":
      return namedIn(predicate.of);
    case "member":
    case "via":
      return new Set([predicate.column]);
    case "compare": {
      const sides = [predicate.left, predicate.right];
      return new Set(sides.flatMap((t) => ("column" in t ? [t.column] : [])));
    }
    case "is":
    case "in":
    case "like":
      return new Set("column" in predicate.left ? [predicate.left.column] : []);
    default:
      return new Set();
  }
}

/** Rows gone; the answer is what they were. */
export function planDelete(mode: WriteMode, shape: DeleteShape): WritePlan {
  const table = mode.schema.table(shape.table, shape.schema);
  const statements = [...rowGuards(mode, table, shape), ...shownGuard(mode, table, shape, false)];
  const params = new Params();
  const where = touchedSql(mode, table, shape, params);
  const plan: WritePlan = { kind: "write", table, statements };
  const effect = `delete from ${name(table.sqlName)} where ${where}`;
  if (!mode.stored) return finish(plan, mode, shape, effect, params);
  plan.answer = { at: statements.length, order: [] };
  const before = new Params();
  const answer = answerSql(mode, table, shape, before, true);
  const rows = touchedRows(mode, table, shape, before);
  const body = storeBody(`select ${answer.columns} ${rows}${answer.orderBy}`);
  statements.push(before.statement(body), sizeGuard(), params.statement(effect));
  return plan;
}

/** Adds the effect, with RETURNING where the answer needs the rows. */
function finish(
  plan: WritePlan,
  mode: WriteMode,
  shape: ChangeShape,
  sql: string,
  params: Params,
): WritePlan {
  if (!answerItems(shape, plan.table) && !shape.count) {
    plan.statements.push(params.statement(sql));
    return plan;
  }
  // While rows are deleted, a policy that looks at its own table would miss those that are gone.
  const answer = answerSql(mode, plan.table, shape, params, shape.verb === "delete");
  plan.answer = { at: plan.statements.length, order: answer.order };
  plan.statements.push(params.statement(`${sql} returning ${answer.columns}${answer.sorted}`));
  return plan;
}

/** Remembers which rows the update touches: afterwards the filter may no longer match them. */
function captureRows(mode: WriteMode, table: Declared, shape: UpdateShape): Statement {
  const params = new Params();
  const rows = `select json_group_array(rowid) ${touchedRows(mode, table, shape, params)}`;
  return params.statement(keepList(rows));
}

function storeCaptured(mode: WriteMode, table: Declared, shape: UpdateShape): Statement {
  const params = new Params();
  const own = name(table.sqlName);
  const answer = answerSql(mode, table, shape, params);
  const rows = `select ${answer.columns} from ${own} where ${own}.rowid in ${CAPTURED}`;
  return params.statement(storeBody(rows + answer.orderBy));
}
