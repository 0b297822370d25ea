// Casts, by PostgreSQL's names for the types. What a text does not spell is refused where the row
// is read: SQLite would take it for 0.
import { Refusal } from "../errors.ts";
import type { Kind } from "../table.ts";
import { raisingSql } from "./guard.ts";

/** SQL of a stored value, and the kind it is of. */
export interface Value {
  sql: string;
  kind: Kind;
}

type Convert = (sql: string) => string;

const names: Record<Kind, string[]> = {
  text: ["text", "varchar", "character varying"],
  integer: ["integer", "int", "int2", "smallint", "int4", "int8", "bigint"],
  real: ["float", "float4", "float8", "real", "double precision", "numeric", "decimal"],
  boolean: ["boolean", "bool"],
  json: ["json", "jsonb"],
  timestamp: ["timestamp", "timestamptz", "timestamp with time zone"],
  date: ["date"],
  uuid: ["uuid"],
};
const kinds = Object.keys(names) as Kind[]; // the record's own keys

/** `sql` where `holds`, NULL where it is NULL; else the statement ends in a refusal. */
function checked(text: string, holds: string, kind: Kind, sql: string, code = "22P02"): string {
  const refused = raisingSql(`${code}:type=${kind};value=a text`);
  return `case when ${text} is null then null when ${holds} then ${sql} else ${refused} end`;
}

function whole(text: string): string {
  const [trimmed, digits] = [`trim(${text})`, `ltrim(trim(${text}),'+-')`];
  const signs = `${trimmed} not glob '[+-][+-]*'`;
  const spelled = `${digits} glob '[0-9]*' and ${digits} not glob '*[^0-9]*' and ${signs}`;
  return checked(text, spelled, "integer", `cast(round(${trimmed}) as integer)`);
}

function number(text: string, kind: "integer" | "real"): string {
  // What JSON takes for a number, with a sign or without.
  const bare = `ltrim(trim(${text}),'+')`;
  const holds = `iif(json_valid(${bare}),json_type(${bare}) in ('integer','real'),0)`;
  return checked(text, holds, kind, `cast(${bare} as real)`);
}

function word(text: string): string {
  const [yes, no] = ["'t','true','y','yes','on','1'", "'f','false','n','no','off','0'"];
  const lower = `lower(trim(${text}))`;
  return checked(text, `${lower} in (${yes},${no})`, "boolean", `${lower} in (${yes})`);
}

function uuid(text: string): string {
  const lower = `lower(trim(${text}))`;
  const dashes = [9, 14, 19, 24].map((at) => `substr(${lower},${at},1)`).join("||");
  const hex = `length(replace(${lower},'-',''))=32 and ${lower} not glob '*[^0-9a-f-]*'`;
  return checked(text, `length(${lower})=36 and ${dashes}='----' and ${hex}`, "uuid", lower);
}

const day = (text: string) => checked(text, `date(${text}) is ${text}`, "date", text, "22007");
const moment = (text: string) =>
  checked(text, `strftime('%Y-%m-%dT%H:%M:%fZ',${text}) is ${text}`, "timestamp", text, "22007");

const asText: Convert = (sql) => `cast(${sql} as text)`;
/** A cast alone keeps the mark of JSON: the answer would show a number, not its text. */
const asPlain: Convert = (sql) => `(${sql}||'')`;
/** A whole number has no point. */
const shortest: Convert = (sql) =>
  asText(`iif(${sql}=cast(${sql} as integer),cast(${sql} as integer),${sql})`);
const rounded: Convert = (sql) => `cast(round(${sql}) as integer)`;
const decimal: Convert = (sql) => number(sql, "real");
const asIs: Convert = (sql) => sql;
const inJson = (convert: Convert) => (sql: string) => convert(`nullif(${sql},'null')`);

/** To a kind, from which others. */
const conversions: Record<Kind, Partial<Record<Kind, Convert>>> = {
  text: {
    ...{ integer: asText, real: shortest, uuid: asIs, timestamp: asIs, date: asIs, json: asPlain },
    boolean: (sql) => `case ${sql} when 1 then 'true' when 0 then 'false' end`,
  },
  integer: {
    ...{ boolean: asIs, text: whole, real: rounded },
    json: inJson((sql) => rounded(number(sql, "integer"))),
  },
  real: { integer: (sql) => `cast(${sql} as real)`, text: decimal, json: inJson(decimal) },
  boolean: { integer: (sql) => `(${sql}<>0)`, text: word, json: inJson(word) },
  json: { text: asIs },
  timestamp: { date: (sql) => `(${sql}||'T00:00:00.000Z')`, text: moment },
  date: { timestamp: (sql) => `substr(${sql},1,10)`, text: day },
  uuid: { text: uuid },
};

/** A value as another type: 42704 or 42846 where there is none. */
export function castValue({ sql, kind }: Value, type: string): Value {
  const known = type.toLowerCase().replace(/\s+/g, " ");
  const to = kinds.find((one) => names[one].includes(known));
  if (!to) throw new Refusal("42704", { type });
  const convert = to === kind ? asIs : conversions[to][kind];
  if (!convert) throw new Refusal("42846", { from: kind, to });
  return { sql: convert(sql), kind: to };
}
