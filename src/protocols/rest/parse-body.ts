// Bodies: rows to insert, the new values of an update, the arguments of a function.
import { Refusal } from "../../kernel/errors.ts";
import { parseJson } from "../../kernel/json.ts";

export type Fields = Record<string, unknown>;

/** The JSON value of the body. Refuses other media types; an empty body is undefined. */
export function jsonBody(contentType: string | null, text: string): unknown {
  if (text === "") return undefined;
  const type = (contentType ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new Refusal("unsupported_media_type", { type, accepted: "application/json" });
  }
  return parseJson(text);
}

/** Rows, with the columns to take of each: those named, or the keys that all rows share. */
export function rowsOf(body: unknown, named?: string[]): { rows: Fields[]; columns: string[] } {
  const rows = Array.isArray(body) ? body : [body];
  if (!rows.every(isFields)) throw unacceptable("expected an object, or an array of objects");
  if (named) return { rows, columns: named };
  const columns = Object.keys(rows[0] ?? {});
  const same = (row: Fields) =>
    Object.keys(row).length === columns.length && columns.every((c) => Object.hasOwn(row, c));
  if (!rows.every(same)) throw unacceptable("All object keys must match");
  return { rows, columns };
}

/** One object, and nothing else. */
export function fieldsOf(body: unknown): Fields {
  if (!isFields(body)) throw unacceptable("expected one object");
  return body;
}

/** The fields that `columns` lets through. */
export function only(row: Fields, columns: string[]): Fields {
  return Object.fromEntries(Object.entries(row).filter(([key]) => columns.includes(key)));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unacceptable(reason: string): Refusal {
  return new Refusal("PGRST102", { reason });
}
