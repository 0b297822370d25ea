// One condition language, for policies, filters and preconditions alike. A predicate is data: it
// compiles to SQL (predicate-sql.ts) and to a test on a row (predicate-test.ts), and both agree.
import type { Actor } from "./actor.ts";
import type { IsWord, ListSize, Meeting, Slot } from "./intent.ts";
import type { PatternForm } from "./pattern.ts";
import type { AnyTable } from "./table.ts";

export type Scalar = string | number | boolean | null;

/** One side of a comparison. */
export type Term =
  | { column: string; path?: (string | number)[]; text?: boolean }
  | { value: Scalar }
  | { slot: Slot }
  | { actor: keyof Pick<Actor, "id" | "role" | "session"> }
  | { now: true };

export type Comparison = "eq" | "neq" | "lt" | "lte" | "gt" | "gte" | "isdistinct";

/** A list of values: given, or taken from an intent's slots. */
export type List = { values: Scalar[] } | { slot: Slot; size: ListSize };

export type Predicate =
  | { kind: "constant"; value: boolean }
  | { kind: "and" | "or"; of: Predicate[] }
  | { kind: "not"; of: Predicate }
  | { kind: "compare"; op: Comparison; left: Term; right: Term }
  | { kind: "is"; left: Term; word: IsWord }
  | { kind: "in"; left: Term; list: List }
  | { kind: "like"; left: Term; pattern: Term; form: PatternForm; fold: boolean }
  | { kind: "search"; column: string; english: boolean; search: Slot; exact: boolean }
  | { kind: "meet"; how: Meeting; left: Term; value: Slot; depth: number }
  | { kind: "member"; column: string; table: () => AnyTable; pick: string; where: Predicate }
  | { kind: "via"; column: string; verb: "select" | "update" }
  | { kind: "embedded"; embed: string };

type Operand = Scalar | Exclude<Term, { column: string }>;

/** The caller's id, as a term; null for guests and the service, so that nothing equals it. */
export const actorId = { actor: "id" } as const;
export const actorRole = { actor: "role" } as const;
export const actorSession = { actor: "session" } as const;
/** The moment of the request. */
export const now = { now: true } as const;

export const everyone: Predicate = { kind: "constant", value: true };
export const nobody: Predicate = { kind: "constant", value: false };
/** Does the role alone decide that it never holds? */
export function isNever(simplified: Predicate): boolean {
  return simplified.kind === "constant" && !simplified.value;
}

export const signedIn: Predicate = {
  kind: "compare",
  op: "eq",
  left: actorRole,
  right: { value: "authenticated" },
};

export function and(...of: Predicate[]): Predicate {
  const [first, ...rest] = of;
  return first && rest.length === 0 ? first : { kind: "and", of };
}

export function or(...of: Predicate[]): Predicate {
  const [first, ...rest] = of;
  return first && rest.length === 0 ? first : { kind: "or", of };
}

export function not(of: Predicate): Predicate {
  return { kind: "not", of };
}

function compare(op: Comparison, column: string, right: Operand): Predicate {
  return { kind: "compare", op, left: { column }, right: termOf(right) };
}

function termOf(operand: Operand): Term {
  return typeof operand === "object" && operand !== null ? operand : { value: operand };
}

export const eq = (column: string, value: Operand) => compare("eq", column, value);
export const neq = (column: string, value: Operand) => compare("neq", column, value);
export const lt = (column: string, value: Operand) => compare("lt", column, value);
export const lte = (column: string, value: Operand) => compare("lte", column, value);
export const gt = (column: string, value: Operand) => compare("gt", column, value);
export const gte = (column: string, value: Operand) => compare("gte", column, value);

export function isNull(column: string): Predicate {
  return { kind: "is", left: { column }, word: "null" };
}

export function isNotNull(column: string): Predicate {
  return { kind: "is", left: { column }, word: "not_null" };
}

export function oneOf(column: string, values: Scalar[]): Predicate {
  return { kind: "in", left: { column }, list: { values } };
}

/** The row belongs to the caller: its `column` holds the caller's id. */
export function own(column: string): Predicate {
  return eq(column, actorId);
}

/**
 * `column` is among `pick` of the rows of another table that satisfy `where`; that table's own
 * policy does not apply. Give the table as a function where two files import each other.
 */
export function member(
  column: string,
  table: AnyTable | (() => AnyTable),
  pick: string,
  where: Predicate,
): Predicate {
  const lazy = typeof table === "function" ? table : () => table;
  return { kind: "member", column, table: lazy, pick, where };
}

/** As the parent row: whoever may see (or update) the row this foreign key points at. */
export function via(column: string, verb: "select" | "update" = "select"): Predicate {
  return { kind: "via", column, verb };
}
