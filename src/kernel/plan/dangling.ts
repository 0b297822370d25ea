// Which foreign key a refused write broke: SQLite does not say, so that the database is asked.
import { isExposed } from "../after/changes.ts";
import type { Row } from "../table.ts";
import { name } from "./json-sql.ts";
import type { Prepared } from "./prepare.ts";
import type { BoundStatement } from "./sql.ts";

/** Whether a new row points at nothing, by the foreign keys that callers may name; none: no row. */
export function danglingStatement(write: Prepared): BoundStatement | undefined {
  const { table } = write.plan;
  const asked = [...table.parents()].flatMap(([column, parent]) => {
    const at = write.columns.indexOf(column);
    // A row may point at another of the same write.
    if (at < 0 || parent.table === table || table.columns.get(column)?.hidden) return [];
    const [value, key] = [`value->>${at}`, name(parent.column)];
    const met = `select 1 from ${name(parent.table.sqlName)} where ${key}=${value}`;
    const none = `${value} is not null and not exists(${met})`;
    return [`exists(select 1 from json_each(?1) where ${none}) as ${name(column)}`];
  });
  if (asked.length === 0) return undefined;
  const rows = write.shape.verb === "update" ? `[${write.rows}]` : write.rows;
  return { sql: `select ${asked.join(",")}`, params: [rows] };
}

/** What was found, as PostgreSQL words it. */
export function danglingReason({ plan: { table } }: Prepared, found: Row): string | undefined {
  const column = Object.keys(found).find((c) => found[c] === 1) ?? "";
  const parent = table.parents().get(column)?.table;
  if (!parent) return undefined;
  const where = isExposed(parent) ? ` in table "${parent.name}"` : "";
  return `Key (${column}) is not present${where}.`;
}
