// Reads: one statement, however nested.
import type { ReadShape } from "../intent.ts";
import { pageLimit } from "./cursor.ts";
import { boundEmbeds, fromOneRow, fromRows } from "./embed.ts";
import { rowCount } from "./order.ts";
import { openScope, type Planning, type Source } from "./scope.ts";
import { countedSql, rowsSql } from "./select.ts";
import { type Bind, Params, type Statement } from "./sql.ts";

/** The statement of a page: column `j`, the row as JSON, and `v`, its version, when asked for. */
export function pageStatement(
  planning: Planning,
  source: Source,
  { query, features }: Pick<ReadShape, "query" | "features">,
  { version, one }: { version: boolean; one: boolean },
): Statement {
  const params = new Params();
  const chain = one ? fromOneRow : fromRows;
  if (source.table) boundEmbeds(planning.schema, source.table, query.select, chain);
  const scope = openScope(planning, source, params, params.alias(), query.select, chain);
  return params.statement(rowsSql(scope, query, { version, features: features === true }));
}

/** `count=planned` and `count=estimated` count so far, or to the end of the page; then one more. */
const MAX_ESTIMATE = 10_000;

/** The statement that counts what the page is a page of, rows or groups of them: column `n`. */
export function countStatement(
  planning: Planning,
  source: Source,
  { query, count }: Pick<ReadShape, "query" | "count">,
): Statement {
  const params = new Params();
  const scope = openScope(planning, source, params, params.alias(), query.select);
  const { rows, groups } = countedSql(scope, query);
  if (groups?.length === 0) return params.statement("select 1 as n");
  if (count !== "exact") {
    const bound = ({ values }: Bind) => {
      const limit = pageLimit(query, values, planning.maxRows);
      return Math.max(MAX_ESTIMATE, (rowCount(values, query.offset) ?? 0) + limit) + 1;
    };
    const some = `(select 1 ${rows} limit ${params.add(bound)})`;
    return params.statement(`select count(*) as n from ${some}`);
  }
  return params.statement(`select count(*) as n ${groups ? `from (select 1 ${rows})` : rows}`);
}
