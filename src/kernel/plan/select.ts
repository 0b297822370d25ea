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
import { conditions, embedScope, fromSql, type Scope, type Source, whereSql } from "./scope.ts";
import { balanced } from "./sql.ts";

/** SQLite takes no more terms of one GROUP BY in D1. */
const MAX_GROUPS = 100;

/** D1 takes no more columns of one select. */
const MAX_COLUMNS = 100;

/** A member of the object, and what its rows are grouped by; an aggregate is not grouped by. */
interface Member {
  pair: Pair;
  group?: string;
  /** Nobody named it. */
  star?: boolean;
}

/** A select list while it is compiled. */
interface List {
  members: Map<string, Member>;
  /** The rows that spreads put beside a row, one each. */
  joins: string[];
  spread: Map<Scope, Map<string, Scope>>;
  /** Selects of the one row of arrays that each spread of many rows makes. */
  arrays: string[];
}

/** A select list, compiled. */
interface Selected {
  /** SQL of the row as one JSON object. */
  object: string;
  members: Map<string, Member>;
  /** What the object stands on besides the scope's rows. */
  joins: string;
  /** The scopes of what is spread from one row, by name. */
  spread: Map<string, Scope>;
  /** Where something is aggregated: what the rows are grouped by, which may be nothing. */
  groups?: string[];
}

/** Compiles a select list: columns, JSON paths, aggregates and embeds, by their names. */
function selectList(scope: Scope, items: Item[]): Selected {
  const list: List = { members: new Map(), joins: [], spread: new Map(), arrays: [] };
  for (const item of items) add(scope, item, list);
  const { members, joins, arrays } = list;
  const all = [...members.values()];
  const plain = jsonObject(all.map((member) => member.pair));
  const object = arrays.length > 0 ? `(select ${plain} from ${arrays.join(",")})` : plain;
  const spread = list.spread.get(scope) ?? new Map<string, Scope>();
  const selected = { object, members, joins: joins.join(""), spread };
  const groups = all.flatMap(({ group }) => (group === undefined ? [] : [group]));
  if (groups.length === all.length) return selected;
  if (arrays.length > 0) throw notImplemented("arrays of a spread beside aggregates");
  if (groups.length > MAX_GROUPS) {
    throw new Refusal("filter_too_large", { max: MAX_GROUPS, what: "columns to group by" });
  }
  return { ...selected, groups };
}

/** The object of one row that a statement touches, for which nothing can be summed up. */
export function objectSql(scope: Scope, items: Item[]): string {
  const { object, groups, joins } = selectList(scope, items);
  if (groups) throw notImplemented("aggregates over the rows of a write");
  return joins ? `(select ${object} from (select 1)${joins})` : object;
}

/** A name stands for one thing (42701); what is named stands before what a star brings. */
function put({ members }: List, key: string, member: Member): void {
  const known = members.get(key);
  if (known && !known.star) {
    if (member.star) return;
    if (known.pair.value !== member.pair.value) throw new Refusal("42701", { name: key });
  }
  members.set(key, member);
}

function add(scope: Scope, item: Item, list: List): void {
  if ("star" in item) {
    for (const column of scope.source.columns.values()) {
      if (column.hidden || column.computed) continue;
      const group = scope.context.column(column.name);
      const member = { pair: pair(column.name, columnJson(column, group)), group, star: true };
      put(list, column.name, member);
    }
  } else if ("embed" in item) {
    const key = item.embed.alias ?? item.embed.relation;
    if (item.embed.query.select.length === 0) return;
    if (item.embed.spread) addSpread(scope, key, list);
    else {
      const group = embedSql(scope, key);
      put(list, key, { pair: keyed(scope, key, group), group });
    }
  } else {
    const aggregate = aggregateOf(item, scope.source);
    const { sql, kind } = aggregate ? aggregated(scope, item, aggregate) : plain(scope, item);
    const key = item.alias ?? aggregate ?? keyOf(item as { field: Field }); // a count has one
    const made = keyed(scope, key, columnJson({ kind }, sql));
    put(list, key, aggregate ? { pair: made } : { pair: made, group: sql });
  }
}

