// What a module reads and writes with its own authority. Policies do not apply to its steps;
// batches, guards, the change log and types do.
import type { Predicate, Scalar } from "./predicate.ts";
import type { AnyTable, Row } from "./table.ts";

/**
 * Rows of one table. `as: "caller"` puts the caller's select policy and visible columns on it, and
 * asks whether the caller's session lives.
 */
export interface ModuleQuery {
  from: AnyTable;
  where: Predicate;
  /** Default: all, hidden ones included. */
  columns?: string[];
  order?: { column: string; descending?: boolean }[];
  limit?: number;
  offset?: number;
  as?: "module" | "caller";
}

/** A new value: given, or reckoned from the old one in the database. */
export type Assignment = Scalar | object | { plus: number } | { minus: number };

export type Step =
  | { insert: AnyTable; rows: Row[]; conflict?: { on: string[]; set: Record<string, Assignment> } }
  | {
      update: AnyTable;
      set: Record<string, Assignment>;
      where: Predicate;
      rows?: number;
      else?: string;
      as?: "module" | "caller";
    }
  | { delete: AnyTable; where: Predicate; rows?: number; else?: string; as?: "module" | "caller" }
  | { expect: AnyTable; where: Predicate; rows: number; else: string; as?: "module" | "caller" };

/**
 * Steps of one batch, in order. `rows` with `else` is a guard: another number of rows that match
 * `where` just before the step aborts the batch with that code. `as: "caller"` reads `where` as a
 * policy of the caller's role; then the batch is for callers whose session lives.
 */
export type Change = Step[];

/** What a batch may do to the rows of a table. */
export interface Touch {
  table: AnyTable;
  verb: "insert" | "update" | "delete";
}

export const plus = (n: number): Assignment => ({ plus: n });
export const minus = (n: number): Assignment => ({ minus: n });
