// Rows as JSON, built by SQLite: nesting costs no second query, and the Worker parses nothing.
import { Refusal } from "../errors.ts";
import type { Column } from "../table.ts";
import { companionsOf } from "./companion.ts";

/** Production D1 refuses a call with more arguments (local workerd does not). */
const MAX_FUNCTION_ARGUMENTS = 32;

/** A name of a declaration, quoted. Never for text that came with a request. */
export function name(declared: string): string {
  return `"${declared}"`;
}

/** A declared text as an SQL literal. Never for text that came with a request. */
export function literal(declared: string): string {
  return `'${declared.replaceAll("'", "''")}'`;
}

/** A stored value as JSON: booleans and JSON columns are marked as what they are. */
export function columnJson(column: Pick<Column, "kind">, reference: string): string {
  if (column.kind === "json") return `json(${reference})`;
  if (column.kind !== "boolean") return reference;
  return `json(case ${reference} when 1 then 'true' when 0 then 'false' else 'null' end)`;
}

/** A key that came with a request, as a JSON path spells it; what it cannot spell is PGRST100. */
export function jsonKey(key: string): string {
  if (!/["\\]/.test(key) && !key.includes("\0")) return `"${key}"`;
  throw new Refusal("PGRST100", { reason: "a name holds a quote, a backslash or a NUL character" });
}

export interface Pair {
  /** SQL of the key: a literal of a declared name, or a parameter. */
  key: () => string;
  /** SQL of the key's JSON path, which stands for it after the first 16 pairs of an object. */
  path: () => string;
  value: string;
}

/** A pair under a declared name. */
export function pair(declared: string, value: string): Pair {
  return { key: () => literal(declared), path: () => literal(`$."${declared}"`), value };
}

/** One JSON object of any number of pairs; nulls are kept. */
export function jsonObject(pairs: Pair[]): string {
  const perObject = MAX_FUNCTION_ARGUMENTS / 2;
  const head = pairs.slice(0, perObject).map((p) => `${p.key()},${p.value}`);
  let object = `json_object(${head.join(",")})`;
  for (let at = perObject; at < pairs.length; at += perObject - 1) {
    const part = pairs.slice(at, at + perObject - 1).map((p) => `${p.path()},${p.value}`);
    object = `json_insert(${object},${part.join(",")})`;
  }
  return object;
}

/** The stored columns of a table that the plan writes: declared ones and their companions. */
export function storedColumns(columns: Iterable<Column>): string[] {
  const out: string[] = [];
  for (const column of columns) {
    out.push(column.name);
    for (const companion of companionsOf(column)) out.push(companion.name);
  }
  return out;
}
