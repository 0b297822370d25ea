// What writes can try to learn of a row that is not the caller's to see.
import { type Row, visibleColumns } from "../../src/kernel/table.ts";
import { harmless } from "./decide.ts";
import { ask, COUNTED, FORMS, inBatch, OBJECT, where, write } from "./rest-request.ts";
import type { Ask, Probe, Subject } from "./speaker.ts";

/** Changing and deleting the hidden row, alone or beside one that is seen. */
export function changes({ hidden: { table, key, row }, caller, seen }: Subject): Ask[] {
  const change = harmless(table, row, caller);
  const beside = seen && besideEachOther(key, seen);
  const numbers = visibleColumns(table)
    .filter(({ kind }) => kind === "integer")
    .slice(0, 2);
  const both = [where(key), ...(beside ? [beside] : [])].flatMap((rows) => [
    write("PATCH", table, rows, change),
    ...numbers.map(({ name }) => write("PATCH", table, rows, { [name]: { increment: 2 ** 52 } })),
    ask("DELETE", table, rows),
  ]);
  const shown = { prefer: "return=representation" };
  const forms: Record<string, string>[] = [
    {},
    shown,
    { prefer: "return=headers-only" },
    { prefer: "count=exact" },
    { prefer: "return=representation,tx=rollback" },
    { prefer: "handling=strict,max-affected=0,count=exact" },
    { prefer: "handling=strict,max-affected=1,count=exact" },
    { "if-match": '"1"' },
    { ...OBJECT, ...shown },
    ...FORMS.slice(0, 2).map((form) => ({ ...form, ...shown })),
  ];
  const formed = both.flatMap((a) =>
    forms.map((more) => ({ ...a, headers: { ...a.headers, ...more } })),
  );
  const wrong = visibleColumns(table).map((c) =>
    write("PATCH", table, where(key), { [c.name]: { no: ["such"] } }, "return=representation"),
  );
  const reads = beside ? [{}, COUNTED, OBJECT].map((more) => ask("GET", table, beside, more)) : [];
  return [...reads, ...formed, ...wrong];
}

/** The hidden row in a batch: changed, expected to be there, or pointed at by a row just made. */
export function batches({ hidden: { table, key, row }, caller, own }: Subject): Ask[] {
  const url = `${table.name}?${where(key)}`;
  const prefer = { prefer: "return=representation,count=exact" };
  const change = { method: "PATCH", url, headers: prefer, body: harmless(table, row, caller) };
  const erase = { method: "DELETE", url, headers: prefer };
  const made = { id: "made", method: "POST", url: table.name, headers: prefer, body: own };
  const trial = inBatch({ ...erase, rows: 0 }, change);
  return [
    inBatch({ ...change, rows: 1 }),
    inBatch(made, { ...erase, rows: 1 }),
    { ...trial, headers: { ...trial.headers, prefer: "tx=rollback" } },
  ];
}

/** A filter that matches both rows. */
function besideEachOther(one: Row, other: Row): string {
  return Object.keys(one)
    .map((c) => `${c}=in.(${[one[c], other[c]].map((v) => encodeURIComponent(String(v)))})`)
    .join("&");
}

/** New rows that meet the hidden one: by its keys, or by pointing at what it is. */
export function inserts(subject: Subject): Probe[] {
  const { hidden, own, unique, mayInsert } = subject;
  const { table, given, key } = hidden;
  const copy = { ...given, ...key };
  const copies = [copy, given, [copy, copy]].flatMap((body) =>
    ["return=representation", "return=headers-only", "return=representation,tx=rollback"].map((p) =>
      write("POST", table, "", body, p),
    ),
  );
  const merges = table.uniques.flatMap((on) =>
    ["merge-duplicates", "ignore-duplicates"].flatMap((resolution) => {
      const prefer = `return=representation,resolution=${resolution}`;
      const target = `on_conflict=${on.join(",")}`;
      const mine = { ...own, ...Object.fromEntries(on.map((c) => [c, hidden.row[c]])) };
      return [
        { ask: write("POST", table, target, copy, prefer), twins: mayInsert ? [] : unique },
        { ask: write("POST", table, target, mine, prefer), twins: [] },
      ];
    }),
  );
  const puts = { ask: write("PUT", table, where(key), copy, "return=representation"), twins: [] };
  const taken = table.uniques.map((on) => ({ ...own, ...pick(hidden.row, on) }));
  const wrong = visibleColumns(table).map((c) => ({ ...copy, [c.name]: [{ no: "such" }] }));
  return [
    ...copies.map((a) => ({ ask: a, twins: mayInsert ? [] : unique })),
    ...merges,
    puts,
    ...[...taken, ...wrong].map((body) => ({
      ask: write("POST", table, "", body, "return=representation"),
      twins: [],
    })),
  ];
}

function pick(row: Row, columns: string[]): Row {
  return Object.fromEntries(columns.map((c) => [c, row[c]]));
}
