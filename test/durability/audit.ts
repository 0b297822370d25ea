// What the database file says happened, to hold against what clients were told.
import type { DatabaseSync } from "node:sqlite";

/** The changes a write made, found by the text it put into its rows. */
export interface Effect {
  rows: number;
  /** Transactions they were made in. */
  transactions: number[];
}

/** Every mark with its effect, from the change log alone. */
export function effects(db: DatabaseSync): Map<string, Effect> {
  const rows = db
    .prepare(
      `select new->>'$.description' as mark, count(*) as rows, json_group_array(distinct tx) as txs
       from _changes where tbl = 'menu_items' and mark is not null group by mark`,
    )
    .all() as { mark: string; rows: number; txs: string }[];
  return new Map(
    rows.map(({ mark, rows: n, txs }) => [mark, { rows: n, transactions: JSON.parse(txs) }]),
  );
}

/** What is wrong with the file or its change log, as sentences. */
export function faults(db: DatabaseSync): string[] {
  const count = (sql: string) => Number(db.prepare(sql).get()?.n);
  const orphans = count(`select count(*) n from _changes c left join _tx t on t.seq = c.tx
    where t.seq is null or c.seq <= t.first`);
  const late = count(`select count(*) n from _changes c join _tx t on t.first >= c.seq
    where t.seq <= c.tx`);
  const integrity = db.prepare("pragma integrity_check").get()?.integrity_check;
  const broken = db.prepare("pragma foreign_key_check").all().length;
  return [
    ...(orphans > 0 ? [`${orphans} changes stand in no transaction of theirs`] : []),
    ...(late > 0 ? [`${late} changes stand in a later transaction`] : []),
    ...(integrity === "ok" ? [] : [`integrity: ${integrity}`]),
    ...(broken > 0 ? [`${broken} foreign keys lead nowhere`] : []),
    ...unequal(db),
  ];
}

/** Rows that are not as the newest change of their key says: the log must rebuild the table. */
function unequal(db: DatabaseSync): string[] {
  const newest = db
    .prepare(
      `select key, new from _changes where seq in
       (select max(seq) from _changes where tbl = 'menu_items' group by key)`,
    )
    .all() as { key: string; new: string | null }[];
  const rows = db.prepare("select * from menu_items").all() as Record<string, unknown>[];
  const byKey = new Map(rows.map((row) => [row.id, row]));
  const plain = (value: unknown) => (typeof value === "boolean" ? Number(value) : value);
  const wrong = newest.filter(({ key, new: state }) => {
    const row = byKey.get(key);
    const told = Object.entries(JSON.parse(state ?? "{}"));
    return !row || told.length < 5 || told.some(([name, value]) => row[name] !== plain(value));
  });
  const unlogged = rows.length - newest.length;
  return [
    ...wrong.map(({ key }) => `row ${key} is not as its newest change says`),
    ...(unlogged === 0 ? [] : [`${unlogged} rows have no change`]),
  ];
}
