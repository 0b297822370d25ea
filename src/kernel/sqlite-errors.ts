// What the database said, as a refusal: guards by their own code, constraints by PostgreSQL's.
import { Refusal } from "./errors.ts";
import { raisedBy } from "./plan/guard.ts";
import type { Declared } from "./table.ts";

// Where its own storage fails, D1 says no more than "internal error" and a reference.
const DOWN = new RegExp(
  "SQLITE_BUSY|SQLITE_FULL|overloaded|Network connection lost|reset because|timed out|timeout|" +
    "internal error; reference",
  "i",
);

/** The refusal an error of D1 stands for; undefined when it is not the caller's doing. */
export function refusalOf(error: unknown, tables: Declared[]): Refusal | undefined {
  if (error instanceof Refusal) return error;
  const message = error instanceof Error ? error.message : String(error);
  const raised = raisedBy(message);
  if (raised) return raised;
  const unique = /UNIQUE constraint failed: ([^:]+): SQLITE/.exec(message);
  if (unique?.[1]) return uniqueRefusal(unique[1].split(", "), tables);
  const missing = /NOT NULL constraint failed: (\w+)\.(\w+)/.exec(message);
  if (missing)
    return new Refusal("23502", { table: wireName(missing[1], tables), column: missing[2] });
  const check = /CHECK constraint failed: (\w+)/.exec(message);
  if (check) return checkRefusal(check[1] ?? "", tables);
  if (/FOREIGN KEY constraint failed/.test(message)) return new Refusal("23503", {});
  if (/string or blob too big|SQLITE_TOOBIG/.test(message)) return new Refusal("row_too_large", {});
  if (/Expression tree is too large|parser stack overflow/.test(message)) {
    return new Refusal("statement_too_large");
  }
  // The sum of an aggregate; what a row holds is far smaller.
  if (/: integer overflow/.test(message))
    return new Refusal("22003", { value: "(a sum)", type: "integer" });
  if (/malformed JSON/.test(message))
    return new Refusal("22P02", { type: "json", value: "a text" });
  // The caller is told to wait, and the operator, who reads the log, what is missing.
  if (/no such (?:table|column): |has no column named /.test(message)) {
    return Object.assign(new Refusal("not_migrated"), { cause: error });
  }
  return DOWN.test(message) ? new Refusal("unavailable", {}) : undefined;
}

function wireName(sqlName: string | undefined, tables: Declared[]): string | undefined {
  return tables.find((t) => t.sqlName === sqlName)?.name;
}

function uniqueRefusal(columns: string[], tables: Declared[]): Refusal {
  const [sqlName] = (columns[0] ?? "").split(".");
  const table = tables.find((t) => t.sqlName === sqlName);
  const names = columns.map((c) => c.split(".")[1] ?? c);
  const hidden = names.some((n) => table?.columns.get(n)?.hidden);
  return new Refusal("23505", {
    table: table?.name ?? "",
    columns: hidden ? undefined : names.join(", "),
  });
}

function checkRefusal(constraint: string, tables: Declared[]): Refusal {
  // The longest name that fits: "order" and "order_lines" may both be tables.
  const fitting = tables.filter((t) => constraint.startsWith(`${t.sqlName}_`));
  const [table] = fitting.sort((a, b) => b.sqlName.length - a.sqlName.length);
  const named = { table: table?.name ?? "", constraint };
  const condition = table?.checks?.[constraint.slice(table.sqlName.length + 1)];
  return new Refusal("23514", tellable(condition, table) ? { ...named, condition } : named);
}

/** May a caller read the condition? Not where it names a column that protocols do not know. */
function tellable(condition: string | undefined, table: Declared | undefined): boolean {
  const words = new Set(condition?.match(/\w+/g));
  return ![...(table?.columns.values() ?? [])].some((c) => c.hidden && words.has(c.name));
}
