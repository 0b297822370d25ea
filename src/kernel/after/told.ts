// The statements of telling: who holds a listener's row in `_told`, and what the listener was not
// told yet.
import type { Listener, Told } from "../module.ts";
import type { BoundStatement } from "../plan/sql.ts";
import { declarationOf, type Row } from "../table.ts";

/** Changes looked at in one round, and those of them that are told. */
const MAX_SCANNED = 10_000;
export const MAX_TOLD = 100;

const COLUMNS = "seq, verb, key, new, old";

/** The name of a listener's retries. */
export const workOf = (listener: Listener) => `tell:${listener.name}`;

/** In a batch: a listener that is new here hears of what the batch changes, and of all after it. */
export function registration({ name }: Listener): BoundStatement {
  const before = "(select first from _tx order by seq desc limit 1)";
  const sql = `insert into _told(listener, seq) values(?1, ${before}) on conflict do nothing`;
  return { sql, params: [name] };
}

/** Names of listeners that the log is ahead of; names of those with retries that are due. */
export function untoldStatements(now: number): BoundStatement[] {
  const behind = "select listener name from _told where seq < (select max(seq) from _changes)";
  const due = `select distinct substr(work, 6) name from _retries
    where due <= ?1 and work like 'tell:%'`;
  return [
    { sql: behind, params: [] },
    { sql: due, params: [now] },
  ];
}

/** Takes hold of the listener (a row, where nobody has it); what to tell; where a round ends. */
export function holdStatements(
  listener: Listener,
  hold: { holder: string; now: number; until: number },
): BoundStatement[] {
  const { holder, now, until } = hold;
  const held = `update _told set holder=?2, until=?3 where listener=?1
    and coalesce(until, 0) <= ?4 and seq < (select max(seq) from _changes) returning seq`;
  const from = "(select seq from _told where listener=?1 and holder=?2)";
  const next = `select * from _changes where seq > ${from} order by seq limit ${MAX_SCANNED}`;
  const told = `select ${COLUMNS} from (${next}) where ${ofListener(3)}
    order by seq limit ${MAX_TOLD}`;
  const of = [listener.name, holder];
  return [
    { sql: held, params: [...of, until, now] },
    { sql: told, params: [...of, ...heard(listener)] },
    { sql: `select max(seq) as seq from (${next})`, params: of },
  ];
}

const ofListener = (n: number) => `tbl=?${n} and verb in (select value from json_each(?${n + 1}))`;
const heard = ({ on, verbs }: Listener) => [declarationOf(on).sqlName, JSON.stringify(verbs)];

/** Lets go of the listener, told up to `end`; a row, where there is more to tell by now. */
export function releaseStatements(
  listener: Listener,
  holder: string,
  end: number,
): BoundStatement[] {
  const moved = `update _told set seq=max(seq, ?2), holder=null, until=null
    where listener=?1 and holder=?3`;
  const more = `select 1 from _changes where seq > ?1 and ${ofListener(2)} limit 1`;
  return [
    { sql: moved, params: [listener.name, end, holder] },
    { sql: more, params: [end, ...heard(listener)] },
  ];
}

/** Puts off the retries that are due, and reads their changes. */
export function againStatements(listener: Listener, now: number, until: number): BoundStatement[] {
  const work = workOf(listener);
  const due = `select key from _retries where work=?1 and due<=?2 order by due limit ${MAX_TOLD}`;
  const held = "select key + 0 from _retries where work=?1 and due=?2";
  return [
    {
      sql: `update _retries set due=?3 where work=?1 and key in (${due})`,
      params: [work, now, until],
    },
    {
      sql: `select ${COLUMNS} from _changes where seq in (${held}) order by seq`,
      params: [work, until],
    },
  ];
}

/** A change of the log, as listeners are told it. */
export function toldOf({ seq, verb, key, new: after, old: before }: Row): Told {
  const state = (text: unknown): Row | null => (typeof text === "string" ? JSON.parse(text) : null);
  return {
    seq: Number(seq),
    verb: verb as Told["verb"], // what the triggers write
    key: String(key),
    new: state(after),
    old: state(before),
  };
}
