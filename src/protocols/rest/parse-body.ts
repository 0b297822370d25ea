// Bodies: rows to insert, the new values of an update, the arguments of a function.
import { Refusal } from "../../kernel/errors.ts";
import { parseJson } from "../../kernel/json.ts";
import { parseCsv } from "./parse-csv.ts";
import { repeated } from "./scan.ts";

export type Fields = Record<string, unknown>;

const FORM = "application/x-www-form-urlencoded";
/** D1 takes no more columns of a table. */
const MAX_COLUMNS = 100;
const ACCEPTED = `application/json, text/csv or ${FORM}`;

const ROWS = 'A row is {"name": "Elm"}, several are [{"name": "Elm"}, {"name": "Oak"}].';
const KEYS = "Give each row the same keys, or name those to take: columns=name,price.";

export interface Body {
  /** As it was sent. */
  sent: string;
  /** Rows or one object; an empty body is undefined. */
  value: unknown;
  /** Were the values spelled as texts, JSON ones too? */
  asText?: true;
}

/** What a body of this media type says; refuses other media types. */
export function bodyOf(contentType: string | null, sent: string): Body {
  if (sent === "") return { sent, value: undefined };
  const type = (contentType ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "text/csv") return { sent, value: parseCsv(sent), asText: true };
  if (type === FORM) return { sent, value: parseForm(sent), asText: true };
  if (type === "application/json" || /^application\/[\w.-]+\+json$/.test(type)) {
    return { sent, value: parseJson(sent) };
  }
  throw new Refusal("content_type_invalid", { type, accepted: ACCEPTED });
}

function parseForm(text: string): Fields {
  const pairs = [...new URLSearchParams(text)];
  const twice = repeated(pairs.map(([name]) => name));
  if (twice !== undefined) throw unacceptable(`the field "${twice}" is given twice`);
  return Object.fromEntries(pairs);
}

/** Rows, with the columns to take of each: those named, or the keys that all rows share. */
export function rowsOf(
  { value: body }: Body,
  named?: string[],
): { rows: Fields[]; columns: string[] } {
  const rows = Array.isArray(body) ? body : [body];
  if (!rows.every(isFields)) throw unacceptable("expected an object, or an array of objects", ROWS);
  const columns = columnsOf(rows[0] ?? {}, named);
  if (named) return { rows, columns };
  const same = (row: Fields) =>
    Object.keys(row).length === columns.length && columns.every((c) => Object.hasOwn(row, c));
  if (!rows.every(same)) throw unacceptable("All object keys must match", KEYS);
  return { rows, columns };
}

/** The columns to take of a row: those named, or its keys. No table has more than 100. */
export function columnsOf(row: Fields, named?: string[]): string[] {
  const columns = named ?? Object.keys(row);
  if (columns.length > MAX_COLUMNS) throw new Refusal("too_many_columns", { max: MAX_COLUMNS });
  return columns;
}

/** One object, and nothing else; a CSV that holds one row is one. */
export function fieldsOf({ value, asText }: Body): Fields {
  const one: unknown = asText && Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (!isFields(one))
    throw unacceptable("expected one object", 'As in {"name": "Elm"}, without a list around it.');
  return one;
}

/** Columns given as `{"increment": n}`, if any: what a number column takes for "add n". */
export function incrementsOf(rows: Fields[], columns: string[]): { increments?: string[] } {
  const adds = (value: unknown) => isFields(value) && Object.keys(value).join() === "increment";
  const added = new Set<string>();
  for (const row of rows) for (const key in row) if (adds(row[key])) added.add(key);
  const increments = columns.filter((column) => added.has(column));
  return increments.length > 0 ? { increments } : {};
}

/** The fields that `columns` lets through. */
export function only(row: Fields, columns: string[]): Fields {
  return Object.fromEntries(columns.filter((c) => Object.hasOwn(row, c)).map((c) => [c, row[c]]));
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function unacceptable(reason: string, hint?: string): Refusal {
  return new Refusal("PGRST102", { reason, hint });
}
