// Rows of a query within one statement: where they come from, and which of them are there. Each
// table's policy is anded in where its rows are taken.
import type { Role } from "../actor.ts";
import { Refusal } from "../errors.ts";
import type { Embed, Item, Query } from "../intent.ts";
import { policyOf } from "../policy.ts";
import { and, nobody, type Predicate } from "../predicate.ts";
import type { Schema } from "../schema.ts";
import {
  type Column,
  type Declared,
  declarationOf,
  generatedColumn,
  visibleColumns,
} from "../table.ts";
import { noPolicy } from "./denial.ts";
import { type Chain, fromRows, further } from "./embed.ts";
import { pinnedBy, predicateOf } from "./filter.ts";
import { name, storedColumns } from "./json-sql.ts";
import { compilePredicate, rowContext, type SqlContext, simplify } from "./predicate-sql.ts";
import type { Relationship } from "./relationship.ts";
import { balanced, type Params } from "./sql.ts";

/** A column that has one value in all rows asked for, and SQL of it. */
interface Pin {
  column: string;
  sql: string;
}

/** Where rows come from: a table, or the statement of a function. */
export interface Source {
  name: string;
  columns: Map<string, Column>;
  key: string[];
  /** The table whose relationships apply. */
  table?: Declared;
  /** What stands after FROM; of a view, no more than the rows with that value there. */
  from: (params: Params, pin?: Pin) => string;
  /** Which rows exist for the caller. */
  policy: Predicate;
  /** The column in whose ascending order the rows come by themselves, one by one. */
  ordered?: string;
  /** Rows as they are stored, which every index of theirs ends with. */
  stored?: boolean;
}

export interface Planning {
  schema: Schema;
  role: Role;
  /** Rows of one answer, and of one embed: more are cut off, as a limit would. */
  maxRows: number;
}

export function tableSource(table: Declared, role: Role): Source {
  return sourceUnder(table, selectPolicy(table, role), role);
}

/** A table's rows as far as `policy` lets them exist. */
export function sourceUnder(table: Declared, policy: Predicate, role: Role): Source {
  const from = (params: Params, pin?: Pin) => relationSql(table, role, params, pin);
  const { readable: columns, key } = table;
  return { name: table.name, columns, key, table, from, policy, stored: !table.view };
}

/** What the rows of a table are selected from: of a view, the tables that it stands on. */
export function relationSql(table: Declared, role: Role, params: Params, pin?: Pin): string {
  if (!table.view) return name(table.sqlName);
  // SQLite takes a condition on an outer row no further than to the door of a view.
  const pinned = (column?: string, as = column): Pin | undefined =>
    pin && column !== undefined && as === pin.column ? { column, sql: pin.sql } : undefined;
  const visible: Parameters<typeof table.view>[0]["visible"] = (of, column, as) =>
    visibleRows(declarationOf(of), role, params, pinned(column, as));
  const every: typeof visible = (of, column, as) => {
    params.hides = true;
    const [rows, only] = [declarationOf(of), pinned(column, as)];
    const from = relationSql(rows, role, params, only);
    return only ? `(select * from ${from} where ${name(only.column)} = ${only.sql})` : from;
  };
  return `(${table.view({ visible, every })})`;
}

