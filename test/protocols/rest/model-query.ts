// Questions as the model knows them, and as a URL says them.
import type { Relation } from "./model-tables.ts";
import { type Field, Json, type Value } from "./model-values.ts";

export type Op = "eq" | "neq" | "gt" | "gte" | "lt" | "lte" | "isdistinct";
/** `%` any run, `_` any one character; all else is meant as it stands. */
export type Pattern = string[];

export type Test =
  | { op: Op; value: Value }
  | { in: Value[] }
  | { is: "null" | "not_null" | "true" | "false" | "unknown" }
  | { like: Pattern; fold: boolean }
  | { every: boolean; op: Op; of: Value[] }
  | { every: boolean; likes: Pattern[]; fold: boolean }
  | { meets: "cs" | "cd" | "ov"; value: unknown }
  | { word: string; way: "fts" | "plfts" | "phfts" | "wfts" };

export type Condition =
  | { all: boolean; of: Condition[]; negated: boolean }
  | { field: Field; test: Test; negated: boolean }
  | { embed: string; none: boolean };

export type Aggregate = "count" | "sum" | "avg" | "min" | "max";

export interface Column {
  field: Field;
  alias?: string;
  cast?: string;
  aggregate?: Aggregate;
}

export interface Embed {
  relation: Relation;
  alias?: string;
  join: "" | "!inner" | "!left";
  spread: boolean;
  query: Query;
}

export type Item = { star: true } | Column | { count: true; alias: string } | { embed: Embed };

export interface Term {
  field: Field;
  /** The name of the embed whose column it is. */
  embed?: string;
  descending?: boolean;
  nulls?: "first" | "last";
}

export interface Query {
  select: Item[];
  where: Condition[];
  order: Term[];
  limit?: number;
  offset?: number;
}

export const embedKey = (embed: Embed) => embed.alias ?? embed.relation.key;

/** What a select item is called in the answer. */
export function keyOf(item: Exclude<Item, { star: true }>): string {
  if ("embed" in item) return embedKey(item.embed);
  if ("count" in item) return item.alias;
  const { column, path = [] } = item.field;
  const last = path.findLast((step) => typeof step === "string");
  return item.alias ?? item.aggregate ?? last ?? column;
}

const quote = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
const spell = (value: Value) =>
  value instanceof Json ? JSON.stringify(value.json) : String(value);

export function sayField({ column, path = [], text }: Field): string {
  const steps = path.map((step, i) => {
    const arrow = text && i === path.length - 1 ? "->>" : "->";
    return arrow + (typeof step === "number" || /^\w+$/.test(step) ? step : quote(step));
  });
  return column + steps.join("");
}

const sayPattern = (pattern: Pattern) =>
  pattern.map((p) => (p === "%" ? "*" : p === "_" ? p : p.replace(/[%_\\]/g, "\\$&"))).join("");

/** `tree`: within parentheses, where an operand is quoted. */
function sayTest(test: Test, tree: boolean): string {
  const operand = (text: string) => (tree ? quote(text) : text);
  const list = (of: string[]) => of.map(quote).join(",");
  if ("in" in test) return `in.(${list(test.in.map(spell))})`;
  if ("is" in test) return `is.${test.is}`;
  if ("like" in test) return `${test.fold ? "i" : ""}like.${operand(sayPattern(test.like))}`;
  if ("likes" in test) {
    const how = `${test.fold ? "i" : ""}like(${test.every ? "all" : "any"})`;
    return `${how}.{${list(test.likes.map(sayPattern))}}`;
  }
  if ("every" in test) {
    return `${test.op}(${test.every ? "all" : "any"}).{${list(test.of.map(spell))}}`;
  }
  if ("meets" in test) return `${test.meets}.${operand(JSON.stringify(test.value))}`;
  if ("word" in test) return `${test.way}.${operand(test.word)}`;
  return `${test.op}.${operand(spell(test.value))}`;
}

function sayInTree(condition: Condition): string {
  if ("embed" in condition) return `${condition.embed}.${condition.none ? "" : "not."}is.null`;
  const no = condition.negated ? "not." : "";
  if ("all" in condition) {
    return `${no}${condition.all ? "and" : "or"}(${condition.of.map(sayInTree).join(",")})`;
  }
  return `${sayField(condition.field)}.${no}${sayTest(condition.test, true)}`;
}

function sayCondition(condition: Condition): [string, string] {
  if ("embed" in condition) return [condition.embed, condition.none ? "is.null" : "not.is.null"];
  const no = condition.negated ? "not." : "";
  if ("all" in condition) {
    const list = `(${condition.of.map(sayInTree).join(",")})`;
    return [`${no}${condition.all ? "and" : "or"}`, list];
  }
  return [sayField(condition.field), no + sayTest(condition.test, false)];
}

function sayItem(item: Item): string {
  if ("star" in item) return "*";
  if ("count" in item) return `${item.alias}:count()`;
  if ("embed" in item) {
    const { alias, relation, join, spread, query } = item.embed;
    const name = alias === undefined ? "" : `${alias}:`;
    return `${spread ? "..." : ""}${name}${relation.said}${join}(${saySelect(query.select)})`;
  }
  const name = item.alias === undefined ? "" : `${item.alias}:`;
  const cast = item.cast === undefined ? "" : `::${item.cast}`;
  return `${name}${sayField(item.field)}${cast}${item.aggregate ? `.${item.aggregate}()` : ""}`;
}

const saySelect = (select: Item[]) => select.map(sayItem).join(",");

export function sayTerm({ field, embed, descending, nulls }: Term): string {
  const what = embed === undefined ? sayField(field) : `${embed}(${sayField(field)})`;
  const way = descending === undefined ? "" : descending ? ".desc" : ".asc";
  return `${what}${way}${nulls ? `.nulls${nulls}` : ""}`;
}

type Pair = [key: string, value: string];

function pairs({ select, where, order, limit, offset }: Query, prefix: string): Pair[] {
  const own = [
    ...where.map(sayCondition),
    ...(order.length > 0 ? [["order", order.map(sayTerm).join(",")]] : []),
    ...(limit === undefined ? [] : [["limit", String(limit)]]),
    ...(offset === undefined ? [] : [["offset", String(offset)]]),
  ].map(([key, value]): Pair => [prefix + key, value ?? ""]);
  const inner = select.flatMap((item) =>
    "embed" in item ? pairs(item.embed.query, `${prefix}${embedKey(item.embed)}.`) : [],
  );
  return [...own, ...inner];
}

export function urlOf(table: string, query: Query): string {
  const said: Pair[] = [["select", saySelect(query.select)], ...pairs(query, "")];
  return `/${table}?${said.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}`;
}
