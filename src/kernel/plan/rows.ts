// New rows: names checked, values normalised, defaults and server-filled columns put in. What comes
// out is the one JSON parameter of a write: an array of arrays, in the order of the stored columns.
import type { Actor, Role } from "../actor.ts";
import { Refusal } from "../errors.ts";
import type { InsertShape, UpdateShape } from "../intent.ts";
import { near } from "../near.ts";
import { type Column, type Declared, type Row, visibleColumns } from "../table.ts";
import { toStored } from "../values.ts";
import { companionsOf, followed } from "./companion.ts";
import { guardSql } from "./guard.ts";
import { literal, storedColumns } from "./json-sql.ts";
import { type Bound, balanced } from "./sql.ts";

/** D1 takes 2,000,000 bytes per parameter; what is sent beside the rows stays below the rest. */
const MAX_ROWS_BYTES = 1_900_000;

export interface Filling {
  actor: Actor;
  /** ISO text. */
  now: string;
  id: () => string;
  /** May read-only columns be given? The service's and the modules' right. */
  trusted: boolean;
  /** Values are spelled as texts, JSON ones too. */
  asText?: boolean;
  /** Columns whose values are amounts to add. */
  increments?: ReadonlySet<string>;
  /** Columns whose values are compared, not written: nothing is filled in. */
  kept?: string[];
}

/** The columns a write adds to: the numbers given as `{"increment": n}`, which is data for JSON. */
export function incremented(
  table: Declared,
  { increments = [] }: { increments?: string[] },
): ReadonlySet<string> {
  const kindOf = (c: string) => table.columns.get(c)?.kind ?? "json";
  const given = increments.filter((c) => kindOf(c) !== "json");
  const wrong = given.find((c) => !["integer", "real"].includes(kindOf(c)));
  if (wrong !== undefined) {
    const hint = `Increments are for number columns: '${wrong}' is none.`;
    throw new Refusal("22P02", { type: kindOf(wrong), value: "an increment", hint });
  }
  return new Set(given);
}

/** Refuses with 22003 a sum that no client could read back; `rows` gives those to look at. */
export function sumGuard(table: Declared, column: string, sum: string, rows: string): string {
  const kind = table.columns.get(column)?.kind ?? "";
  const most = kind === "integer" ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE;
  const named = { value: "'the sum'", type: literal(kind) };
  return guardSql("22003", named, `${rows} and abs(${sum}) > ${most} limit 1`);
}

/** May a protocol write it? PGRST204 for unknown and hidden columns, 428C9 against its rules. */
export function writable(
  table: Declared,
  name: string,
  trusted: boolean,
  changing: boolean,
): Column {
  const column = table.readable.get(name);
  if (!column || column.hidden) {
    const known = visibleColumns(table).map((c) => c.name);
    throw new Refusal("PGRST204", { table: table.name, column: name, near: near(name, known) });
  }
  const ruled = column.readOnly || (changing && column.setOnce);
  if (column.computed || (ruled && !trusted)) {
    throw new Refusal("428C9", { table: table.name, column: name, rule: ruleOf(column) });
  }
  return column;
}

function ruleOf({ computed, readOnly }: Column): string {
  if (computed) return "computed from other columns";
  return readOnly ? "filled by the server" : "written once";
}

/** Of the columns sent: those a write sets, and those it may not, which rows must hold already. */
export function columnsOf(table: Declared, shape: InsertShape | UpdateShape, role: Role) {
  const trusted = role === "service_role";
  const changing = shape.verb === "update";
  const meets = shape.verb === "update" || shape.conflict?.resolution === "merge";
  const isKept = (name: string) => {
    const { readOnly, setOnce, computed, hidden } = table.readable.get(name) ?? {};
    if (trusted || !meets || computed || hidden || shape.increments?.includes(name)) return false;
    return readOnly === true || (changing && setOnce === true);
  };
  const set = shape.columns.filter((name) => !isKept(name));
  for (const name of set) writable(table, name, trusted, changing);
  return { set, kept: shape.columns.filter(isKept) };
}

