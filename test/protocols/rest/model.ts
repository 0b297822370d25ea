// What a question must be answered with, by plain loops over arrays.
import type { Actor } from "../../../src/kernel/actor.ts";
import {
  type Column,
  type Condition,
  type Embed,
  embedKey,
  type Item,
  keyOf,
  type Pattern,
  type Query,
  type Term,
  type Test,
} from "./model-query.ts";
import { type Table, tableOf } from "./model-tables.ts";
import {
  all,
  any,
  at,
  casts,
  compare,
  contains,
  type Field,
  Json,
  type Kind,
  not,
  type Row,
  type Truth,
  type Value,
} from "./model-values.ts";

type Answered = Record<string, unknown>;

/** The kind of a field, and its value in a row. */
export function kindOf(table: Table, { column, path, text }: Field): Kind {
  if (path) return text ? "text" : "json";
  const kind = table.columns[column] ?? table.computed[column]?.kind;
  if (!kind) throw new Error(`the model has no ${table.name}.${column}`);
  return kind;
}

function fieldValue(table: Table, row: Row, field: Field): Value {
  const made = table.computed[field.column]?.of(row);
  return at(made ?? row[field.column] ?? null, field);
}

// Which rows.

function truth(value: Value, test: Test, folds: boolean): Truth {
  if ("in" in test) return any(test.in.map((v) => compared("eq", value, v)));
  if ("is" in test) {
    if (test.is === "null" || test.is === "unknown") return value === null;
    return test.is === "not_null" ? value !== null : value === (test.is === "true");
  }
  if ("like" in test) return alike(value, test.like, test.fold, folds);
  if ("likes" in test) {
    const each = test.likes.map((pattern) => alike(value, pattern, test.fold, folds));
    return test.every ? all(each) : any(each);
  }
  if ("every" in test) {
    const each = test.of.map((v) => compared(test.op, value, v));
    return test.every ? all(each) : any(each);
  }
  if ("op" in test) return compared(test.op, value, test.value);
  if (value === null) return null;
  if ("word" in test) {
    return String(value).toLowerCase().split(" ").includes(test.word);
  }
  const { json } = value as Json;
  if (JSON.stringify(test.value) === "{}") {
    // As a URL says it, no list and no object differ.
    return test.meets === "cs" ? isContainer(json) : Array.isArray(json) && json.length === 0;
  }
  if (test.meets === "cs") return contains(json, test.value);
  if (test.meets === "cd") return contains(test.value, json);
  return Array.isArray(json) && (test.value as unknown[]).some((one) => json.includes(one));
}

const isContainer = (json: unknown) => typeof json === "object" && json !== null;

function compared(op: string, a: Value, b: Value): Truth {
  if (op === "isdistinct") return a === null || b === null ? a !== b : compare(a, b) !== 0;
  if (a === null || b === null) return null;
  const d = compare(a, b);
  if (op === "eq") return d === 0;
  if (op === "neq") return d !== 0;
  if (op === "gt" || op === "gte") return d > 0 || (op === "gte" && d === 0);
  return d < 0 || (op === "lte" && d === 0);
}

