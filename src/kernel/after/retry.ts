// Work that failed is set aside in `_retries` and tried again by the sweeper, later each time, so
// that it never blocks what comes after it.
import { service } from "../actor.ts";
import { iso } from "../clock.ts";
import type { Settlement } from "../module.ts";
import { type ModuleStatement, queryStatement } from "../plan/change.ts";
import type { BoundStatement } from "../plan/sql.ts";
import { and, lt } from "../predicate.ts";
import { declarationOf } from "../table.ts";

/** Before the first repetition; twice that before the next, and so on. */
const FIRST_MS = 30_000;
const LONGEST_MS = 3_600_000;
const REASON_CHARACTERS = 200;

export interface Failure {
  /** Names a piece of the work: a row's key, or a change's number. */
  key: string;
  /** For the operator, who finds it in the table. */
  reason: string;
}

export function failureOf(key: unknown, error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return { key: String(key), reason: reason.slice(0, REASON_CHARACTERS) };
}

/** Sets the failed pieces of some work aside; each failure of the same piece waits longer. */
export function setAside(work: string, failures: Failure[], now: number): BoundStatement[] {
  if (failures.length === 0) return [];
  const sql = `insert into _retries(work, key, attempts, due, reason)
    select ?1, value->>'key', 1, ?2 + ${FIRST_MS}, value->>'reason' from json_each(?3) where true
    on conflict(work, key) do update set attempts = attempts + 1, reason = excluded.reason,
      due = ?2 + min(${FIRST_MS} << min(attempts, 20), ${LONGEST_MS})`;
  return [{ sql, params: [work, now, JSON.stringify(failures)] }];
}

/** Forgets pieces that are done. */
export function taken(work: string, keys: unknown[]): BoundStatement[] {
  if (keys.length === 0) return [];
  const sql = "delete from _retries where work=?1 and key in (select value from json_each(?2))";
  return [{ sql, params: [work, JSON.stringify(keys.map(String))] }];
}

/** A younger row is left to the request that made it. */
const AGE_MS = 15_000;
export const MAX_PENDING = 50;

/** The oldest rows that are to be settled, without those that some retry waits for. */
export function oldestPending(
  { on, pending }: Settlement,
  work: string,
  now: number,
): ModuleStatement {
  const where = and(pending, lt("created_at", iso(now - AGE_MS)));
  const query = queryStatement({ from: on, where }, service(), iso(now));
  const [key] = declarationOf(on).key;
  const n = query.params.length;
  const waiting = `select key from _retries where work=?${n + 1} and due>?${n + 2}`;
  const sql = `select * from (${query.sql}) where "${key}" not in (${waiting})
    order by created_at limit ${MAX_PENDING}`;
  return { sql, params: [...query.params, work, now], rows: query.rows };
}
