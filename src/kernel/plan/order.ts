// In which order rows come, and how many of them.
import { Refusal } from "../errors.ts";
import type { Order, Query, Slot } from "../intent.ts";
import type { Value } from "./cast.ts";
import { jsonOrder } from "./compare.ts";
import { mostRows } from "./embed.ts";
import { checkField } from "./filter.ts";
import { fieldSql } from "./predicate-sql.ts";
import { conditions, embedScope, fromSql, type Scope, whereSql } from "./scope.ts";

/** Each term may be a subquery. */
const MAX_ORDER_TERMS = 32;

export interface OrderTerm {
  sql: string;
  descending: boolean;
  nulls: "first" | "last";
  /** What was asked for; undefined: a column of the key behind it. */
  of?: Order;
}

/** What an order is of: groups of rows; rows that have those of a spread beside them. */
interface Ordering {
  groups?: string[] | undefined;
  spread?: Map<string, Scope>;
}

/**
 * An order's terms; the primary key is appended, so that no two rows share a place. An order of
 * groups is by what they are grouped by (42803).
 */
export function orderTerms(
  scope: Scope,
  order: Order[] | undefined,
  { groups, spread }: Ordering = {},
): OrderTerm[] {
  if (!order || order.length === 0) return [];
  if (order.length > MAX_ORDER_TERMS) {
    throw new Refusal("filter_too_large", { max: MAX_ORDER_TERMS, what: "order terms" });
  }
  const terms = order.flatMap((of): OrderTerm[] => {
    const descending = of.descending === true;
    const nulls = of.nulls ?? nullsOf(descending);
    const { sql, kind } = orderTerm(scope, of, spread);
    if (groups && !groups.includes(sql)) {
      throw new Refusal("42803", {
        column: `${of.relation ?? scope.source.name}.${of.field.column}`,
      });
    }
    const parts = kind === "json" ? jsonOrder(sql) : [sql];
    return parts.map((part) => ({ sql: part, descending, nulls, of }));
  });
  if (groups) return terms;
  const descending = order.at(-1)?.descending === true;
  const named = new Set(
    order.filter((o) => !o.relation && !o.field.path).map((o) => o.field.column),
  );
  const rest = scope.source.key.filter((k) => !named.has(k));
  const key = rest.map((k) => ({
    sql: scope.context.column(k),
    descending,
    nulls: nullsOf(descending),
  }));
  return [...terms, ...key];
}

/** Where nulls stand when the order does not say: as if they were the largest value. */
function nullsOf(descending: boolean): "first" | "last" {
  return descending ? "first" : "last";
}

export function orderSql(scope: Scope, order: Order[] | undefined, of: Ordering = {}): string {
  if (!of.groups && comesOrdered(scope, order)) return "";
  const terms = orderTerms(scope, order, of);
  if (terms.length === 0) return "";
  const own = scope.source.stored && !of.groups ? terms.filter((t) => t.of) : terms;
  const written = own.map((t) => `${t.sql} ${t.descending ? "desc" : "asc"} nulls ${t.nulls}`);
  if (own.length < terms.length) written.push(tieSql(scope, own.at(-1)?.descending === true));
  return ` order by ${written.join(",")}`;
}

/**
 * Pages by number neither repeat nor miss a row either when rows that are alike come as they are
 * stored. Every index ends with that, so that none of them is sorted; and it is no place to keep.
 */
function tieSql({ reference }: Scope, descending: boolean): string {
  return `${reference}.rowid${descending ? " desc" : ""}`;
}

/** The order a source's rows come in is not sorted for: a page then ends where it is full. */
function comesOrdered({ source }: Scope, order: Order[] | undefined): boolean {
  const [first, ...more] = order ?? [];
  if (!first || more.length > 0 || first.relation || first.field.path) return false;
  return !first.descending && source.ordered === first.field.column;
}

function orderTerm(scope: Scope, term: Order, spread?: Map<string, Scope>): Value {
  const beside = term.relation === undefined ? scope : spread?.get(term.relation);
  if (beside) {
    const kind = checkField(term.field, beside.source);
    return { sql: fieldSql(term.field, beside.context), kind };
  }
  const { relationship, embed, scope: inner, join } = embedScope(scope, term.relation ?? "");
  if (!relationship.single) {
    throw new Refusal("PGRST118", { table: scope.source.name, relation: term.relation });
  }
  const kind = checkField(term.field, inner.source);
  const where = whereSql([join, ...conditions(inner, embed.query)]);
  const value = fieldSql(term.field, inner.context);
  return { sql: `(select ${value} from ${fromSql(inner)}${where})`, kind };
}

export function pageSql(scope: Scope, query: Pick<Query, "limit" | "offset">): string {
  const { params } = scope.context;
  const most = mostRows(scope.chain, scope.planning.maxRows);
  const limit = params.add(({ values }) => Math.min(rowCount(values, query.limit) ?? most, most));
  if (query.offset === undefined) return ` limit ${limit}`;
  const offset = params.add(({ values }) => rowCount(values, query.offset) ?? 0);
  return ` limit ${limit} offset ${offset}`;
}

/** A limit or offset as it was sent: a whole number from 0. */
export function rowCount(values: unknown[], slot: Slot | undefined): number | undefined {
  if (slot === undefined) return undefined;
  const n = Number(values[slot]);
  if (Number.isSafeInteger(n) && n >= 0) return n;
  throw new Refusal("22P02", { type: "row count", value: JSON.stringify(values[slot]) });
}