/** The columns of an embed as the row's own: of one row as they are, of many as arrays. */
function addSpread(scope: Scope, key: string, list: List): void {
  const { embed, relationship, scope: inner, join } = embedScope(scope, key);
  if (relationship.single) {
    const on = balanced("and", [join, ...conditions(inner, embed.query)]);
    // Beside the row it is joined to, a select in FROM does not know it.
    list.joins.push(` left join ${fromSql({ ...inner, pin: undefined })} on ${on}`);
    list.spread.set(scope, (list.spread.get(scope) ?? new Map()).set(key, inner));
    for (const item of embed.query.select) add(inner, item, list);
  } else addArrays(inner, { ...embed, join }, list);
}

function addArrays(inner: Scope, embed: { query: Query; join: string }, list: List): void {
  const { sql, selected } = rows(inner, embed.query, { join: [embed.join] });
  if (selected.groups) throw notImplemented("aggregates in a spread of many rows");
  if (selected.members.size > MAX_COLUMNS) {
    const reason = `More than ${MAX_COLUMNS} columns are spread from '${inner.source.name}'.`;
    throw new Refusal("embed_too_large", { reason });
  }
  const { params } = inner.context;
  const [each, all] = [params.alias(), params.alias()];
  const columns = [...selected.members].map(([key, { pair, star = false }], i) => {
    put(list, key, { pair: { ...pair, value: `json(${all}.c${i})` }, group: "", star });
    return `json_group_array(json(${each}.j->${pair.path()})) as c${i}`;
  });
  list.arrays.push(`(select ${columns.join(",")} from (${sql}) ${each}) ${all}`);
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
  const known = columns.get(column);
  return column === "count" && !path && (!known || known.hidden === true);
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

interface Manner {
  /** How the rows are joined to those of an outer scope. */
  join?: string[];
  /** There is one row at most: no order, no limit. */
  one?: boolean;
  version?: boolean;
  features?: boolean;
}

/** A select of the scope's rows, or groups of them: column `j`, each as one JSON object. */
export function rowsSql(scope: Scope, query: Query, manner: Manner = {}): string {
  return rows(scope, query, manner).sql;
}

function rows(scope: Scope, query: Query, { join = [], one, version, features }: Manner) {
  const selected = selectList(scope, query.select);
  const { groups, joins, spread } = selected;
  if (features && groups) throw notImplemented("aggregates as GeoJSON");
  const object = features ? featureSql(scope, selected.object) : selected.object;
  // A group of rows is in no version.
  const columns =
    version && !groups ? `${object} as j,${scope.reference}."_v" as v` : `${object} as j`;
  if (query.cursor && groups) throw notImplemented("cursors over aggregates");
  const cursor = query.cursor && cursorSql(scope, query, { groups, spread });
  const where = whereSql([...join, ...conditions(scope, query), ...(cursor?.where ?? [])]);
  const from = `from ${fromSql(scope)}${joins}${where}${groupSql(groups)}`;
  const page = () => orderSql(scope, query.order, { groups, spread }) + pageSql(scope, query);
  const tail = one ? "" : (cursor?.tail ?? page());
  return { sql: `select ${columns}${cursor?.columns ?? ""} ${from}${tail}`, selected };
}

function groupSql(groups: string[] | undefined): string {
  return groups && groups.length > 0 ? ` group by ${groups.join(",")}` : "";
}

/** The rows of a query without its limit, or groups of them: what stands after a SELECT. */
export function countedSql(scope: Scope, query: Query): { rows: string; groups?: string[] } {
  const { groups, joins } = selectList(scope, query.select);
  const where = whereSql(conditions(scope, query));
  if (!groups) return { rows: `from ${fromSql(scope)}${where}` };
  return { rows: `from ${fromSql(scope)}${joins}${where}${groupSql(groups)}`, groups };
}

function embedSql(outer: Scope, key: string): string {
  const { embed, relationship, scope, join } = embedScope(outer, key);
  const sql = rowsSql(scope, embed.query, { join: [join], one: relationship.single });
  if (relationship.single) return `json((${sql}))`;
  const list = scope.context.params.alias();
  return `json((select json_group_array(json(${list}.j)) from (${sql}) ${list}))`;
}
