// In which order rows come, and how many of them.
import { Refusal } from "../errors.ts";
import type { Order, Query, Slot } from "../intent.ts";
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
  const terms = order.map((term): OrderTerm => {
    const descending = term.descending === true;
    return {
      sql: orderTerm(scope, term, spread),
      descending,
      nulls: term.nulls ?? nullsOf(descending),
    };
  });
  if (groups) return terms.map((term, i) => grouped(term, order[i], groups, scope));
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

function grouped(term: OrderTerm, of: Order | undefined, groups: string[], scope: Scope) {
  if (groups.includes(term.sql)) return term;
  throw new Refusal("42803", {
    column: `${of?.relation ?? scope.source.name}.${of?.field.column}`,
  });
}

export function orderSql(scope: Scope, order: Order[] | undefined, of: Ordering = {}): string {
  if (!of.groups && comesOrdered(scope, order)) return "";
  const terms = orderTerms(scope, order, of);
  if (terms.length === 0) return "";
  const own = scope.source.stored && !of.groups ? terms.slice(0, order?.length) : terms;
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

function orderTerm(scope: Scope, term: Order, spread?: Map<string, Scope>): string {
  const beside = term.relation === undefined ? scope : spread?.get(term.relation);
  if (beside) {
    checkField(term.field, beside.source);
    return fieldSql(term.field, beside.context);
  }
  const { relationship, embed, scope: inner, join } = embedScope(scope, term.relation ?? "");
  if (!relationship.single) {
    throw new Refusal("PGRST118", { table: scope.source.name, relation: term.relation });
  }
  checkField(term.field, inner.source);
  const where = whereSql([join, ...conditions(inner, embed.query)]);
  return `(select ${fieldSql(term.field, inner.context)} from ${fromSql(inner)}${where})`;
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
