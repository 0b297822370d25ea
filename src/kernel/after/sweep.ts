// What is done every minute: requests left it unfinished, or nothing needs it any more.
import { note, type Parts } from "../commit.ts";
import type { Listener } from "../module.ts";
import type { BoundStatement } from "../plan/sql.ts";
import { settleRows } from "./settle.ts";
import { workOf } from "./told.ts";

/** Transactions and the change log are kept this long. */
const KEPT_MS = 7 * 24 * 3_600_000;
/** Rows removed per sweep and table, so that one sweep stays short. */
const MAX_REMOVED = 5_000;

/** Each part by itself: what one fails at, the others do not wait for. Throws what any threw. */
export async function sweep(parts: Parts): Promise<void> {
  const { schema, teller, kernel, clock } = parts;
  const tidy = async () => {
    const listening = teller.register(
      schema.listeners.flatMap(({ on, verbs }) => verbs.map((verb) => ({ table: on, verb }))),
    );
    await note(parts, [...listening, ...sweepStatements(clock.now(), schema.listeners)]);
  };
  const work = [
    ...[...schema.settlements.values()].map((settlement) => () => settleRows(parts, settlement)),
    () => teller.sweep(),
    tidy,
    ...schema.modules.map((module) => async () => module.sweep?.(kernel)),
  ];
  const failures: unknown[] = [];
  for (const part of work) await part().catch((error) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, "a part of the sweep failed");
}

/** What one sweep at `now` (milliseconds) deletes: never what a listener was not told. */
function sweepStatements(now: number, listeners: Listener[]): BoundStatement[] {
  const before = new Date(now - KEPT_MS).toISOString();
  const names = JSON.stringify(listeners.map(({ name }) => name));
  const works = JSON.stringify(listeners.map(workOf));
  const list = (n: number) => `(select value from json_each(?${n}))`;
  // The newest transaction and change always stay: sequence numbers are read from them. And a
  // transaction knows the newest change before it: what is older than the oldest kept one can go.
  const changes = `delete from _changes where seq in (select seq from _changes
    where seq <= (select first from _tx where at >= ?1 order by seq limit 1)
      and seq < (select max(seq) from _changes)
      and seq <= (select coalesce(min(seq), ${Number.MAX_SAFE_INTEGER}) from _told
        where listener in ${list(2)})
      and seq not in (select key + 0 from _retries where work in ${list(3)})
    order by seq limit ${MAX_REMOVED})`;
  const transactions = `delete from _tx where seq in (select seq from _tx
    where seq < (select seq from _tx where at >= ?1 order by seq limit 1)
    order by seq limit ${MAX_REMOVED})`;
  // A settlement's retry only puts off; without it the row is tried at once.
  const retries = "delete from _retries where due < ?1 and work like 'settle:%'";
  return [
    { sql: changes, params: [before, names, works] },
    { sql: transactions, params: [before] },
    { sql: retries, params: [now - KEPT_MS] },
  ];
}
