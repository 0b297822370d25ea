// Reads: one statement, however nested.
import type { Order, Query, ReadShape } from "../intent.ts";
import { fromOneRow, fromRows } from "./embed.ts";
import { featureSql } from "./feature.ts";
import { orderSql, pageSql } from "./order.ts";
import {
  conditions,
  openScope,
  type Planning,
  type Scope,
  type Source,
  whereSql,
} from "./scope.ts";
import { objectSql } from "./select.ts";
import { Params, type Statement } from "./sql.ts";

/** The statement of a page: column `j`, the row as JSON, and `v`, its version, when asked for. */
export function pageStatement(
  planning: Planning,
  source: Source,
  { query, features }: Pick<ReadShape, "query" | "features">,
  { version, one }: { version: boolean; one: boolean },
): Statement {
  const params = new Params();
  const from = source.from(params);
  const chain = one ? fromOneRow : fromRows;
  const scope = openScope(planning, source, params, params.alias(), query.select, chain);
  const items = objectSql(scope, query.select);
  const object = features ? featureSql(scope, items) : items;
  const columns = version ? `${object} as j,${scope.reference}."_v" as v` : `${object} as j`;
  const tail =
    whereSql(conditions(scope, query)) + pageOrderSql(scope, query.order) + pageSql(scope, query);
  return params.statement(`select ${columns} from ${from} ${scope.reference}${tail}`);
}

/** The statement that counts what the page is a page of: column `n`. */
export function countStatement(planning: Planning, source: Source, query: Query): Statement {
  const params = new Params();
  const from = source.from(params);
  const scope = openScope(planning, source, params, params.alias(), query.select);
  const where = whereSql(conditions(scope, query));
  return params.statement(`select count(*) as n from ${from} ${scope.reference}${where}`);
}

/** The order a source's rows come in is not sorted for: a page then ends where it is full. */
function pageOrderSql(scope: Scope, order: Order[] | undefined): string {
  const [first, ...more] = order ?? [];
  const { ordered } = scope.source;
  const asIs =
    first && more.length === 0 && !first.relation && !first.field.path && !first.descending;
  return asIs && ordered === first.field.column ? "" : orderSql(scope, order);
}
