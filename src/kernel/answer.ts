// What came of an intent, for a protocol to render; and how a write's rows become it.
import { Refusal } from "./errors.ts";
import type { WriteShape } from "./intent.ts";
import { orderOf } from "./plan/compare.ts";
import { type OrderTerm, rowCount } from "./plan/order.ts";
import type { Written } from "./store.ts";
import type { Row } from "./table.ts";

export interface Answer {
  /** One JSON text per row, in order; for a scalar function one text, the value itself. */
  rows: string[];
  /** Where the intent asked to count: rows that match without limit and offset, or rows touched. */
  total?: number;
  /** The version of the row (its ETag), where the answer is exactly one row of a table. */
  version?: number;
  /** Insert only: whether any row was new (an upsert may only have updated). */
  created?: boolean;
  /** The stored answer of an earlier request with the same Idempotency-Key. */
  replayed?: boolean;
  /** Rows that the database looked at for this; absent where that would tell of hidden ones. */
  rowsRead?: number;
  /** A function that answers with one value rather than rows. */
  scalar?: boolean;
  /** The cursor of the next page, where the intent asked for one by cursor and there are more. */
  next?: string;
  /** The D1 bookmark of what was seen or written. */
  bookmark?: string;
}

/** `[version, row]` of each row touched; the row is null where the caller may not see it. */
type Touched = [version: number, row: string | null][];

/**
 * A write's answer from the rows its statement returned (`v`, `j`, and the terms of `order`), or
 * from the answer that was stored, which is in order already; `step` is its place in the batch.
 */
export function answerOf(
  shape: WriteShape,
  values: unknown[],
  written: Written,
  rows: Row[] = [],
  order: OrderTerm[] = [],
  step = 0,
): Answer {
  const own = rows[0]?.body;
  let touched: Touched;
  if (written.stored !== undefined) touched = storedAnswer(written.stored, step);
  else touched = typeof own === "string" ? storedAnswer(own, 0) : returned(rows, order);
  const seen = touched.flatMap(([, row]) => (row === null ? [] : [row]));
  const answer: Answer = { rows: shape.answer === "minimal" ? [] : page(shape, values, seen) };
  if (shape.count) answer.total = touched.length;
  if (shape.verb === "insert") answer.created = !shape.conflict || touched.some(([v]) => v === 1);
  if (touched.length === 1 && shape.verb !== "delete") answer.version = touched[0]?.[0] ?? 0;
  if (written.stored !== undefined && !written.fresh) answer.replayed = true;
  if (written.bookmark !== undefined) answer.bookmark = written.bookmark;
  // Guards have undone what would show no row; an ignored duplicate changed nothing.
  if (shape.single && shape.answer === "representation" && seen.length !== 1) {
    throw new Refusal("PGRST116", { count: seen.length });
  }
  return answer;
}

/** Limit and offset of a write are about the rows sent back. */
function page(shape: WriteShape, values: unknown[], rows: string[]): string[] {
  const offset = rowCount(values, shape.offset) ?? 0;
  return rows.slice(offset, offset + (rowCount(values, shape.limit) ?? rows.length));
}

/** Refuses, while nothing is written yet, a limit or offset that would leave out the one row. */
export function checkWindow(shape: WriteShape, values: unknown[]): void {
  const shown = page(shape, values, ["the row"]).length;
  if (shape.single && shape.answer === "representation" && shown === 0) {
    throw new Refusal("PGRST116", { count: 0 });
  }
}

function returned(rows: Row[], order: OrderTerm[]): Touched {
  const sorted = order.length > 0 ? rows.toSorted((a, b) => compareRows(a, b, order)) : rows;
  return sorted.map((row) => [Number(row.v), row.j === null ? null : String(row.j)]);
}

/** As ORDER BY would: RETURNING has none. */
function compareRows(a: Row, b: Row, order: OrderTerm[]): number {
  for (const [i, { descending, nulls }] of order.entries()) {
    const [left, right] = [a[`o${i}`], b[`o${i}`]] as (string | number | null)[]; // D1's types
    if (left === right) continue;
    if (left === null || left === undefined) return nulls === "first" ? -1 : 1;
    if (right === null || right === undefined) return nulls === "first" ? 1 : -1;
    const difference = orderOf(left, right);
    if (difference !== 0) return descending ? -difference : difference;
  }
  return 0;
}

function storedAnswer(body: string, step: number): Touched {
  if (body === "lost") throw new Refusal("answer_lost");
  const lists = JSON.parse(body) as [number, unknown][][]; // what storeBody wrote
  const touched = lists[step] ?? [];
  return touched.map(([version, row]) => [version, row === null ? null : JSON.stringify(row)]);
}
