// The change log: what changed, recorded by triggers in the same transaction as the change.
import { columnJson, jsonObject, literal, name, pair } from "../plan/json-sql.ts";
import { type Declared, visibleColumns } from "../table.ts";
import { tallyTriggers } from "../tally.ts";

/** Is every change of this table recorded? Tables of schemas that are not exposed never are. */
export function isWatched(declared: Declared): boolean {
  return isExposed(declared) && declared.watch !== false;
}

/** May any protocol name this table? Tables of `public`, and others that say so. */
export function isExposed(declared: Declared): boolean {
  return declared.exposed ?? declared.schema === "public";
}

/** The triggers a declaration implies, as complete statements, by name. */
export function triggersOf(declared: Declared): Map<string, string> {
  return new Map([
    ...(isWatched(declared) ? logTriggers(declared) : []),
    ...tallyTriggers(declared),
  ]);
}

function logTriggers(declared: Declared): [name: string, sql: string][] {
  return (["insert", "update", "delete"] as const).map((verb) => {
    const trigger = `${declared.sqlName}_changes_${verb}`;
    return [trigger, triggerSql(declared, verb, trigger)];
  });
}

function triggerSql(declared: Declared, verb: "insert" | "update" | "delete", trigger: string) {
  const state = (row: "new" | "old") => {
    const seen = visibleColumns(declared).filter((c) => !c.large);
    return jsonObject(seen.map((c) => pair(c.name, columnJson(c, `${row}.${name(c.name)}`))));
  };
  const at = verb === "delete" ? "old" : "new";
  const after = verb === "delete" ? "null" : state("new");
  const before = verb === "insert" ? "null" : state("old");
  return [
    `create trigger ${name(trigger)} after ${verb} on ${name(declared.sqlName)} begin`,
    `  insert into _changes(tx, tbl, verb, key, new, old) values((select max(seq) from _tx),`,
    `    ${literal(declared.sqlName)}, ${literal(verb)}, ${keyText(declared, at)},`,
    `    ${after}, ${before});`,
    "end;",
  ].join("\n");
}

/** The primary key as text: the value itself, or a JSON array of several. */
function keyText(declared: Declared, row: "new" | "old"): string {
  const parts = declared.key.map((k) => `${row}.${name(k)}`);
  return parts.length === 1 ? parts.join() : `json_array(${parts.join(",")})`;
}
