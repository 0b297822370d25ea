// What an answer shows of a row, or of a group of rows: one JSON object, its embeds inside.
import { Refusal } from "../errors.ts";
import type { Aggregate, Field, Item, Query } from "../intent.ts";
import type { Kind } from "../table.ts";
import { castValue, type Value } from "./cast.ts";
import { cursorSql } from "./cursor.ts";
import { featureSql } from "./feature.ts";
import { checkField, notImplemented } from "./filter.ts";
import { columnJson, jsonKey, jsonObject, type Pair, pair } from "./json-sql.ts";
import { orderSql, pageSql } from "./order.ts";
import { fieldSql } from "./predicate-sql.ts";
import { conditions, embedScope, type Scope, type Source, whereSql } from "./scope.ts";

/** SQLite takes no more terms of one GROUP BY in D1. */
const MAX_GROUPS = 100;

/** A select list, compiled. */
export interface Selected {
  /** SQL of the row as one JSON object. */
  object: string;
  /** Where something is aggregated: what the rows are grouped by, which may be nothing. */
  groups?: string[];
}

/** A member of the object, and what its rows are grouped by; an aggregate is not grouped by. */
interface Member {
  pair: Pair;
  group?: string;
}

/** Compiles a select list: columns, JSON paths, aggregates and embeds, by their names. */
export function selectList(scope: Scope, items: Item[]): Selected {
  const members = new Map<string, Member>();
  for (const item of items) add(scope, item, members);
  const all = [...members.values()];
  const object = jsonObject(all.map((member) => member.pair));
  const groups = all.flatMap(({ group }) => (group === undefined ? [] : [group]));
  if (groups.length === all.length) return { object };
  if (groups.length > MAX_GROUPS) {
    throw new Refusal("filter_too_large", { max: MAX_GROUPS, what: "columns to group by" });
  }
  return { object, groups };
}

/** The object of one row that a statement touches, for which nothing can be summed up. */
export function objectSql(scope: Scope, items: Item[]): string {
  const { object, groups } = selectList(scope, items);
  if (groups) throw notImplemented("aggregates over the rows of a write");
  return object;
}

function add(scope: Scope, item: Item, members: Map<string, Member>): void {
  if ("star" in item) {
    for (const column of scope.source.columns.values()) {
      if (column.hidden) continue;
      const group = scope.context.column(column.name);
      members.set(column.name, { pair: pair(column.name, columnJson(column, group)), group });
    }
  } else if ("embed" in item) {
    const key = item.embed.alias ?? item.embed.relation;
    if (item.embed.spread) throw notImplemented("spread embeds");
    if (item.embed.query.select.length === 0) return;
    const group = embedSql(scope, key);
    members.set(key, { pair: keyed(scope, key, group), group });
  } else {
    const aggregate = aggregateOf(item, scope.source);
    const { sql, kind } = aggregate ? aggregated(scope, item, aggregate) : plain(scope, item);
    const key = item.alias ?? aggregate ?? keyOf(item as { field: Field }); // a count has one
    const made = keyed(scope, key, columnJson({ kind }, sql));
    members.set(key, aggregate ? { pair: made } : { pair: made, group: sql });
  }
}

/** A column's name, or the last key of its path: an index names nothing. */
function keyOf({ field: { column, path } }: { field: Field }): string {
  return path?.findLast((step) => typeof step === "string") ?? column;
}

/** A pair under a name that came with the request, unless a column is called so. */
function keyed(scope: Scope, key: string, value: string): Pair {
  if (scope.source.columns.has(key)) return pair(key, value);
  const { params } = scope.context;
  const path = `$.${jsonKey(key)}`;
  return { key: () => params.constant(key), path: () => params.constant(path), value };
}

type Column = Extract<Item, { field: unknown }>;
type Counted = Extract<Item, { count: unknown }>;

function plain(scope: Scope, item: Column | Counted): Value {
  if ("count" in item) return { sql: "count(*)", kind: "integer" };
  const kind = checkField(item.field, scope.source);
  const value = { sql: fieldSql(item.field, scope.context), kind };
  return item.cast ? castValue(value, item.cast) : value;
}

function aggregateOf(item: Column | Counted, source: Source): Aggregate | undefined {
  if ("count" in item || isBareCount(item.field, source)) return "count";
  return item.aggregate;
}

/** `count` without its parentheses, as supabase spells it, where no column is called so. */
function isBareCount({ column, path }: Field, { columns }: Source): boolean {
  return column === "count" && !path && columns.get(column)?.hidden !== false;
}

const numbers = new Set<Kind>(["integer", "real"]);
const unordered = new Set<Kind>(["boolean", "json"]);

/** An aggregate over the rows of a group; 42883 for kinds of which there is none. */
function aggregated(scope: Scope, item: Column | Counted, aggregate: Aggregate): Value {
  if ("count" in item || isBareCount(item.field, scope.source)) {
    const count: Value = { sql: "count(*)", kind: "integer" };
    return item.cast ? castValue(count, item.cast) : count;
  }
  const { sql, kind } = plain(scope, item);
  const sums = aggregate === "sum" || aggregate === "avg";
  if (aggregate !== "count" && (sums ? !numbers.has(kind) : unordered.has(kind))) {
    const hint = "A cast may help: column::numeric.sum()";
    throw new Refusal("42883", { type: kind, operator: `.${aggregate}()`, hint });
  }
  const results: Record<Aggregate, Kind> = {
    ...{ count: "integer", avg: "real" },
    ...{ sum: kind, min: kind, max: kind },
  };
  const value = { sql: `${aggregate}(${sql})`, kind: results[aggregate] };
  return item.aggregateCast ? castValue(value, item.aggregateCast) : value;
}

/** A select of the scope's rows, or groups of them: column `j`, each as one JSON object. */
export function rowsSql(
  scope: Scope,
  query: Query,
  more: { join?: string[]; one?: boolean; version?: boolean; features?: boolean } = {},
): string {
  const selected = selectList(scope, query.select);
  const { groups } = selected;
  if (more.features && groups) throw notImplemented("aggregates as GeoJSON");
  const object = more.features ? featureSql(scope, selected.object) : selected.object;
  // A group of rows is in no version.
  const version = more.version && !groups ? `,${scope.reference}."_v" as v` : "";
  if (query.cursor && groups) throw notImplemented("cursors over aggregates");
  const cursor = query.cursor && cursorSql(scope, query);
  const from = `${scope.source.from(scope.context.params)} ${scope.reference}`;
  const met = [...(more.join ?? []), ...conditions(scope, query), ...(cursor?.where ?? [])];
  const columns = `${object} as j${version}${cursor?.columns ?? ""}`;
  const rows = `select ${columns} from ${from}${whereSql(met)}${groupSql(groups)}`;
  if (cursor) return rows + cursor.tail;
  if (more.one) return rows;
  return rows + orderSql(scope, query.order, groups) + pageSql(scope, query);
}

export function groupSql(groups: string[] | undefined): string {
  return groups && groups.length > 0 ? ` group by ${groups.join(",")}` : "";
}

function embedSql(outer: Scope, key: string): string {
  const { embed, relationship, scope, join } = embedScope(outer, key);
  if (relationship.single)
    return `json((${rowsSql(scope, embed.query, { join: [join], one: true })}))`;
  const rows = rowsSql(scope, embed.query, { join: [join] });
  const list = scope.context.params.alias();
  return `json((select json_group_array(json(${list}.j)) from (${rows}) ${list}))`;
}
