// What an answer shows of a row: one JSON object, its embeds inside.
import { Refusal } from "../errors.ts";
import type { Field, Item } from "../intent.ts";
import { castSql } from "./cast.ts";
import { checkField, notImplemented } from "./filter.ts";
import { columnJson, jsonKey, jsonObject, type Pair, pair } from "./json-sql.ts";
import { orderSql, pageSql } from "./order.ts";
import { fieldSql } from "./predicate-sql.ts";
import { conditions, embedScope, type Scope, type Source, whereSql } from "./scope.ts";

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
