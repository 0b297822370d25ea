// A write as it is sent to the database: its rows checked and complete, its statements bound.
import { Refusal } from "../errors.ts";
import type { Intent, WriteShape } from "../intent.ts";
import type { Declared, Row } from "../table.ts";
import { conflictOf } from "./insert.ts";
import { storedColumns } from "./json-sql.ts";
import {
  boundRows,
  changedColumns,
  changedValues,
  columnsOf,
  type Filling,
  incremented,
  newRow,
  only,
  rowsParameter,
} from "./rows.ts";
import { type Bound, type BoundStatement, bindStatement } from "./sql.ts";
import type { WritePlan } from "./write.ts";

export interface Prepared extends Intent<WriteShape> {
  plan: WritePlan;
  statements: BoundStatement[];
  /** The new values, as the statements' parameter; and the stored columns they are for. */
  rows: string;
  columns: string[];
}

/** Checks the new values; any that the database would refuse by itself may still be refused. */
export function prepare(
  plan: WritePlan,
  { shape, values }: Intent<WriteShape>,
  filler: Omit<Filling, "trusted">,
): Prepared {
  const { actor, now } = filler;
  const filling = { ...filler, trusted: actor.role === "service_role" };
  const { rows, columns } = rowsOf(plan.table, shape, values, filling);
  const bind = { values, actor, now, rows };
  const statements = plan.statements.map((statement) => bindStatement(statement, bind));
  return { shape, values, plan, statements, rows, columns };
}

/** The new values a write brings, as its one JSON parameter. */
function rowsOf(table: Declared, shape: WriteShape, values: unknown[], filler: Filling) {
  if (shape.verb === "delete") return { rows: "", columns: [] };
  const increments = incremented(table, shape);
  const { set, kept } = columnsOf(table, shape, filler.actor.role);
  const filling = { ...filler, asText: shape.asText === true, increments, kept };
  if (shape.verb === "update") {
    const row = only(values[shape.row] as Row, shape.columns); // parsers put an object there
    const columns = changedColumns(table, set);
    const changed = changedValues(table, columns, only(row, set), filling);
    const held = changedValues(table, kept, row, filling);
    return { rows: rowsParameter([...changed, ...held]), columns };
  }
  const rows = values[shape.rows] as Row[]; // parsers put an array of objects there
  if (shape.single && rows.length !== 1) throw new Refusal("PGRST116", { count: rows.length });
  boundRows(rows.length, table);
  const missing = new Set(shape.missing === "null" ? shape.columns : []);
  const complete = rows.map((row) => newRow(table, only(row, shape.columns), missing, filling));
  if (shape.conflict?.resolution === "merge") {
    refuseDuplicates(table, conflictOf(table, shape.conflict.columns), complete);
  }
  return { rows: rowsParameter(complete), columns: storedColumns(table.columns.values()) };
}

/** One upsert touches each row once: two proposed rows with one key are 21000. */
function refuseDuplicates(table: Declared, key: string[], rows: Bound[][]): void {
  const stored = storedColumns(table.columns.values());
  const at = key.map((column) => stored.indexOf(column));
  const named = rows.map((row) => at.map((i) => row[i])).filter((k) => !k.includes(null));
  const keys = new Set(named.map((k) => JSON.stringify(k)));
  if (keys.size < named.length) throw new Refusal("21000");
}
