// A predicate as a test on one row, for those who hold a row and no database. It must agree with
// predicate-sql.ts on every row; test/kernel/predicate.property.test.ts holds them together.
import type { Actor } from "./actor.ts";
import type { IsWord } from "./intent.ts";
import { fold, foldAscii, foldPattern, patternMatches } from "./pattern.ts";
import { orderOf, orderOfJson } from "./plan/compare.ts";
import { meets } from "./plan/meet.ts";
import type { List, Predicate, Term } from "./predicate.ts";
import type { Kind, Row } from "./table.ts";
import type { Stored } from "./values.ts";

/** What a predicate refers to besides the row. */
export interface RowBind {
  kinds: (column: string) => Kind | undefined;
  folds: (column: string) => boolean;
  actor: Actor;
  now: string;
  /** The values of an intent's slots, normalised to the kinds of the columns they meet. */
  values: unknown[];
}

/** SQL's three truths, and what only the database can tell. */
export type Truth = boolean | null | "ask";

/**
 * Does the row satisfy the predicate? `ask`: that takes another table, or a column that the row
 * does not carry. NULL is no, as in a WHERE clause.
 */
export function testRow(predicate: Predicate, row: Row, bind: RowBind): "yes" | "no" | "ask" {
  const truth = evaluate(predicate, row, bind);
  if (truth === "ask") return "ask";
  return truth === true ? "yes" : "no";
}

function evaluate(p: Predicate, row: Row, bind: RowBind): Truth {
  switch (p.kind) {
    case "constant":
      return p.value;
    case "and":
      return decide(p.of, false, row, bind);
    case "or":
      return decide(p.of, true, row, bind);
    case "not":
      return negate(evaluate(p.of, row, bind));
    case "compare":
      return compare(p, valueIn(p.left, row, bind), valueIn(p.right, row, bind), bind);
    case "is":
      return is(p.word, valueIn(p.left, row, bind));
    case "in":
      return among(valueIn(p.left, row, bind), listOf(p.list, bind));
    case "like":
      return like(p, row, bind);
    case "meet":
      return meets(p.how, valueIn(p.left, row, bind), bind.values[p.value]);
    case "member":
    case "via":
    case "embedded":
    case "search":
      return "ask";
  }
}

/** AND is decided by one false, OR by one true; else what is unsure wins over what is sure. */
function decide(of: Predicate[], decisive: boolean, row: Row, bind: RowBind): Truth {
  let result: Truth = !decisive;
  for (const part of of) {
    const truth = evaluate(part, row, bind);
    if (truth === decisive) return decisive;
    if (truth === "ask" || (truth === null && result !== "ask")) result = truth;
  }
  return result;
}

function negate(truth: Truth): Truth {
  return typeof truth === "boolean" ? !truth : truth;
}

function compare(
  { op, ...terms }: Predicate & { kind: "compare" },
  left: Stored | undefined,
  right: Stored | undefined,
  bind: RowBind,
): Truth {
  if (left === undefined || right === undefined) return "ask";
  if (op === "isdistinct") return left !== right;
  if (left === null || right === null) return null;
  const json = isJson(terms.left, bind) ?? isJson(terms.right, bind) ?? false;
  const order = json ? orderOfJson(String(left), String(right)) : orderOf(left, right);
  const truths = {
    eq: order === 0,
    neq: order !== 0,
    lt: order < 0,
    lte: order <= 0,
    gt: order > 0,
    gte: order >= 0,
  };
  return truths[op];
}

function isJson(term: Term, bind: RowBind): boolean | undefined {
  if (!("column" in term)) return undefined;
  return term.path ? term.text !== true : bind.kinds(term.column) === "json";
}

function is(word: IsWord, value: Stored | undefined): Truth {
  if (value === undefined) return "ask";
  if (word === "null" || word === "unknown") return value === null;
  if (word === "not_null") return value !== null;
  return value === (word === "true" ? 1 : 0);
}

function among(left: Stored | undefined, list: Stored[]): Truth {
  if (left === undefined) return "ask";
  if (list.length === 0) return false;
  if (left === null) return null;
  return list.includes(left) || (list.includes(null) ? null : false);
}

function like(p: Predicate & { kind: "like" }, row: Row, bind: RowBind): Truth {
  const left = valueIn(p.left, row, bind);
  const pattern = valueIn(p.pattern, row, bind);
  if (left === undefined || pattern === undefined) return "ask";
  if (left === null || pattern === null) return null;
  if (!p.fold) return patternMatches(String(pattern), String(left));
  const wide = "column" in p.left && !p.left.path?.length && bind.folds(p.left.column);
  const folded = wide ? fold : foldAscii;
  return patternMatches(foldPattern(String(pattern), folded), folded(String(left)));
}

function listOf(list: List, bind: RowBind): Stored[] {
  if ("values" in list) return list.values.map(stored);
  if (list.size === "many") return (bind.values[list.slot] as unknown[]).map(stored); // by its size
  return bind.values.slice(list.slot, list.slot + list.size).map(stored);
}

/** A term as SQL sees it; undefined: the row does not say. */
function valueIn(term: Term, row: Row, bind: RowBind): Stored | undefined {
  if ("value" in term) return stored(term.value);
  if ("slot" in term) return stored(bind.values[term.slot] ?? null);
  if ("actor" in term) return bind.actor[term.actor];
  if ("now" in term) return bind.now;
  const value = row[term.column];
  if (value === undefined || value === null) return value;
  if (term.path?.length) return follow(value, term.path, term.text === true);
  return bind.kinds(term.column) === "json" ? JSON.stringify(value) : stored(value);
}

function stored(value: unknown): Stored {
  if (typeof value === "boolean") return value ? 1 : 0;
  return value as Stored; // rows, slots and constants hold text, numbers and null besides
}

/** `->` gives JSON text, so that JSON's null is a value; `->>` gives text, where it is NULL. */
function follow(json: unknown, path: (string | number)[], asText: boolean): Stored {
  let value = json;
  for (const step of path) {
    const found = typeof step === "number" ? item(value, step) : member(value, step);
    if (found === undefined) return null;
    value = found;
  }
  if (!asText) return JSON.stringify(value);
  if (value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function item(value: unknown, index: number): unknown {
  return Array.isArray(value) ? value.at(index) : undefined;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
