// Inserts, updates and deletes: new values checked and complete, and one batch.
import { type Answer, answerOf } from "./answer.ts";
import { commit, type Execution, fillingOf, type Parts } from "./commit.ts";
import { Refusal } from "./errors.ts";
import type { UpdateShape, WriteShape } from "./intent.ts";
import { conflictOf } from "./plan/insert.ts";
import { storedColumns } from "./plan/json-sql.ts";
import {
  changedColumns,
  changedValues,
  type Filling,
  incremented,
  newRow,
  only,
  rowsParameter,
} from "./plan/rows.ts";
import { type Bind, type Bound, bindStatement } from "./plan/sql.ts";
import type { WritePlan } from "./plan/write.ts";
import type { Declared, Row } from "./table.ts";

/** Commits a write in one batch: guards, effect and answer. */
export async function executeWrite(
  parts: Parts,
  plan: WritePlan,
  shape: WriteShape,
  bind: Bind,
  execution: Execution,
): Promise<Answer> {
  const rows = rowsOf(parts, plan.table, shape, bind);
  const statements = plan.statements.map((s) => bindStatement(s, { ...bind, rows }));
  const manner = { dryRun: shape.dryRun === true, touches: [plan.table.table] };
  const written = await commit(parts, statements, bind, execution, manner);
  await written.told;
  const { at, order } = plan.answer ?? { at: -1, order: [] };
  return answerOf(shape, bind.values, written, written.rows[at], order);
}

/** The new values a write brings, checked and complete, as its one JSON parameter. */
export function rowsOf(parts: Parts, table: Declared, shape: WriteShape, bind: Bind): string {
  if (shape.verb === "delete") return "";
  const filling = {
    ...fillingOf(parts, bind.actor, bind.actor.role === "service_role"),
    now: bind.now,
    asText: shape.asText === true,
    increments: incremented(table, shape),
  };
  if (shape.verb === "update") return changedRow(table, shape, bind, filling);
  const rows = bind.values[shape.rows] as Row[]; // parsers put an array of objects there
  if (shape.single && rows.length !== 1) throw new Refusal("PGRST116", { count: rows.length });
  const missing = new Set(shape.missing === "null" ? shape.columns : []);
  const complete = rows.map((row) => newRow(table, only(row, shape.columns), missing, filling));
  if (shape.conflict?.resolution === "merge") {
    refuseDuplicates(table, conflictOf(table, shape.conflict.columns), complete);
  }
  return rowsParameter(complete);
}

function changedRow(table: Declared, shape: UpdateShape, bind: Bind, filling: Filling): string {
  const row = only(bind.values[shape.row] as Row, shape.columns); // parsers put an object there
  return rowsParameter(changedValues(table, changedColumns(table, shape.columns), row, filling));
}

/** One upsert touches each row once: two proposed rows with one key are 21000. */
function refuseDuplicates(table: Declared, key: string[], rows: Bound[][]): void {
  const stored = storedColumns(table.columns.values());
  const at = key.map((column) => stored.indexOf(column));
  const named = rows.map((row) => at.map((i) => row[i])).filter((k) => !k.includes(null));
  const keys = new Set(named.map((k) => JSON.stringify(k)));
  if (keys.size < named.length) throw new Refusal("21000");
}
