// Casts, by PostgreSQL's names for the types.
import { raisingSql } from "../guard.ts";
import type { Kind } from "../table.ts";
import { notImplemented } from "./filter.ts";
import { columnJson } from "./json-sql.ts";

const casts: Record<string, (sql: string, kind: Kind) => string> = {
  text: (sql, kind) =>
    kind === "boolean"
      ? `iif(${sql}, 'true', iif(${sql} = 0, 'false', null))`
      : `cast(${sql} as text)`,
  integer: (sql, kind) => wholeSql(`cast(round(${sql}) as integer)`, sql, kind),
  float: (sql) => `cast(${sql} as real)`,
  boolean: (sql) => columnJson({ kind: "boolean" }, `(cast(${sql} as text) in ('1', 'true', 't'))`),
  json: (sql, kind) => (kind === "text" ? `json(${sql})` : columnJson({ kind }, sql)),
};
const castNames: Record<string, string> = {
  varchar: "text",
  int: "integer",
  int4: "integer",
  int8: "integer",
  bigint: "integer",
  float4: "float",
  float8: "float",
  real: "float",
  numeric: "float",
  bool: "boolean",
  jsonb: "json",
};

/** A text must spell a whole number to become one; else SQLite would read it as 0. */
function wholeSql(cast: string, sql: string, kind: Kind): string {
  if (kind !== "text") return cast;
  const text = `trim(${sql})`;
  const digits = `ltrim(${text},'+-')`;
  const signs = `${text} not glob '[+-][+-]*'`;
  const spelled = `${digits} glob '[0-9]*' and ${digits} not glob '*[^0-9]*' and ${signs}`;
  const refused = raisingSql("22P02:type=integer;value=a text");
  return `iif(${sql} is null or (${spelled}),${cast},${refused})`;
}

/** A value of one kind as another: SQL of what stands in the answer. */
export function castSql(sql: string, kind: Kind, cast: string): string {
  const known = casts[castNames[cast] ?? cast];
  if (!known) throw notImplemented(`the cast ::${cast}`);
  return known(sql, kind);
}
