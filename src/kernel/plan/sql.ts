// Statements and their parameters. A compiled statement is text with numbered parameters and, for
// each, a function that takes the value from a request: the text is cached, the values are not.
import type { Actor } from "../actor.ts";
import { Refusal } from "../errors.ts";
import type { Slot } from "../intent.ts";

export type Bound = string | number | null;

/** What the parameters of one request are taken from. */
export interface Bind {
  values: unknown[];
  actor: Actor;
  /** ISO text of the moment of the request. */
  now: string;
  /** Rows to be written, as the JSON array of arrays that the statement unpacks. */
  rows: string;
}

export type Binder = (bind: Bind) => Bound;

export interface Statement {
  sql: string;
  binders: Binder[];
  /** It looks at rows that its caller may not see: how many it reads would tell of them. */
  hides?: boolean;
}

/** A statement with its values, ready for the store. */
export interface BoundStatement {
  sql: string;
  params: Bound[];
}

/** D1 takes so many parameters per statement; more travel as one JSON parameter. */
const MAX_PARAMETERS = 100;
/** Bytes of one statement's text that D1 takes. */
const MAX_STATEMENT_BYTES = 100_000;
/** Bytes of one parameter that production D1 takes (the simulator takes more). */
const MAX_PARAMETER_BYTES = 2_000_000;
/** Literals of declared names hold no question mark, so every match is a placeholder. */
const PLACEHOLDERS = /\?\d+/g;

/** Collects the parameters of a statement while its text is written. */
export class Params {
  private readonly binders: Binder[] = [];
  private readonly known = new Map<string, string>();
  private aliases = 0;
  /** Slots of the JSON values that rows are to meet. */
  readonly structures = new Set<Slot>();
  hides = false;

  /** The placeholder of a parameter; equal keys share one. */
  add(binder: Binder, key?: string): string {
    const seen = key === undefined ? undefined : this.known.get(key);
    if (seen) return seen;
    const placeholder = `?${this.binders.push(binder)}`;
    if (key !== undefined) this.known.set(key, placeholder);
    return placeholder;
  }

  /** A fixed value. */
  constant(value: Bound): string {
    return this.add(() => value, `=${typeof value}:${value}`);
  }

  /** A new alias for a table of this statement. */
  alias(): string {
    return `t${++this.aliases}`;
  }

  /** The statement of a text, with the parameters that the text names: D1 takes no others. */
  statement(sql: string): Statement {
    const named = new Set(sql.match(PLACEHOLDERS));
    const kept = this.binders
      .map((binder, i) => ({ binder, was: `?${i + 1}` }))
      .filter(({ was }) => named.has(was));
    const { hides } = this;
    if (kept.length > MAX_PARAMETERS)
      return { ...packed(sql, kept, this.known.get("rows")), hides };
    const places = new Map(kept.map(({ was }, i) => [was, `?${i + 1}`]));
    return { sql: replaced(sql, places), binders: kept.map(({ binder }) => binder), hides };
  }
}

type Kept = { binder: Binder; was: string };

/** Many parameters as one. The rows stay apart: escaped within a JSON text, they would grow. */
function packed(sql: string, kept: Kept[], rows: string | undefined) {
  const many = kept.filter(({ was }) => was !== rows);
  const places = new Map(many.map(({ was }, i) => [was, `(?1->>${i})`]));
  const binders: Binder[] = [(bind) => JSON.stringify(many.map(({ binder }) => binder(bind)))];
  const apart = kept.find(({ was }) => was === rows);
  if (apart) places.set(apart.was, `?${binders.push(apart.binder)}`);
  return { sql: replaced(sql, places), binders };
}

function replaced(sql: string, places: Map<string, string>): string {
  return bounded(sql.replace(PLACEHOLDERS, (was) => places.get(was) ?? was));
}

/** The text as it is; `statement_too_large` where D1 would not take it. */
export function bounded(sql: string): string {
  if (sql.length > MAX_STATEMENT_BYTES) throw new Refusal("statement_too_large"); // names are ASCII
  return sql;
}

export function bindStatement(statement: Statement, bind: Bind): BoundStatement {
  return { sql: statement.sql, params: statement.binders.map((binder) => sendable(binder(bind))) };
}

function sendable(value: Bound): Bound {
  if (typeof value !== "string" || value.length * 3 <= MAX_PARAMETER_BYTES) return value;
  const bytes = new TextEncoder().encode(value).length;
  if (bytes > MAX_PARAMETER_BYTES) throw new Refusal("statement_too_large");
  return value;
}

/** Joins with and/or as a balanced tree: SQLite's expression depth is 100. */
export function balanced(operator: "and" | "or", parts: string[]): string {
  if (parts.length === 1) return parts.join();
  const half = Math.ceil(parts.length / 2);
  const left = balanced(operator, parts.slice(0, half));
  return `(${left} ${operator} ${balanced(operator, parts.slice(half))})`;
}
