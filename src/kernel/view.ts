// view(): rows that are a select over declared tables, under a policy of their own; only read.
import type { SQLiteColumnBuilderBase } from "drizzle-orm/sqlite-core";
import type { Policy } from "./policy.ts";
import { type Declaration, declarationOf, table, type ViewSql } from "./table.ts";

export interface ViewDeclaration extends Pick<Declaration, "schema" | "exposed"> {
  /** Which of its rows exist for the caller: anded to what the tables' own policies show. */
  policy: Pick<Policy, "select" | "service">;
  /**
   * A select statement with the view's columns. `visible(table)` stands for rows that the caller
   * sees, without hidden columns; `every(table)` for all of it, past its policy: what it then shows
   * is the view's to answer for. Both take the column by which the view's rows are told apart.
   */
  sql: ViewSql;
  /** The key of a row that is there because of other tables' examples. */
  example: Declaration["example"];
}

/** Declares a view as a table is declared: `primaryKey()` marks what tells its rows apart. */
export function view<N extends string, C extends Record<string, SQLiteColumnBuilderBase>>(
  name: N,
  columns: C,
  { sql, policy, ...declaration }: ViewDeclaration,
) {
  const service = policy.service === "none" ? "none" : "read";
  const made = table(name, columns, {
    ...declaration,
    policy: { ...policy, service },
    watch: false,
  });
  const declared = declarationOf(made);
  const stored = [...declared.columns.values()].find((c) => c.fold || c.search || c.hidden);
  if (stored) throw new Error(`${name}.${stored.name}: a view stores and hides nothing`);
  declared.view = sql;
  return made;
}
