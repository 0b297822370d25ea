// Predicates to SQL. Everything a caller sent becomes a parameter; only declared names are text.
import type { Role } from "../actor.ts";
import { Refusal } from "../errors.ts";
import type { Slot } from "../intent.ts";
import { fold, foldAscii, foldPattern, patternGlob, patternText, prefixEnd } from "../pattern.ts";
import { policyOf } from "../policy.ts";
import { and, type List, or, type Predicate, type Term } from "../predicate.ts";
import {
  type Column,
  type Declared,
  declarationOf,
  foldColumn,
  type Kind,
  searchColumn,
} from "../table.ts";
import { fromText } from "../values.ts";
import { jsonOrder } from "./compare.ts";
import { jsonKey, literal, name } from "./json-sql.ts";
import { compileMeet } from "./meet.ts";
import { indexName } from "./search-index.ts";
import { type Search, searchExpression } from "./search-query.ts";
import { type Bind, type Binder, type Bound, balanced, type Params } from "./sql.ts";

/** D1 refuses longer LIKE and GLOB patterns, in bytes. */
const MAX_PATTERN_BYTES = 50;
/** They are one parameter; each of them is looked for. */
const MAX_LIST_VALUES = 10_000;

export interface SqlContext {
  params: Params;
  role: Role;
  /** Columns the predicate may name. */
  columns: Map<string, Column>;
  /** SQL of a column of the row in question. */
  column: (column: string) => string;
  /** The table whose rows these are, for its search index. */
  table?: Declared | undefined;
  /** Foreign keys, for `via`: the parent and its column. */
  parent: (column: string) => { table: Declared; column: string } | undefined;
  /** Columns that the statement fixes to one value: others are asked about that value only. */
  pinned?: ReadonlySet<string>;
  /** The statement stands inside an embed of the row this column points at. */
  insideParent?: string;
  /** SQL that says whether an embed of the query has rows, by the embed's name. */
  embedded?: (embed: string) => string;
}

/** The context of a table's rows, under an alias or by the table's own name. */
export function rowContext(
  of: Pick<SqlContext, "params" | "role">,
  table: Declared,
  alias = name(table.sqlName),
): SqlContext {
  return {
    params: of.params,
    role: of.role,
    columns: table.columns,
    column: (c) => `${alias}.${name(c)}`,
    parent: (c) => table.parents().get(c),
  };
}

/** SQL of a condition: true, false or NULL for a row, as the row test says. */
export function compilePredicate(predicate: Predicate, context: SqlContext): string {
  const simple = simplify(predicate, context.role);
  switch (simple.kind) {
    case "constant":
      return simple.value ? "1" : "0";
    case "and":
    case "or":
      // Once each: select, using and check are often one and the same.
      return balanced(simple.kind, [
        ...new Set(simple.of.map((p) => compilePredicate(p, context))),
      ]);
    case "not":
      // NOT binds weaker than IS: without its own, a guard's `is not true` would go inside.
      return `(not ${compilePredicate(simple.of, context)})`;
    case "compare":
      return compileCompare(simple, context);
    case "is":
      return compileIs(simple, context);
    case "in":
      return `(${leftSql(simple.left, context)} in ${listSql(simple, context)})`;
    case "like":
      return compileLike(simple, context);
    case "meet":
      return compileMeet(simple, leftSql(simple.left, context), context.params);
    case "search":
      return compileSearch(simple, context);
    case "member":
      return compileMember(simple, context);
    case "via":
      return compileVia(simple, context);
    case "embedded":
      return context.embedded?.(simple.embed) ?? "0";
  }
}

/** Folds what the role alone decides; rows' NULLs keep their meaning. */
export function simplify(predicate: Predicate, role: Role): Predicate {
  if (
    predicate.kind === "compare" &&
    "actor" in predicate.left &&
    predicate.left.actor === "role"
  ) {
    const equal = "value" in predicate.right && predicate.right.value === role;
    return { kind: "constant", value: predicate.op === "eq" ? equal : !equal };
  }
  if (predicate.kind === "not") {
    const of = simplify(predicate.of, role);
    return of.kind === "constant" ? { kind: "constant", value: !of.value } : { kind: "not", of };
  }
  if (predicate.kind !== "and" && predicate.kind !== "or") return predicate;
  const neutral = predicate.kind === "and";
  const parts = predicate.of.map((p) => simplify(p, role));
  const rest = parts.filter((p) => !(p.kind === "constant" && p.value === neutral));
  if (rest.length === 0) return { kind: "constant", value: neutral };
  const decided = rest.find((p) => p.kind === "constant");
  if (decided) return decided;
  return (predicate.kind === "and" ? and : or)(...rest);
}