/** 428C9 for the first column, if any, in which a row differs from what was sent. */
export function keptGuard(
  table: Declared,
  columns: string[],
  differs: (column: string) => string,
  rows: string,
): string {
  const first = (text: (column: Column) => string) => {
    const of = (c: string) => literal(text(table.columns.get(c) as Column)); // kept: declared
    return `case ${columns.map((c) => `when ${differs(c)} then ${of(c)}`).join(" ")} end`;
  };
  const named = { table: literal(table.name), column: first((c) => c.name), rule: first(ruleOf) };
  return guardSql("428C9", named, `${rows} and ${balanced("or", columns.map(differs))} limit 1`);
}

/** Of what was sent, the columns that are to be taken. */
export function only(row: Row, columns: string[]): Row {
  return Object.fromEntries(columns.filter((c) => Object.hasOwn(row, c)).map((c) => [c, row[c]]));
}

/** A complete new row, as stored values in the order of `storedColumns`. */
export function newRow(
  table: Declared,
  given: Row,
  missingIsNull: Set<string>,
  filling: Filling,
): Bound[] {
  const out: Bound[] = [];
  for (const column of table.columns.values()) {
    const value = storedValue(table, column, given, missingIsNull, filling);
    out.push(value);
    for (const companion of companionsOf(column)) out.push(companion.of(value));
  }
  return out;
}

/** The value that was sent for a column; the amount, where one is to be added. */
function sentValue(
  column: Column,
  given: Row,
  { asText, increments }: Pick<Filling, "asText" | "increments">,
): Bound {
  const value = given[column.name];
  if (!increments?.has(column.name)) return toStored(column, value, asText);
  const row = value as Row | null; // or a plain value, which has no such key
  const amount = row?.increment;
  if (amount !== undefined && amount !== null) return toStored(column, amount);
  throw new Refusal("22P02", { type: "increment", value: JSON.stringify(value ?? null) });
}

function storedValue(
  table: Declared,
  column: Column,
  given: Row,
  missingIsNull: Set<string>,
  filling: Filling,
): Bound {
  const present = Object.hasOwn(given, column.name);
  const value = present ? sentValue(column, given, filling) : null;
  if (value !== null || filling.kept?.includes(column.name)) return value;
  const filled = fillOf(column, filling);
  if (filled !== undefined && filled !== null) return filled;
  const fallback = present || missingIsNull.has(column.name) ? null : (column.fallback ?? null);
  // A guest has no id to fill in: the policy, not the constraint, is to refuse.
  if (fallback === null && column.notNull && column.fill !== "actor") {
    throw new Refusal("23502", { table: table.name, column: column.name });
  }
  return fallback;
}

function fillOf(column: Column, filling: Filling): Bound | undefined {
  switch (column.fill) {
    case "id":
      return filling.id();
    case "actor":
      return filling.actor.id;
    case "now":
    case "touch":
      return filling.now;
    default:
      return undefined;
  }
}

/** New values of an update, in the order of `columns` (companions included). */
export function changedValues(
  table: Declared,
  columns: string[],
  given: Row,
  filling: Pick<Filling, "now" | "asText" | "increments">,
): Bound[] {
  return columns.map((name) => {
    const [column, companion] = followed(table.columns.values(), name);
    if (column.fill === "touch" && !Object.hasOwn(given, column.name)) return filling.now;
    const value = sentValue(column, given, filling);
    if (value === null && column.notNull)
      throw new Refusal("23502", { table: table.name, column: column.name });
    return companion.of(value);
  });
}

/** The columns an update sets: those given, their companions, and what each update renews. */
export function changedColumns(table: Declared, given: string[]): string[] {
  const touched = [...table.columns.values()].filter((c) => c.fill === "touch").map((c) => c.name);
  const names = new Set([...given, ...touched]);
  return storedColumns([...table.columns.values()].filter((c) => names.has(c.name)));
}

/** Refuses more rows than can fit before any is looked at: a value takes a comma and a digit. */
export function boundRows(count: number, { columns }: Declared): void {
  if (count * columns.size * 2 <= MAX_ROWS_BYTES) return;
  throw new Refusal("body_too_large", { max_bytes: MAX_ROWS_BYTES });
}

/** The rows as the statement's parameter; more than D1 takes is body_too_large. */
export function rowsParameter(rows: Bound[][] | Bound[]): string {
  const text = JSON.stringify(rows);
  if (text.length > MAX_ROWS_BYTES / 3 && new TextEncoder().encode(text).length > MAX_ROWS_BYTES) {
    throw new Refusal("body_too_large", { max_bytes: MAX_ROWS_BYTES });
  }
  return text;
}
