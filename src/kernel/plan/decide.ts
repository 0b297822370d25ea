// What an operation decides about a row, as statements: the caller's policy, the module's steps.
import { principal } from "../actor.ts";
import type { Touch } from "../change.ts";
import type { InsertShape } from "../intent.ts";
import type { Kernel } from "../module.ts";
import type { Scalar } from "../predicate.ts";
import type { Declared, Row } from "../table.ts";
import { fromStored, toStored } from "../values.ts";
import { type ModuleStatement, stepStatements, touchesOf } from "./change.ts";
import type { OperationPlan } from "./insert.ts";
import { type Filling, newRow, rowsParameter, writable } from "./rows.ts";
import { type Bind, type BoundStatement, bindStatement, type Statement } from "./sql.ts";
import { CURRENT_TX } from "./write.ts";

export interface Deciding {
  plan: OperationPlan;
  table: Declared;
  shape: InsertShape;
  bind: Bind;
  setting: Kernel["setting"];
}

/** What was decided about one row: the first of the steps inserts it. */
export interface Decision {
  key: Scalar;
  guards: BoundStatement[];
  steps: ModuleStatement[];
  touches: Touch[];
}

/** The row as the operation sees it: columns as typed values, inputs as their parsers made them. */
export function inputOf({ table, plan, shape, bind }: Deciding, row: Row): Row {
  const inputs = plan.operation.inputs ?? {};
  const input: Row = {};
  for (const name of shape.columns) {
    if (Object.hasOwn(inputs, name)) continue;
    const column = writable(table, name, bind.actor.role === "service_role", false);
    if (Object.hasOwn(row, name))
      input[name] = fromStored(column.kind, toStored(column, row[name], shape.asText));
  }
  for (const [name, parse] of Object.entries(inputs)) input[name] = parse(row[name]);
  return input;
}

export function decide(
  { table, plan, bind, setting }: Deciding,
  input: Row,
  found: Row[][],
  filling: Filling,
): Decision {
  const { id } = filling;
  const context = { actor: bind.actor, now: Date.parse(bind.now), id, setting };
  const change = plan.operation.decide(input, found, context);
  const at = change.findIndex((step) => !("expect" in step));
  const [first, ...rest] = change.slice(at);
  if (!first || !("insert" in first) || first.insert !== table.table || first.rows.length !== 1) {
    throw new Error("an operation's first step inserts its one row");
  }
  const [key = "id"] = table.key;
  const row = { ...first.rows[0], [key]: first.rows[0]?.[key] ?? id() };
  const steps = [{ ...first, rows: [row] }, ...rest];
  const rows = rowsParameter([newRow(table, row, new Set(), filling)]);
  return {
    key: row[key] as Scalar, // keys are scalars
    guards: [
      ...plan.guard.map((guard) => bindStatement(guard, { ...bind, rows })),
      ...change.slice(0, at).flatMap((step) => stepStatements(step, filling)),
    ],
    steps: steps.flatMap((step) => stepStatements(step, filling)),
    touches: touchesOf(steps),
  };
}

export function touchedBy(decisions: Decision[]): Touch[] {
  return decisions.flatMap(({ touches }) => touches);
}

/** Statements about the decided rows, which they find by their keys. */
export function aboutDecided(
  { bind }: Deciding,
  statements: Statement[],
  decisions: Decision[],
): BoundStatement[] {
  const rows = JSON.stringify(decisions.map(({ key }) => key));
  return statements.map((statement) => bindStatement(statement, { ...bind, rows }));
}

/** The new rows as they stand, hidden columns included, from what the statements answered. */
export function insertedRows(decisions: Decision[], results: Row[][]): Row[] {
  let at = 0;
  return decisions.flatMap(({ guards, steps }) => {
    const inserted = steps[0]?.rows(results[at + guards.length] ?? []) ?? [];
    at += guards.length + steps.length;
    return inserted;
  });
}

/** The `status` of a transaction whose rows are still to be settled. */
export const IN_FLIGHT = 102;

/** The answer as it stands so far is shown when nobody settles the rows in time. */
export function keepInFlight(): BoundStatement {
  return { sql: `update _tx set status=${IN_FLIGHT} where seq=${CURRENT_TX}`, params: [] };
}

/** Gives the pending transaction's idempotency record the answer of the one that settled it. */
export function keepAnswer(
  { route, key }: { route: string; key: string },
  bind: Bind,
): BoundStatement {
  const sql = `update _tx set status=null, body=(select body from _tx where seq=${CURRENT_TX})
    where actor=?1 and route=?2 and key=?3`;
  return { sql, params: [principal(bind.actor), route, key] };
}