const operators = {
  eq: "=",
  neq: "<>",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
  isdistinct: "is not",
};

function compileCompare(p: Extract<Predicate, { kind: "compare" }>, context: SqlContext): string {
  const kind = kindOf(p.left, context) ?? kindOf(p.right, context) ?? "text";
  const sides = [p.left, p.right].map((term) => termSql(term, kind, context));
  const ordered = kind === "json" && ["lt", "lte", "gt", "gte"].includes(p.op);
  const [left, right] = ordered ? sides.map((side) => `(${jsonOrder(side)})`) : sides;
  return `(${left} ${operators[p.op]} ${right})`;
}

function compileIs(p: Extract<Predicate, { kind: "is" }>, context: SqlContext): string {
  const left = leftSql(p.left, context);
  switch (p.word) {
    case "null":
    case "unknown":
      return `(${left} is null)`;
    case "not_null":
      return `(${left} is not null)`;
    default:
      return `(${left} is ${p.word === "true" ? 1 : 0})`;
  }
}

/** The kind that values compared with this term must have; undefined: it has none of its own. */
function kindOf(term: Term, context: Pick<SqlContext, "columns">): Kind | undefined {
  if (!("column" in term)) return undefined;
  if (term.path) return term.text ? "text" : "json";
  return context.columns.get(term.column)?.kind;
}

function leftSql(term: Term, context: SqlContext): string {
  return termSql(term, kindOf(term, context) ?? "text", context);
}

function termSql(term: Term, kind: Kind, context: SqlContext): string {
  if ("column" in term) return fieldSql(term, context);
  if ("slot" in term) return context.params.add(slotBinder(kind, term.slot));
  if ("now" in term) return context.params.add((b) => b.now, "now");
  if ("actor" in term) {
    const field = term.actor;
    return context.params.add((b) => b.actor[field], `actor.${field}`);
  }
  const value = term.value;
  return context.params.constant(typeof value === "boolean" ? Number(value) : value);
}

function slotBinder(kind: Kind, slot: Slot): Binder {
  return (bind) => fromText(kind, String(bind.values[slot]));
}

/** A column, or what is at a path in a JSON column (`->` as JSON text, `->>` as plain text). */
export function fieldSql(
  field: { column: string; path?: (string | number)[]; text?: boolean },
  context: Pick<SqlContext, "column" | "params">,
): string {
  const column = context.column(field.column);
  if (!field.path) return column;
  const path = context.params.constant(jsonPath(field.path));
  if (!field.text) return `(${column}->${path})`;
  const type = `json_type(${column},${path})`;
  // Joined to an empty text, which loses the mark of JSON: the answer shows a text, not a number.
  const shown = `(${column}->${path})||''`;
  const known = `when 'text' then ${column}->>${path} when 'null' then null`;
  return `(case ${type} ${known} else ${shown} end)`;
}

/** SQLite's path for a list of keys and indexes. */
function jsonPath(path: (string | number)[]): string {
  const steps = path.map((step) => {
    if (typeof step === "number") return step < 0 ? `[#${step}]` : `[${step}]`;
    return `.${jsonKey(step)}`;
  });
  return `$${steps.join("")}`;
}

function listSql(p: { left: Term; list: List }, context: SqlContext): string {
  const kind = kindOf(p.left, context) ?? "text";
  const { list } = p;
  if ("values" in list) {
    const constants = list.values.map((value) => termSql({ value }, kind, context));
    return constants.length <= 4 ? `(${constants.join(",")})` : manySql(context, list.values);
  }
  if (list.size === "many") {
    const { slot } = list;
    const binder = (bind: Bind) => {
      const list = bind.values[slot] as unknown[]; // Values.addList put an array there
      if (list.length > MAX_LIST_VALUES) {
        throw new Refusal("filter_too_large", { max: MAX_LIST_VALUES, what: "values in a list" });
      }
      return JSON.stringify(list.map((v) => fromText(kind, String(v))));
    };
    return `(select value from json_each(${context.params.add(binder)}))`;
  }
  const slots = Array.from({ length: list.size }, (_, i) => list.slot + i);
  return `(${slots.map((slot) => context.params.add(slotBinder(kind, slot))).join(",")})`;
}

