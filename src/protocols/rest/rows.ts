// Rows in other forms than the JSON that the database made: without nulls, and as CSV.

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The row without the keys whose value is null, at any depth; nulls in arrays stay. */
export function withoutNulls(row: string): string {
  // Most rows hold no null, in a text or elsewhere.
  return row.includes("null") ? JSON.stringify(stripped(JSON.parse(row))) : row;
}

function stripped(value: Json): Json {
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, stripped(inner)]));
}

/** A header with the keys of the first row, and a line per row (RFC 4180, lines end with LF). */
export function csvOf(rows: string[]): string {
  const parsed = rows.map((row) => fieldsOf(JSON.parse(row)));
  const names = Object.keys(parsed[0] ?? {});
  const lines = parsed.map((row) => names.map((name) => cell(row[name] ?? null)).join(","));
  return `${[names.map(text).join(","), ...lines].join("\n")}\n`;
}

/** A function's one value has no name of its own. */
function fieldsOf(value: Json): { [key: string]: Json } {
  const isRow = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRow ? value : { pgrst_scalar: value };
}

/** Nothing for null; what is no plain value is JSON. */
function cell(value: Json): string {
  if (value === null) return "";
  if (typeof value === "string") return text(value);
  return typeof value === "object" ? quoted(JSON.stringify(value)) : String(value);
}

/** Spreadsheets run a text that begins so; with an apostrophe before it they show it. */
const FORMULA = /^[=+\-@\t\r\0]/;

function text(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) || safe === "" || safe === "NULL" ? quoted(safe) : safe;
}

function quoted(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}
