// Counters: what the rows of a table add up to, for each value of one of their columns. Triggers
// keep them in the transaction of every change, whoever makes it, so that a guard reads one row
// where it would have to count many.
import { name } from "./plan/json-sql.ts";
import { type Declared, declarationOf, type Tally } from "./table.ts";

/** The triggers that keep a table's tallies, as complete statements, by name. */
export function tallyTriggers(declared: Declared): [name: string, sql: string][] {
  return (declared.tallies ?? []).flatMap((tally) => {
    const counters = declarationOf(tally.in).name;
    const add = addition(tally);
    const take = subtraction(tally);
    const terms = [tally.by, ...Object.values(tally.sums)].filter((term) => term !== 1);
    const differs = terms.map((c) => `old.${name(c)} is not new.${name(c)}`).join(" or ");
    const on = `on ${name(declared.sqlName)}`;
    const made = (verb: string, head: string, ...body: string[]): [string, string] => {
      const trigger = `${declared.sqlName}_tally_${counters}_${verb}`;
      return [trigger, [`create trigger ${name(trigger)} ${head}`, ...body, "end;"].join("\n")];
    };
    return [
      made("insert", `after insert ${on} begin`, add),
      made("delete", `after delete ${on} begin`, take),
      made("update", `after update ${on} when ${differs} begin`, take, add),
    ];
  });
}

const termOf = (term: string | 1, row: "new" | "old") =>
  term === 1 ? "1" : `${row}.${name(term)}`;

/** Rows whose `by` is NULL count for nobody. */
function addition({ in: table, by, sums }: Tally): string {
  const counters = name(declarationOf(table).sqlName);
  const columns = [by, ...Object.keys(sums)].map(name).join(",");
  const values = Object.values(sums).map((term) => termOf(term, "new"));
  const sets = Object.keys(sums).map(
    (c) => `${name(c)}=${counters}.${name(c)}+excluded.${name(c)}`,
  );
  return [
    `  insert into ${counters}(${columns})`,
    `    select ${[`new.${name(by)}`, ...values].join(",")} where new.${name(by)} is not null`,
    `    on conflict(${name(by)}) do update set ${sets.join(",")};`,
  ].join("\n");
}

function subtraction({ in: table, by, sums }: Tally): string {
  const sets = Object.entries(sums).map(
    ([c, term]) => `${name(c)}=${name(c)}-${termOf(term, "old")}`,
  );
  const counters = name(declarationOf(table).sqlName);
  return `  update ${counters} set ${sets.join(",")} where ${name(by)}=old.${name(by)};`;
}
