// The kernel's own rows that nothing needs any more. The newest transaction and change always stay:
// sequence numbers are read from them.
import type { BoundStatement } from "./plan/sql.ts";

/** Transactions and the change log are kept this long. */
const KEPT_MS = 7 * 24 * 3_600_000;
/** Rows removed per sweep and table, so that one sweep stays short. */
const MAX_REMOVED = 5_000;

/** What one sweep at `now` (milliseconds) deletes. */
export function sweepStatements(now: number): BoundStatement[] {
  const before = new Date(now - KEPT_MS).toISOString();
  // A transaction knows the newest change before it: what is older than the oldest kept one can go.
  const changes = `delete from _changes where seq in (select seq from _changes
    where seq <= (select first from _tx where at >= ?1 order by seq limit 1)
      and seq < (select max(seq) from _changes) order by seq limit ${MAX_REMOVED})`;
  const transactions = `delete from _tx where seq in (select seq from _tx
    where seq < (select seq from _tx where at >= ?1 order by seq limit 1)
    order by seq limit ${MAX_REMOVED})`;
  return [changes, transactions].map((sql) => ({ sql, params: [before] }));
}
