// What all writes share. A write is one batch: guards before the effect, the effect, and what is
// answered about the rows it touched; the store puts the transaction's row before it.

import type { Item, Slot, WriteShape } from "../intent.ts";
import { policyOf, type Verb } from "../policy.ts";
import { isNever, type Predicate } from "../predicate.ts";
import type { Declared } from "../table.ts";
import { noPolicy } from "./denial.ts";
import { boundEmbeds, fromRows } from "./embed.ts";
import { featureSql } from "./feature.ts";
import { guardSql } from "./guard.ts";
import { name } from "./json-sql.ts";
import { type OrderTerm, orderSql, orderTerms } from "./order.ts";
import { compilePredicate, simplify } from "./predicate-sql.ts";
import {
  innerSql,
  openScope,
  type Planning,
  type Scope,
  sourceUnder,
  tableSource,
} from "./scope.ts";
import { objectSql } from "./select.ts";
import { type BoundStatement, balanced, type Params, type Statement } from "./sql.ts";

/** Bytes of an answer that is kept for its Idempotency-Key, or carried out of a dry run. */
const MAX_STORED_ANSWER_BYTES = 262_144;

/** The transaction's row. It keeps one list per write of the batch, of which the last is open. */
export const CURRENT_TX = "(select max(seq) from _tx)";
const BODY = `(select body from _tx where seq = ${CURRENT_TX})`;
const LISTS = "coalesce(body,'[[]]')";
/** What `keepList` has put into the open list. */
export const CAPTURED = `(select value from json_each(${BODY},'$[#-1]'))`;

/** Fills the open list; `list` is SQL of a JSON array. */
export function keepList(list: string): string {
  const body = `json_set(${LISTS},'$[#-1]',json((${list})))`;
  return `update _tx set body=${body} where seq = ${CURRENT_TX}`;
}

/** Opens the list of the batch's next write. */
export function nextList(): BoundStatement {
  const body = `json_insert(${LISTS},'$[#]',json('[]'))`;
  return { sql: `update _tx set body=${body} where seq = ${CURRENT_TX}`, params: [] };
}

export interface WritePlan {
  kind: "write";
  table: Declared;
  statements: Statement[];
  /** Which statement answers: with rows of `v`, `j` and the order's terms, or with one `body`. */
  answer?: { at: number; order: OrderTerm[] };
}

export interface WriteMode extends Planning {
  /** Keep the answer in the transaction's row: for an idempotency key, or for a dry run. */
  stored: boolean;
}

/** The policy of a verb for the role; 42501 where nobody of that role may, whatever the row. */
export function right(table: Declared, verb: Verb, mode: WriteMode): Predicate {
  const policy = simplify(policyOf(table.table, verb, mode.role), mode.role);
  if (isNever(policy)) throw noPolicy(table, verb, mode.role);
  return policy;
}

/** What the answer shows of a row: nothing, its key, or what was asked for. */
export function answerItems(shape: WriteShape, table: Declared): Item[] | undefined {
  if (shape.answer === "minimal") return undefined;
  if (shape.answer === "representation") return shape.returning;
  return table.key.map((column) => ({ field: { column } }));
}

/** A scope over rows that the statement names by their table. */
export function ownScope(
  mode: WriteMode,
  table: Declared,
  params: Params,
  items: Item[] = [],
): Scope {
  return openScope(mode, tableSource(table, mode.role), params, name(table.sqlName), items);
}

/** What a statement selects or returns about the rows it touched, and their order. */
export interface AnswerSql {
  /** `v` and `j` of each row; a row the caller may not see has no `j`. */
  columns: string;
  /** The terms of the order, as further columns: RETURNING takes no ORDER BY. */
  sorted: string;
  orderBy: string;
  order: OrderTerm[];
}

/** The rows a write answers about. */
export function answerScope(mode: WriteMode, table: Declared, items: Item[], params: Params) {
  // A table nobody may read can still be written: its rows are then answered as none.
  const policy = simplify(policyOf(table.table, "select", mode.role), mode.role);
  return openScope(mode, sourceUnder(table, policy, mode.role), params, name(table.sqlName), items);
}

/** What holds of a row that is answered: the caller sees it, and its inner embeds have rows. */
export function shownSql(scope: Scope, seen = false): string {
  const policy = seen ? "1" : compilePredicate(scope.source.policy, scope.context);
  const parts = [policy, ...innerSql(scope)].filter((part) => part !== "1");
  return parts.length === 0 ? "1" : balanced("and", parts);
}

/** `seen`: the caller is known to see the rows, so that they need not be asked about again. */
export function answerSql(
  mode: WriteMode,
  table: Declared,
  shape: WriteShape,
  params: Params,
  seen = false,
): AnswerSql {
  const items = answerItems(shape, table);
  const version = `${name(table.sqlName)}."_v" as v`;
  if (!items) return { columns: `${version},null as j`, sorted: "", orderBy: "", order: [] };
  boundEmbeds(mode.schema, table, items, fromRows);
  const scope = answerScope(mode, table, items, params);
  const visible = shownSql(scope, seen);
  const columns = objectSql(scope, items);
  const feature = shape.features && shape.answer === "representation";
  const object = feature ? featureSql(scope, columns) : columns;
  const shown = visible === "1" ? object : `case when ${visible} then ${object} end`;
  const order = orderTerms(scope, shape.order);
  const sorted = order.map((term, i) => `,${term.sql} as o${i}`).join("");
  return {
    columns: `${version},${shown} as j`,
    sorted,
    orderBy: orderSql(scope, shape.order),
    order,
  };
}

/** Is the stored row in one of the versions that If-Match names? */
export function versionSql(table: Declared, ifMatch: Slot | "*", params: Params): string {
  if (ifMatch === "*") return "1";
  const versions = params.add((bind) => JSON.stringify(bind.values[ifMatch]));
  return `(${name(table.sqlName)}."_v" in (select value from json_each(${versions})))`;
}

/** Keeps the answer in the open list, and gives it; `rows` selects what `answerSql` says. */
export function storeBody(rows: string): string {
  const list = `select coalesce(json_group_array(json_array(v,json(j))),'[]') from (${rows})`;
  return `${keepList(list)} returning json_array(json(body->'$[#-1]')) as body`;
}

export function sizeGuard(): Statement {
  const max = { max_bytes: String(MAX_STORED_ANSWER_BYTES) };
  const large = `octet_length(body) > ${MAX_STORED_ANSWER_BYTES}`;
  const when = `from _tx where seq = ${CURRENT_TX} and ${large}`;
  return { sql: guardSql("answer_too_large", max, when), binders: [] };
}

/** Must the one row of the answer be seen? Then the write is undone where it is not. */
export function mustBeSeen(shape: WriteShape): boolean {
  return shape.single === true && shape.answer === "representation";
}
