// Pages by cursor: where a page ends is said by its last row, not by how many rows lie before it,
// so that page 5,000 costs what page 1 costs, and rows that come and go move nothing.
import { Refusal } from "../errors.ts";
import type { Order, Query } from "../intent.ts";
import { notImplemented } from "./filter.ts";
import { type OrderTerm, orderTerms, rowCount } from "./order.ts";
import type { Scope } from "./scope.ts";
import { type Bind, type Bound, balanced, type Params } from "./sql.ts";

/** What a page by cursor adds to its statement. */
export interface CursorSql {
  /** The last row's place: columns `o0`, `o1`, …, after those of the answer. */
  columns: string;
  where: string[];
  /** In an order that no two rows share; one row more than asked for tells of a further page. */
  tail: string;
}

type Term = OrderTerm & { known: boolean };

/** `ordering` is what else order terms may refer to; rows without a key have no place to keep. */
export function cursorSql(
  scope: Scope,
  query: Query,
  ordering?: Parameters<typeof orderTerms>[2],
): CursorSql {
  const { source, context } = scope;
  if (source.key.length === 0) throw notImplemented("cursors over rows that have no key");
  const order: Order[] = query.order ?? source.key.map((column) => ({ field: { column } }));
  const terms = orderTerms(scope, order, ordering).map((term): Term => {
    const { of } = term;
    const plain = of && !of.relation && !of.field.path;
    // The terms behind the order's own are the key's.
    const known = plain ? source.columns.get(of.field.column)?.notNull === true : of === undefined;
    return { ...term, known };
  });
  const by = terms.map((t) => `${t.sql} ${t.descending ? "desc" : "asc"} nulls ${t.nulls}`);
  const limit = context.params.add(
    (bind) => pageLimit(query, bind.values, scope.planning.maxRows) + 1,
  );
  return {
    columns: terms.map(({ sql }, i) => `,${sql} as o${i}`).join(""),
    where: query.cursor?.nulls === undefined ? [] : [afterSql(terms, query, context.params)],
    tail: ` order by ${by.join(",")} limit ${limit}`,
  };
}

/** How many rows a page by cursor shows. */
export function pageLimit(query: Query, values: unknown[], maxRows: number): number {
  return Math.min(rowCount(values, query.limit) ?? maxRows, maxRows);
}

/** The rows behind a place; which of its values are null is known, so every operator is, too. */
function afterSql(terms: Term[], { cursor }: Query, params: Params): string {
  const nulls = cursor?.nulls ?? [];
  if (nulls.length !== terms.length) throw new Refusal("cursor_invalid");
  const placeOf = ({ values }: Bind) => values[cursor?.after ?? -1] as Bound[]; // as it was opened
  const values = terms.map((_, i) => params.add((bind) => placeOf(bind)[i] ?? null));
  const [first] = terms;
  const beyond = (t: Term) => (t.descending ? "<" : ">");
  const oneWay = terms.every((t) => t.known && t.descending === first?.descending);
  if (first && oneWay) {
    return `(${terms.map((t) => t.sql).join(",")}) ${beyond(first)} (${values.join(",")})`;
  }
  const same = (t: Term, i: number) => (nulls[i] ? `${t.sql} is null` : `${t.sql} = ${values[i]}`);
  const later = (t: Term, i: number): string | undefined => {
    const further = `${t.sql} ${beyond(t)} ${values[i]}`;
    if (t.nulls === "first") return nulls[i] ? `${t.sql} is not null` : further;
    if (nulls[i]) return undefined;
    return t.known ? further : `(${further} or ${t.sql} is null)`;
  };
  const ways = terms.flatMap((t, i) => {
    const last = later(t, i);
    return last ? [balanced("and", [...terms.slice(0, i).map(same), last])] : [];
  });
  // What all ways have in common, where it lets an index be entered at the place.
  const from = (t: Term) => {
    if (nulls[0]) return t.nulls === "last" ? [`${t.sql} is null`] : [];
    return t.known || t.nulls === "first" ? [`${t.sql} ${beyond(t)}= ${values[0]}`] : [];
  };
  return balanced("and", [...(first ? from(first) : []), balanced("or", ways)]);
}