const isEveryone = (policy: Predicate) => policy.kind === "constant" && policy.value;

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
  /** What joins the rows to one of an enclosing select. */
  pin?: Pin | undefined;
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
  const stored = (c: string) => `${reference}.${name(c)}`;
  if (!isEveryone(source.policy)) params.hides = true;
  const context: SqlContext = {
    params,
    role: planning.role,
    columns: source.columns,
    table: source.table,
    column(c) {
      const { computed } = source.columns.get(c) ?? {};
      return computed ? `(${computed(stored)})` : stored(c);
    },
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
export function conditions(scope: Scope, query: Query): string[] {
  const filter = filterOf(scope, query);
  const pinned = new Set([...(scope.context.pinned ?? []), ...pinnedBy(filter)]);
  const context = { ...scope.context, pinned };
  const where = filter ? and(scope.source.policy, filter) : scope.source.policy;
  const parts = [compilePredicate(where, bySearch(scope, filter, context)), ...innerSql(scope)];
  return parts.filter((part) => part !== "1");
}

/** That each inner embed has rows. */
export function innerSql(scope: Scope): string[] {
  const inner = [...scope.embeds].filter(([, { embed }]) => embed.join === "inner");
  return inner.map(([key]) => existsSql(scope, key));
}

/** The scope's rows, as they stand after FROM. */
export function fromSql({ source, context, reference, pin }: Scope): string {
  return `${source.from(context.params, pin)} ${reference}`;
}

/** A sign at a column keeps SQLite from its index: a search finds fewer, unless a pin does. */
function bySearch({ source }: Scope, filter: Predicate | undefined, context: SqlContext) {
  const searched = (filter?.kind === "and" ? filter.of : [filter]).some(
    (p) => p?.kind === "search",
  );
  const pinned = pinnedBy(filter);
  const fewer = pinnedBy(source.policy).size > 0 || source.key.every((k) => pinned.has(k));
  if (!searched || fewer) return context;
  return { ...context, column: (c: string) => (c === "rowid" ? "" : "+") + context.column(c) };
}

export function whereSql(parts: string[]): string {
  return parts.length === 0 ? "" : ` where ${balanced("and", parts)}`;
}

/** The scope of an embed's rows, joined to the row of the outer scope. */
export function embedScope(outer: Scope, key: string) {
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
  const there = scope.context.column(relationship.there);
  if (relationship.through) {
    return { embed, relationship, scope, join: `${there} in (${joinedSql(outer, relationship)})` };
  }
  scope.context.pinned = new Set([relationship.there]);
  if (relationship.towards === "children") scope.context.insideParent = relationship.column;
  scope.pin = { column: relationship.there, sql: outer.context.column(relationship.here) };
  return { embed, relationship, scope, join: `${there} = ${scope.pin.sql}` };
}

/** What the rows of a join table, as far as the caller sees them, join to the outer row. */
function joinedSql(outer: Scope, { here, through }: Relationship): string {
  if (!through) throw new Error("rows are joined through a table");
  const { params } = outer.context;
  const source = tableSource(through.table, outer.planning.role);
  const scope = openScope(outer.planning, source, params, params.alias(), []);
  const { context } = scope;
  const met = `${context.column(through.here)} = ${outer.context.column(here)}`;
  const pinned = new Set([through.here]);
  const seen = compilePredicate(source.policy, { ...context, pinned, insideParent: through.here });
  const where = whereSql([met, seen].filter((part) => part !== "1"));
  return `select ${context.column(through.there)} from ${fromSql(scope)}${where}`;
}

function existsSql(outer: Scope, key: string): string {
  const { embed, scope, join } = embedScope(outer, key);
  const where = whereSql([join, ...conditions(scope, embed.query)]);
  return `exists(select 1 from ${fromSql(scope)}${where})`;
}

/** The visible rows of a table as a subquery, for functions and views that stand on it. */
export function visibleRows(table: Declared, role: Role, params: Params, pin?: Pin): string {
  const alias = params.alias();
  const context = rowContext({ params, role }, table, alias);
  const policy = compilePredicate(selectPolicy(table, role), context);
  if (policy !== "1") params.hides = true;
  // Companions too: a filter on the function's rows may fold, its statement may use an index.
  const companions = Object.keys(table.generated ?? {}).map(generatedColumn);
  const stored = [...storedColumns(visibleColumns(table)), ...companions];
  const columns = stored.map((c) => `${alias}.${name(c)}`);
  // A search finds rows by it; what is named so stays when a function takes `source.*`.
  if ([...table.columns.values()].some((c) => c.search)) columns.push(`${alias}.rowid as rowid`);
  const only = pin ? [`${alias}.${name(pin.column)} = ${pin.sql}`] : [];
  const where = whereSql([...only, policy].filter((part) => part !== "1"));
  const from = `${relationSql(table, role, params, pin)} ${alias}`;
  return `(select ${columns.join(",")} from ${from}${where})`;
}