function alike(value: Value, pattern: Pattern, fold: boolean, folds: boolean): Truth {
  if (value === null) return null;
  const ascii = (text: string) => text.replace(/[A-Z]/g, (c) => c.toLowerCase());
  const same = (text: string) => (!fold ? text : folds ? text.toLowerCase() : ascii(text));
  const source = pattern.map((p) => {
    if (p === "%") return ".*";
    return p === "_" ? "." : same(p).replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`, "su").test(same(String(value)));
}

/** One row's question: its table, who asks, and the query whose embeds a condition may name. */
interface Asked {
  table: Table;
  actor: Actor;
  query: Query;
}

function holds(asked: Asked, row: Row, condition: Condition): Truth {
  if ("embed" in condition) {
    const embed = embedsOf(asked.query).find((e) => embedKey(e) === condition.embed);
    return (embedded(asked, row, embed as Embed).length === 0) === condition.none;
  }
  if ("all" in condition) {
    const each = condition.of.map((c) => holds(asked, row, c));
    const truth = condition.all ? all(each) : any(each);
    return condition.negated ? not(truth) : truth;
  }
  const { field, test, negated } = condition;
  const folds = asked.table.folds.includes(field.column) && !field.path;
  const found = truth(fieldValue(asked.table, row, field), test, folds);
  return negated ? not(found) : found;
}

const embedsOf = ({ select }: Query) =>
  select.flatMap((item) => ("embed" in item ? [item.embed] : []));

/** Rows that match, before order and page. */
function matching(asked: Asked, rows: Row[]): Row[] {
  const inner = embedsOf(asked.query).filter((e) => e.join === "!inner");
  return rows.filter(
    (row) =>
      asked.query.where.every((c) => holds(asked, row, c) === true) &&
      inner.every((e) => embedded(asked, row, e).length > 0),
  );
}

/** What an embed finds for a row, before its order and page. */
function embedded({ actor }: Asked, row: Row, { relation, query }: Embed): Row[] {
  const table = tableOf(relation.to);
  const joined = table.rows(actor).filter((there) => relation.joins(row, there, actor));
  return matching({ table, actor, query }, joined);
}

// In which order, and how many.

/** Rows that the order does not tell apart come as they are stored: here, by their keys. */
function ordered(asked: Asked, rows: Row[]): Row[] {
  const { table, query } = asked;
  if (query.order.length === 0) return rows;
  const last = query.order.at(-1)?.descending === true;
  const terms: Term[] = [...query.order, { field: { column: table.key }, descending: last }];
  const placed = rows.map((row) => ({ row, values: terms.map((t) => termValue(asked, row, t)) }));
  placed.sort((a, b) => {
    for (const [i, term] of terms.entries()) {
      const d = place(a.values[i] ?? null, b.values[i] ?? null, term);
      if (d !== 0) return d;
    }
    return 0;
  });
  return placed.map(({ row }) => row);
}

function termValue(asked: Asked, row: Row, { field, embed: name }: Term): Value {
  if (name === undefined) return fieldValue(asked.table, row, field);
  const embed = embedsOf(asked.query).find((e) => embedKey(e) === name) as Embed;
  const [there] = embedded(asked, row, embed);
  return there ? fieldValue(tableOf(embed.relation.to), there, field) : null;
}

function place(a: Value, b: Value, { descending = false, nulls }: Term): number {
  if (a === null || b === null) {
    const first = (nulls ?? (descending ? "first" : "last")) === "first" ? -1 : 1;
    return a === b ? 0 : a === null ? first : -first;
  }
  return descending ? compare(b, a) : compare(a, b);
}

const page = <T>(rows: T[], { limit, offset = 0 }: Query): T[] =>
  rows.slice(offset, limit === undefined ? undefined : offset + limit);

// What of them is shown.

/** A member of an answer: what a row shows, or what many rows come to. */
type Member =
  | { key: string; of: (row: Row) => Value | Answered | Answered[] }
  | { key: string; from: (rows: Row[]) => Value };

function members(asked: Asked, item: Item): Member[] {
  const { table } = asked;
  if ("star" in item) {
    return Object.keys(table.columns).map((key) => ({ key, of: (row) => row[key] ?? null }));
  }
  const key = keyOf(item);
  if ("count" in item) return [{ key, from: (rows) => rows.length }];
  if ("embed" in item) return embedMembers(asked, item.embed, key);
  const value = (row: Row) => columnValue(table, row, item);
  if (!item.aggregate) return [{ key, of: value }];
  const { aggregate } = item;
  return [{ key, from: (rows) => aggregated(aggregate, rows.map(value)) }];
}

function columnValue(table: Table, row: Row, { field, cast }: Column): Value {
  const value = fieldValue(table, row, field);
  if (value === null || cast === undefined) return value;
  const convert = casts[kindOf(table, field)]?.[cast];
  if (!convert) throw new Error(`the model cannot cast to ${cast}`);
  return convert(value as never);
}

function aggregated(aggregate: string, all: Value[]): Value {
  const values = all.filter((v) => v !== null);
  if (aggregate === "count") return values.length;
  if (values.length === 0) return null;
  const sum = values.reduce((a: number, b) => a + Number(b), 0);
  if (aggregate === "sum") return sum;
  if (aggregate === "avg") return sum / values.length;
  values.sort(compare);
  return (aggregate === "min" ? values[0] : values.at(-1)) ?? null;
}

function embedMembers(asked: Asked, embed: Embed, key: string): Member[] {
  const { relation, query, spread } = embed;
  const inner = { table: tableOf(relation.to), actor: asked.actor, query };
  if (query.select.length === 0) return [];
  if (!spread) {
    return [
      {
        key,
        of: (row) => {
          const found = answered(inner, embedded(asked, row, embed));
          return relation.single ? (found[0] ?? null) : found;
        },
      },
    ];
  }
  const names = query.select.flatMap((item) => members(inner, item));
  return names.map((member) => ({
    key: member.key,
    of: (row) => {
      const there = embedded(asked, row, embed);
      if (!("of" in member)) throw new Error("the model sums nothing up in a spread");
      if (relation.single) return there[0] ? member.of(there[0]) : null;
      return page(ordered(inner, there), query).map((r) => shown(member.of(r))) as Answered[];
    },
  }));
}

const shown = (value: unknown) => (value instanceof Json ? value.json : value);

/** Matching rows as they are shown: each, or in groups. */
function answered(asked: Asked, rows: Row[]): Answered[] {
  return page(entries(asked, rows), asked.query).map((entry) =>
    Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, shown(value)])),
  );
}

function entries(asked: Asked, rows: Row[]): Answered[] {
  const list = asked.query.select.flatMap((item) => members(asked, item));
  const plain = (row: Row) =>
    Object.fromEntries(list.flatMap((m) => ("of" in m ? [[m.key, m.of(row)]] : [])));
  if (list.every((m) => "of" in m)) return ordered(asked, rows).map(plain);
  const groups = new Map<string, Row[]>();
  if (!list.some((m) => "of" in m)) groups.set("", []);
  for (const row of ordered(asked, rows)) {
    const key = list.some((m) => "of" in m) ? JSON.stringify(plain(row)) : "";
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((of) => {
    const sums = list.flatMap((m) => ("from" in m ? [[m.key, m.from(of)]] : []));
    return { ...(of[0] && plain(of[0])), ...Object.fromEntries(sums) };
  });
}

export interface Expected {
  rows: Answered[];
  total: number;
}

/** All rows of the answer, and how many there are without limit and offset. */
export function ask(table: Table, query: Query, actor: Actor): Expected {
  const asked = { table, actor, query };
  const rows = matching(asked, asked.table.rows(actor));
  return { rows: answered(asked, rows), total: entries(asked, rows).length };
}

/** The rows that a write's filter names. */
export function named(table: Table, { where }: Query, actor: Actor): Row[] {
  return matching({ table, actor, query: { select: [], where, order: [] } }, table.rows(actor));
}

/** What a write that touched these rows sends back: inner embeds limit it, its filter no more. */
export function sentBack(table: Table, query: Query, actor: Actor, touched: Row[]): Answered[] {
  const asked = { table, actor, query: { ...query, where: [] } };
  return answered(asked, matching(asked, touched));
}

/** Rows whose order nobody asked for, in one that two answers share. */
export function settled(rows: Answered[], query: Query): Answered[] {
  const each = rows.map((row) => {
    const copy = { ...row };
    for (const embed of embedsOf(query)) {
      const inner = copy[embedKey(embed)];
      if (!embed.spread && Array.isArray(inner)) {
        copy[embedKey(embed)] = settled(inner, embed.query);
      }
      if (embed.spread || !isRow(inner)) continue;
      copy[embedKey(embed)] = settled([inner], embed.query)[0];
    }
    return copy;
  });
  if (query.order.length > 0) return each;
  const keyed = each.map((row) => ({ row, key: canonical(row) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
}

/** Says where they part in one line each: whole answers are long. */
export function same(answer: object[], model: object[], about: string): void {
  const [a, b] = [answer, model].map((rows) => rows.map(canonical));
  const at = a?.findIndex((row, i) => row !== b?.[i]) ?? -1;
  if (at < 0 && a?.length === b?.length) return;
  const part = at < 0 ? Math.min(answer.length, model.length) : at;
  throw new Error(`${about}\nrow ${part}\nanswer ${a?.[part]}\nmodel  ${b?.[part]}`);
}

const isRow = (value: unknown): value is Answered =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON without the order of keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    isRow(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
