// Reads: one statement, however nested. Each table's policy is anded in where its rows are taken.
import type { Role } from "../actor.ts";
import { Refusal } from "../errors.ts";
import { raisingSql } from "../guard.ts";
import type { Embed, Field, Item, Order, Query, Slot } from "../intent.ts";
import { noPolicy, policyOf } from "../policy.ts";
import { and, nobody, type Predicate } from "../predicate.ts";
import type { Relationship, Schema } from "../schema.ts";
import {
  type Column,
  type Declared,
  generatedColumn,
  type Kind,
  visibleColumns,
} from "../table.ts";
import { type Chain, fromOneRow, fromRows, further, mostRows } from "./embed.ts";
import { checkField, notImplemented, pinnedBy, predicateOf } from "./filter.ts";
import {
  columnJson,
  jsonKey,
  jsonObject,
  name,
  type Pair,
  pair,
  storedColumns,
} from "./json-sql.ts";
import {
  compilePredicate,
  fieldSql,
  rowContext,
  type SqlContext,
  simplify,
} from "./predicate-sql.ts";
import { balanced, Params, type Statement } from "./sql.ts";

/** Each term may be a subquery. */
const MAX_ORDER_TERMS = 32;

/** Where rows come from: a table, or the statement of a function. */
export interface Source {
  name: string;
  columns: Map<string, Column>;
  key: string[];
  /** The table whose relationships apply. */
  table?: Declared;
  /** What stands after FROM. */
  from: (params: Params) => string;
  /** Which rows exist for the caller. */
  policy: Predicate;
  /** The column in whose ascending order the rows come by themselves, one by one. */
  ordered?: string;
}

export interface Planning {
  schema: Schema;
  role: Role;
}

export function tableSource(table: Declared, role: Role): Source {
  return sourceUnder(table, selectPolicy(table, role));
}

/** A table's rows as far as `policy` lets them exist. */
export function sourceUnder(table: Declared, policy: Predicate): Source {
  const { columns, key } = table;
  return { name: table.name, columns, key, table, from: () => name(table.sqlName), policy };
}

/** The select policy for a role; a verb that nobody of the role has is 42501. */
function selectPolicy(table: Declared, role: Role): Predicate {
  const policy = simplify(policyOf(table.table, "select", role), role);
  if (policy === nobody) throw noPolicy(table, "select", role);
  return policy;
}

/** Rows of a query within one statement: what compiles items, filters and orders refer to. */
export interface Scope {
  planning: Planning;
  source: Source;
  context: SqlContext;
  /** SQL of the row's table: an alias, or the table's own name inside RETURNING. */
  reference: string;
  embeds: Map<string, { embed: Embed; relationship: Relationship }>;
  chain: Chain;
}

/** Opens a scope over a source; `reference` is how the statement calls its row. */
export function openScope(
  planning: Planning,
  source: Source,
  params: Params,
  reference: string,
  items: Item[],
  chain = fromRows,
): Scope {
  const context: SqlContext = {
    params,
    role: planning.role,
    columns: source.columns,
    column: (c) => `${reference}.${name(c)}`,
    parent: (c) => source.table?.parents().get(c),
  };
  const scope: Scope = { planning, source, context, reference, embeds: new Map(), chain };
  for (const item of items) {
    if (!("embed" in item)) continue;
    const { embed } = item;
    if (!source.table) {
      throw new Refusal("PGRST200", { table: source.name, relation: embed.relation });
    }
    const relationship = planning.schema.relationship(source.table, embed.relation, embed.hint);
    const key = embed.alias ?? embed.relation;
    if (scope.embeds.has(key)) throw new Refusal("42712", { name: key });
    scope.embeds.set(key, { embed, relationship });
  }
  context.embedded = (embed) => existsSql(scope, embed);
  return scope;
}

/** Filter of a query as a predicate over the scope's rows. */
export function filterOf(scope: Scope, query: Pick<Query, "where">): Predicate | undefined {
  const { name: table, columns } = scope.source;
  const embeds = new Set(scope.embeds.keys());
  return query.where && predicateOf(query.where, { name: table, columns, embeds });
}

/** Conditions of a query's rows: policy, filter, and the embeds that must have rows. */
function conditions(scope: Scope, query: Query): string[] {
  const filter = filterOf(scope, query);
  const pinned = new Set([...(scope.context.pinned ?? []), ...pinnedBy(filter)]);
  const context = { ...scope.context, pinned };
  const where = filter ? and(scope.source.policy, filter) : scope.source.policy;
  const parts = [compilePredicate(where, context)];
  for (const [key, { embed }] of scope.embeds) {
    if (embed.join === "inner") parts.push(existsSql(scope, key));
  }
  return parts.filter((part) => part !== "1");
}

