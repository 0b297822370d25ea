// Conditions of an intent to predicates: names and operators are checked here, once per shape.
import { Refusal } from "../errors.ts";
import type { Condition, Field, IsWord, Meeting } from "../intent.ts";
import { near } from "../near.ts";
import type { Comparison, Predicate } from "../predicate.ts";
import type { Column, Kind } from "../table.ts";

/** Bounds of one filter, embeds' filters included. */
const MAX_FILTER_NODES = 200;
const MAX_FILTER_DEPTH = 20;

/** A JSON value's lists and objects inside each other: each is a subquery in the last. */
const MAX_STRUCTURE_DEPTH = 5;

const comparisons = new Set(["eq", "neq", "lt", "lte", "gt", "gte", "isdistinct"]);
const textKinds = new Set<Kind>(["text"]);
const symbols: Record<Meeting, string> = {
  contains: "@>",
  contained: "<@",
  overlaps: "&&",
  each: "@>",
};
/** Operators that D1 has nothing for. */
const withheld: Record<string, string> = {
  ...Object.fromEntries(["match", "imatch"].map((op) => [op, "regex_not_offered"])),
  ...Object.fromEntries(["sl", "sr", "nxr", "nxl", "adj"].map((op) => [op, "range_not_offered"])),
};

/** What a filter may name: the table's visible columns, and the embeds of its query. */
export interface FilterScope {
  name: string;
  columns: Map<string, Column>;
  embeds: ReadonlySet<string>;
}

/** Checks a condition; 42703, 42883, PGRST120 or PGRST127 where it makes no sense. */
export function predicateOf(condition: Condition, scope: FilterScope): Predicate {
  let nodes = 0;
  const walk = (node: Condition, depth: number, negated: boolean): Predicate => {
    if (++nodes > MAX_FILTER_NODES) throw tooLarge(MAX_FILTER_NODES, "conditions");
    if (depth > MAX_FILTER_DEPTH) throw tooLarge(MAX_FILTER_DEPTH, "levels");
    if ("and" in node) return { kind: "and", of: node.and.map((n) => walk(n, depth + 1, negated)) };
    if ("or" in node) return { kind: "or", of: node.or.map((n) => walk(n, depth + 1, negated)) };
    if ("not" in node) return { kind: "not", of: walk(node.not, depth + 1, !negated) };
    return leaf(node, scope, negated);
  };
  return walk(condition, 1, false);
}

function tooLarge(max: number, what: string): Refusal {
  return new Refusal("filter_too_large", { max, what });
}

type Leaf = Exclude<Condition, { and: unknown } | { or: unknown } | { not: unknown }>;

function leaf(node: Leaf, scope: FilterScope, negated: boolean): Predicate {
  const { field } = node;
  const column = scope.columns.get(field.column);
  if ((!column || column.hidden) && scope.embeds.has(field.column)) {
    if (!("is" in node) || (node.is !== "null" && node.is !== "not_null")) {
      throw new Refusal("PGRST120");
    }
    const some: Predicate = { kind: "embedded", embed: field.column };
    return node.is === "null" ? { kind: "not", of: some } : some;
  }
  const kind = checkField(field, scope);
  if ("is" in node) return isPredicate(node, kind);
  if ("in" in node) {
    return { kind: "in", left: field, list: { slot: node.in, size: node.size } };
  }
  if ("like" in node) {
    if (!textKinds.has(kind)) throw new Refusal("42883", { type: kind, operator: "~~" });
    const { form, fold } = node;
    return { kind: "like", left: field, pattern: { slot: node.like }, form, fold };
  }
  if ("search" in node) return searchPredicate(node, scope, negated);
  if ("meets" in node) return meetPredicate(node, kind);
  const code = withheld[node.op];
  if (code) throw new Refusal(code);
  if (!comparisons.has(node.op)) throw notImplemented(`the filter operator ${node.op}`);
  const op = node.op as Comparison; // just checked
  return { kind: "compare", op, left: field, right: { slot: node.value } };
}

function meetPredicate(node: Extract<Leaf, { meets: Meeting }>, kind: Kind): Predicate {
  const { field, meets: how, value, depth } = node;
  if (kind !== "json") throw new Refusal("42883", { type: kind, operator: symbols[how] });
  if (depth > MAX_STRUCTURE_DEPTH) throw tooLarge(MAX_STRUCTURE_DEPTH, "levels of JSON");
  return { kind: "meet", how, left: field, value, depth };
}

/** Where a search is negated it must say NULL of NULL; elsewhere the index alone may find rows. */
function searchPredicate(
  { field, search, config }: Extract<Leaf, { search: unknown }>,
  { name: table, columns }: FilterScope,
  negated: boolean,
): Predicate {
  const way = field.path ? undefined : columns.get(field.column)?.search;
  if (way === undefined || (config ?? way) !== way) {
    const some = [...columns.values()].filter((c) => c.search && !c.hidden).map((c) => c.name);
    const others = `Searchable in '${table}': ${some.join(", ") || "no column"}.`;
    const hint = way ? `'${field.column}' is searchable as ${way}.` : others;
    throw new Refusal("not_searchable", { hint });
  }
  const english = way === "english";
  return { kind: "search", column: field.column, english, search, exact: negated };
}

function isPredicate(node: { field: Field; is: IsWord }, kind: Kind): Predicate {
  if (kind !== "boolean" && node.is !== "null" && node.is !== "not_null") {
    throw new Refusal("42883", { type: kind, operator: `is ${node.is}` });
  }
  return { kind: "is", left: node.field, word: node.is };
}

/** A refusal for what PostgREST's grammar has and Vertebra does not. */
export function notImplemented(feature: string): Refusal {
  return new Refusal("PGRST127", { feature });
}

/** The kind of a visible field; 42703 when there is none, 42883 when it has no such inside. */
export function checkField(field: Field, scope: Pick<FilterScope, "name" | "columns">): Kind {
  const column = scope.columns.get(field.column);
  if (!column || column.hidden) {
    const known = [...scope.columns.values()].filter((c) => !c.hidden).map((c) => c.name);
    const hint = near(field.column, known);
    throw new Refusal("42703", { table: scope.name, column: field.column, near: hint });
  }
  if (!field.path) return column.kind;
  if (column.kind !== "json") {
    throw new Refusal("42883", { type: column.kind, operator: field.text ? "->>" : "->" });
  }
  return field.text ? "text" : "json";
}

/** Columns that the condition fixes to one value, on whatever row it matches. */
export function pinnedBy(predicate: Predicate | undefined): Set<string> {
  if (!predicate) return new Set();
  if (predicate.kind === "and") return new Set(predicate.of.flatMap((p) => [...pinnedBy(p)]));
  if (predicate.kind === "compare" && predicate.op === "eq" && "column" in predicate.left) {
    if (!predicate.left.path) return new Set([predicate.left.column]);
  }
  if (predicate.kind === "in" && "slot" in predicate.list && predicate.list.size === 1) {
    if ("column" in predicate.left && !predicate.left.path) return new Set([predicate.left.column]);
  }
  return new Set();
}
