// Values between the wire and the database: one parser per kind of column. What is stored is text,
// a number or null; what compares equal is stored equal, so that filters need no second rule.
import { Refusal } from "./errors.ts";
import { parseJson } from "./json.ts";
import type { Column, Kind } from "./table.ts";

export type Stored = string | number | null;

/** UTF-8 bytes of a text or JSON value, where the column says nothing else. */
const MAX_BYTES = 65_536;
const QUOTED_CHARACTERS = 100;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const WHOLE = /^\s*[+-]?\d+\s*$/;
const NUMERIC = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const TRUE = new Set(["t", "true", "y", "yes", "on", "1"]);
const FALSE = new Set(["f", "false", "n", "no", "off", "0"]);
const DAY = /(\d{4,6})-(\d\d)-(\d\d)/.source;
const TIME = /(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?/.source;
// A `+` that was not escaped in a URL arrives as a space.
const OFFSET = /[Zz]|[-+ ]\d\d(?::?\d\d)?/.source;
const DATE = new RegExp(`^${DAY}$`);
const TIMESTAMP = new RegExp(`^${DAY}(?:[Tt ]${TIME}(${OFFSET})?)?$`);
// JSON.stringify escapes lone surrogates and control characters, and nothing else, in this way.
const UNSTORABLE_ESCAPE = /(?:^|[^\\])(?:\\\\)*\\u(?:d[89a-f]|0000)/;

const parsers: Record<Kind, (value: unknown) => string | number> = {
  uuid: parseUuid,
  text: parseText,
  integer: parseInteger,
  real: parseReal,
  boolean: parseBoolean,
  json: parseStructure,
  timestamp: parseTimestamp,
  date: parseDate,
};

/**
 * A value sent for a column, as it is stored; `asText`: JSON is spelled as a text. Refuses what
 * does not spell a value of the column's kind: 22P02, 22003 (too large), 22007 and 22008 (times),
 * 22001 (too long), 22021 (bad text), 23514 (what the column finds amiss).
 */
export function toStored(column: Column, value: unknown, asText = false): Stored {
  if (value === null || value === undefined) return null;
  const { kind } = column;
  const literal = asText && typeof value === "string";
  const stored = literal ? fromText(kind, value) : parsers[kind](value);
  const maxBytes = column.maxBytes ?? MAX_BYTES;
  if (typeof stored === "string" && longerThan(stored, maxBytes)) {
    throw new Refusal("22001", { column: column.name, max_bytes: maxBytes });
  }
  const condition = column.amiss?.(fromStored(kind, stored));
  if (condition === undefined) return stored;
  const { name, table } = column;
  throw new Refusal("23514", { table, constraint: `${table}_${name}`, condition });
}

/** A filter's literal as it is compared; a JSON literal is JSON text and comes back minified. */
export function fromText(kind: Kind, text: string): string | number {
  return kind === "json" ? parseStructure(parseLiteral(text)) : parsers[kind](text);
}

/** A stored value as modules and clients see it. */
export function fromStored(kind: Kind, stored: Stored): unknown {
  if (stored === null) return null;
  if (kind === "boolean") return stored === 1;
  return kind === "json" ? JSON.parse(String(stored)) : stored;
}

function refuse(code: string, type: Kind, value: unknown): never {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const cut = text.slice(0, QUOTED_CHARACTERS).toWellFormed();
  throw new Refusal(code, { type, value: `"${cut}"` });
}

function longerThan(text: string, maxBytes: number): boolean {
  if (text.length * 3 <= maxBytes) return false;
  return text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes;
}

function parseUuid(value: unknown): string {
  const uuid = typeof value === "string" ? value.toLowerCase() : "";
  return UUID.test(uuid) ? uuid : refuse("22P02", "uuid", value);
}

function parseText(value: unknown): string {
  if (typeof value !== "string") refuse("22P02", "text", value);
  if (value.includes("\0") || !value.isWellFormed()) throw new Refusal("22021");
  return value;
}

function parseInteger(value: unknown): number {
  const whole = typeof value === "string" ? WHOLE.test(value) : Number.isInteger(value);
  if (!whole) refuse("22P02", "integer", value);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) refuse("22003", "integer", value);
  return number + 0; // -0 + 0 is 0
}

function parseReal(value: unknown): number {
  const numeric = typeof value === "string" ? NUMERIC.test(value) : typeof value === "number";
  if (!numeric || Number.isNaN(value)) refuse("22P02", "real", value);
  const number = Number(value);
  if (!Number.isFinite(number)) refuse("22003", "real", value);
  return number + 0;
}

function parseBoolean(value: unknown): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  const word = typeof value === "string" ? value.trim().toLowerCase() : "";
  if (TRUE.has(word)) return 1;
  return FALSE.has(word) ? 0 : refuse("22P02", "boolean", value);
}

function parseStructure(value: unknown): string {
  const text = JSON.stringify(value);
  if (UNSTORABLE_ESCAPE.test(text)) throw new Refusal("22021");
  return text;
}

function parseLiteral(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return refuse("22P02", "json", text);
  }
}

function parseDate(value: unknown): string {
  const match = typeof value === "string" ? DATE.exec(value) : null;
  if (!match) refuse("22007", "date", value);
  const [, year = "", month = "", day = ""] = match;
  if (!isDay(year, month, day)) refuse("22008", "date", value);
  return `${year}-${month}-${day}`;
}

function parseTimestamp(value: unknown): string {
  const match = typeof value === "string" ? TIMESTAMP.exec(value) : null;
  if (!match) refuse("22007", "timestamp", value);
  const [, year = "", month = "", day = "", hour = "00", minute = "00", second = "00"] = match;
  const [fraction = "", offset = "Z"] = match.slice(7);
  const shift = offsetMinutes(offset);
  const inRange =
    isDay(year, month, day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    shift !== null;
  if (!inRange) refuse("22008", "timestamp", value);
  const ms = fraction.slice(0, 3).padEnd(3, "0");
  const local = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  const utc = new Date(local - shift * 60_000);
  if (utc.getUTCFullYear() < 1 || utc.getUTCFullYear() > 9999) refuse("22008", "timestamp", value);
  return utc.toISOString();
}

/** Minutes east of Greenwich; null when out of range (PostgreSQL's bound is under 16 hours). */
function offsetMinutes(offset: string): number | null {
  if (offset.toUpperCase() === "Z") return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(":", ""))];
  if (hours > 15 || minutes > 59) return null;
  return (offset[0] === "-" ? -1 : 1) * (hours * 60 + minutes);
}

function isDay(yyyy: string, mm: string, dd: string): boolean {
  const [year, month, day] = [Number(yyyy), Number(mm), Number(dd)];
  if (yyyy.length > 4 || year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= days;
}