function whereSql(parts: string[]): string {
  return parts.length === 0 ? "" : ` where ${balanced("and", parts)}`;
}

/** The statement of a page: column `j`, the row as JSON, and `v`, its version, when asked for. */
export function pageStatement(
  planning: Planning,
  source: Source,
  query: Query,
  { version, one }: { version: boolean; one: boolean },
): Statement {
  const params = new Params();
  const from = source.from(params);
  const chain = one ? fromOneRow : fromRows;
  const scope = openScope(planning, source, params, params.alias(), query.select, chain);
  const object = objectSql(scope, query.select);
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

function pageSql(scope: Scope, query: Pick<Query, "limit" | "offset">): string {
  const { params } = scope.context;
  const most = mostRows(scope.chain);
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

/** The row as one JSON object: its columns, JSON paths and embeds, by their names on the wire. */
export function objectSql(scope: Scope, items: Item[]): string {
  const pairs = new Map<string, Pair>();
  for (const item of items) {
    if ("star" in item) {
      for (const column of scope.source.columns.values()) {
        if (column.hidden) continue;
        pairs.set(
          column.name,
          pair(column.name, columnJson(column, scope.context.column(column.name))),
        );
      }
    } else if ("embed" in item) {
      const key = item.embed.alias ?? item.embed.relation;
      if (item.embed.spread) throw notImplemented("spread embeds");
      if (item.embed.query.select.length > 0)
        pairs.set(key, keyed(scope, key, embedSql(scope, key)));
    } else if ("count" in item || item.aggregate || isBareCount(item.field, scope.source)) {
      throw new Refusal("PGRST123");
    } else {
      const key = item.alias ?? String(item.field.path?.at(-1) ?? item.field.column);
      pairs.set(key, keyed(scope, key, fieldValue(scope, item)));
    }
  }
  return jsonObject([...pairs.values()]);
}

/** `count` without its parentheses, as supabase spells it, where no column is called so. */
function isBareCount({ column, path }: Field, { columns }: Source): boolean {
  return column === "count" && !path && columns.get(column)?.hidden !== false;
}

/** A pair under a name that came with the request, unless a column is called so. */
function keyed(scope: Scope, key: string, value: string): Pair {
  if (scope.source.columns.has(key)) return pair(key, value);
  const { params } = scope.context;
  const path = `$.${jsonKey(key)}`;
  return { key: () => params.constant(key), path: () => params.constant(path), value };
}

function fieldValue(scope: Scope, item: Extract<Item, { field: unknown }>): string {
  const kind = checkField(item.field, scope.source);
  const sql = fieldSql(item.field, scope.context);
  return item.cast ? castSql(sql, kind, item.cast) : columnJson({ kind }, sql);
}

const casts: Record<string, (sql: string, kind: Kind) => string> = {
  text: (sql, kind) =>
    kind === "boolean"
      ? `iif(${sql}, 'true', iif(${sql} = 0, 'false', null))`
      : `cast(${sql} as text)`,
  integer: (sql, kind) => wholeSql(`cast(round(${sql}) as integer)`, sql, kind),
  float: (sql) => `cast(${sql} as real)`,
  boolean: (sql) => columnJson({ kind: "boolean" }, `(cast(${sql} as text) in ('1', 'true', 't'))`),
  json: (sql, kind) => (kind === "text" ? `json(${sql})` : columnJson({ kind }, sql)),
};
const castNames: Record<string, string> = {
  varchar: "text",
  int: "integer",
  int4: "integer",
  int8: "integer",
  bigint: "integer",
  float4: "float",
  float8: "float",
  real: "float",
  numeric: "float",
  bool: "boolean",
  jsonb: "json",
};

/** A text must spell a whole number to become one; else SQLite would read it as 0. */
function wholeSql(cast: string, sql: string, kind: Kind): string {
  if (kind !== "text") return cast;
  const text = `trim(${sql})`;
  const digits = `ltrim(${text},'+-')`;
  const signs = `${text} not glob '[+-][+-]*'`;
  const spelled = `${digits} glob '[0-9]*' and ${digits} not glob '*[^0-9]*' and ${signs}`;
  const refused = raisingSql("22P02:type=integer;value=a text");
  return `iif(${sql} is null or (${spelled}),${cast},${refused})`;
}

function castSql(sql: string, kind: Kind, cast: string): string {
  const known = casts[castNames[cast] ?? cast];
  if (!known) throw notImplemented(`the cast ::${cast}`);
  return known(sql, kind);
}

/** The scope of an embed's rows, joined to the row of the outer scope. */
function embedScope(outer: Scope, key: string) {
  const found = outer.embeds.get(key);
  if (!found) throw new Refusal("PGRST108", { relation: key });
  const { embed, relationship } = found;
  const { params } = outer.context;
  const source = tableSource(relationship.table, outer.planning.role);
  const scope = openScope(
    outer.planning,
    source,
    params,
    params.alias(),
    embed.query.select,
    further(outer.chain, relationship),
  );
  scope.context.pinned = new Set([relationship.there]);
  if (relationship.towards === "children") scope.context.insideParent = relationship.column;
  const [there, here] = [relationship.there, relationship.here];
  const join = `${scope.context.column(there)} = ${outer.context.column(here)}`;
  return { embed, relationship, scope, join };
}

function embedSql(outer: Scope, key: string): string {
  const { embed, relationship, scope, join } = embedScope(outer, key);
  const { params } = scope.context;
  const object = objectSql(scope, embed.query.select);
  const from = `${scope.source.from(params)} ${scope.reference}`;
  const where = whereSql([join, ...conditions(scope, embed.query)]);
  if (relationship.single) return `json((select ${object} from ${from}${where}))`;
  const tail = orderSql(scope, embed.query.order) + pageSql(scope, embed.query);
  const rows = `select ${object} as j from ${from}${where}${tail}`;
  const list = params.alias();
  return `json((select coalesce(json_group_array(json(${list}.j)),'[]') from (${rows}) ${list}))`;
}

function existsSql(outer: Scope, key: string): string {
  const { embed, scope, join } = embedScope(outer, key);
  const from = `${scope.source.from(scope.context.params)} ${scope.reference}`;
  return `exists(select 1 from ${from}${whereSql([join, ...conditions(scope, embed.query)])})`;
}

export interface OrderTerm {
  sql: string;
  descending: boolean;
  nulls: "first" | "last";
}

/** An order's terms; the primary key is appended, so that pages neither repeat nor miss a row. */
export function orderTerms(scope: Scope, order: Order[] | undefined): OrderTerm[] {
  if (!order || order.length === 0) return [];
  if (order.length > MAX_ORDER_TERMS) {
    throw new Refusal("filter_too_large", { max: MAX_ORDER_TERMS, what: "order terms" });
  }
  const terms = order.map((term): OrderTerm => {
    const descending = term.descending === true;
    return { sql: orderTerm(scope, term), descending, nulls: term.nulls ?? nullsOf(descending) };
  });
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

export function orderSql(scope: Scope, order: Order[] | undefined): string {
  const terms = orderTerms(scope, order);
  if (terms.length === 0) return "";
  const written = terms.map((t) => `${t.sql} ${t.descending ? "desc" : "asc"} nulls ${t.nulls}`);
  return ` order by ${written.join(",")}`;
}

function orderTerm(scope: Scope, term: Order): string {
  if (!term.relation) {
    checkField(term.field, scope.source);
    return fieldSql(term.field, scope.context);
  }
  const { relationship, embed, scope: inner, join } = embedScope(scope, term.relation);
  if (!relationship.single) {
    throw new Refusal("PGRST118", { table: scope.source.name, relation: term.relation });
  }
  checkField(term.field, inner.source);
  const from = `${inner.source.from(inner.context.params)} ${inner.reference}`;
  const where = whereSql([join, ...conditions(inner, embed.query)]);
  return `(select ${fieldSql(term.field, inner.context)} from ${from}${where})`;
}

/** The visible rows of a table as a subquery, for functions that stand on it. */
export function visibleRows(planning: Planning, table: Declared, params: Params): string {
  const alias = params.alias();
  const context = rowContext({ params, role: planning.role }, table, alias);
  const policy = compilePredicate(selectPolicy(table, planning.role), context);
  // Companions too: a filter on the function's rows may fold, its statement may use an index.
  const companions = Object.keys(table.generated ?? {}).map(generatedColumn);
  const stored = [...storedColumns(visibleColumns(table)), ...companions];
  const columns = stored.map((c) => `${alias}.${name(c)}`);
  const where = policy === "1" ? "" : ` where ${policy}`;
  return `(select ${columns.join(",")} from ${name(table.sqlName)} ${alias}${where})`;
}
