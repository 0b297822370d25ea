// The search index that a table's searchable columns imply. It holds no texts, so it can be made
// anew at any time from the table: `delete-all`, then `fill`.
import { name } from "../src/kernel/plan/json-sql.ts";
import { indexName, PRESENT } from "../src/kernel/plan/search-index.ts";
import { type Declared, searchColumn } from "../src/kernel/table.ts";

/** What a table's search takes: the index, what fills it, and the triggers that keep it. */
export interface SearchIndex {
  create: string;
  fill: string;
  triggers: [name: string, sql: string][];
}

/** The index that a table's searchable columns imply; undefined: it has none. */
export function searchIndexOf(declared: Declared): SearchIndex | undefined {
  const columns = [...declared.columns.values()].filter((c) => c.search);
  const [first] = columns;
  if (!first) return undefined;
  const [table, index] = [name(declared.sqlName), name(indexName(declared.sqlName))];
  const companions = columns.map((c) => name(searchColumn(c.name)));
  const list = companions.join(",");
  // A text whose companion is empty is indexed as it is: it is plain, or from before the index.
  const texts = (row: string) =>
    columns.map((c, i) => {
      const text = `coalesce(${row}.${companions[i]},${row}.${name(c.name)})`;
      return `char(${PRESENT.codePointAt(0)})||' '||${text}`;
    });
  const put = `  insert into ${index}(rowid,${list}) values(new.rowid,${texts("new")});`;
  const gone = `values('delete',old.rowid,${texts("old")});`;
  const take = `  insert into ${index}(${index},rowid,${list}) ${gone}`;
  const sources = [...columns.map((c) => name(c.name)), ...companions];
  const differs = sources.map((c) => `old.${c} is not new.${c}`).join(" or ");
  const trigger = (verb: string, when: string, ...body: string[]): [string, string] => {
    const called = `${declared.sqlName}_search_${verb}`;
    const head = `create trigger ${name(called)} after ${when} begin`;
    return [called, [head, ...body, "end;"].join("\n")];
  };
  const stems = first.search === "english" ? "porter " : "";
  const tokenizer = `${stems}unicode61 remove_diacritics 2 categories 'L* N* M* Co'`;
  const options = `content='', columnsize=0, tokenize="${tokenizer}"`;
  return {
    create: `create virtual table ${index} using fts5(${list}, ${options})`,
    fill: `insert into ${index}(rowid,${list}) select t.rowid,${texts("t")} from ${table} t`,
    triggers: [
      trigger("insert", `insert on ${table}`, put),
      trigger("delete", `delete on ${table}`, take),
      trigger("update", `update of ${sources.join(",")} on ${table} when ${differs}`, take, put),
    ],
  };
}