function manySql(context: SqlContext, values: unknown[]): string {
  return `(select value from json_each(${context.params.constant(JSON.stringify(values))}))`;
}

function compileLike(p: Extract<Predicate, { kind: "like" }>, context: SqlContext): string {
  const column = "column" in p.left ? context.columns.get(p.left.column) : undefined;
  const folds = p.fold && column?.fold === true && "column" in p.left && !p.left.path;
  const plain = leftSql(p.left, context);
  const left = folds ? context.column(foldColumn(column.name)) : p.fold ? `lower(${plain})` : plain;
  const folded = (pattern: string) =>
    p.fold ? foldPattern(pattern, folds ? fold : foldAscii) : pattern;
  const pattern = (turn: (pattern: string) => Bound) =>
    context.params.add((bind) => turn(folded(patternOf(p.pattern, bind))));
  switch (p.form) {
    case "any":
      return `(${left} >= '')`;
    case "exact":
      return `(${left} = ${pattern(patternText)})`;
    case "prefix": {
      const end = pattern((text) => prefixEnd(patternText(text)));
      return `(${left} >= ${pattern(patternText)} and ${left} < ${end})`;
    }
    case "suffix": {
      const suffix = pattern(patternText);
      return `(substr(${left}, -length(${suffix})) = ${suffix})`;
    }
    case "contains":
      return `(instr(${left}, ${pattern(patternText)}) > 0)`;
    case "glob":
      return `(${left} glob ${pattern(boundedGlob)})`;
  }
}

function patternOf(term: Term, bind: Bind): string {
  if ("slot" in term) return String(bind.values[term.slot]);
  return "value" in term ? String(term.value) : "";
}

function boundedGlob(pattern: string): string {
  const glob = patternGlob(pattern);
  if (new TextEncoder().encode(glob).length > MAX_PATTERN_BYTES) {
    throw new Refusal("pattern_too_long", { max_bytes: MAX_PATTERN_BYTES });
  }
  return glob;
}

function compileSearch(p: Extract<Predicate, { kind: "search" }>, context: SqlContext): string {
  if (!context.table) throw new Error(`${literal(p.column)}: rows of no table have no index`);
  const column = searchColumn(p.column);
  const query = context.params.add(({ values }) => {
    const search = values[p.search] as Search; // parsers put a tree there
    return searchExpression(search, column, p.english);
  });
  const index = name(indexName(context.table.sqlName));
  const rowid = context.column("rowid");
  const found = `${rowid} in (select rowid from ${index} where ${index} match ${query})`;
  return p.exact ? `(${found} or (${context.column(p.column)} is null and null))` : `(${found})`;
}

function compileMember(p: Extract<Predicate, { kind: "member" }>, context: SqlContext): string {
  const table = declarationOf(p.table());
  return among(context, p.column, table, p.pick, p.where);
}

function compileVia(p: Extract<Predicate, { kind: "via" }>, context: SqlContext): string {
  if (context.insideParent === p.column && p.verb === "select") return "1";
  const parent = context.parent(p.column);
  if (!parent) throw new Error(`via(${literal(p.column)}): not a foreign key`);
  const of = (verb: "select" | "update") => policyOf(parent.table.table, verb, context.role);
  const rows = p.verb === "select" ? of("select") : and(of("select"), of("update"));
  const policy = simplify(rows, context.role);
  if (policy.kind === "constant") {
    return policy.value ? `(${context.column(p.column)} is not null)` : "0";
  }
  return among(context, p.column, parent.table, parent.column, policy);
}

/** `in (select …)`, which is asked once; for a pinned column an `exists` about its one value. */
function among(
  context: SqlContext,
  column: string,
  table: Declared,
  pick: string,
  where: Predicate,
): string {
  const alias = context.params.alias();
  const inner = rowContext(context, table, alias);
  const from = `${name(table.sqlName)} ${alias}`;
  const here = context.column(column);
  const picked = `${alias}.${name(pick)}`;
  if (context.pinned?.has(column)) {
    const pinned = { ...inner, pinned: new Set([pick]) };
    const met = `${picked} = ${here} and ${compilePredicate(where, pinned)}`;
    return `exists(select 1 from ${from} where ${met})`;
  }
  // A NULL among the picked would turn "not among them" into NULL, and the two forms apart.
  const known = table.columns.get(pick)?.notNull ? "" : ` and ${picked} is not null`;
  const condition = compilePredicate(where, inner) + known;
  return `(${here} in (select ${picked} from ${from} where ${condition}))`;
}
