// Decisions, found by trying: each verb on the caller's own row and on another's, over the wire,
// with a look at the database afterwards.
import type { Declared, Row } from "../../src/kernel/table.ts";
import { type Dump, dump, find, keyOf, restore, same } from "./database.ts";
import { type Decision, type Verb, verbs } from "./matrix.ts";
import { movable, settable } from "./predicates.ts";
import type { Holder, Seed, Seeds } from "./seed.ts";
import type { Heard, Speaker } from "./speaker.ts";
import { type Caller, callers, newCanary, type World } from "./world.ts";

export interface Cell {
  table: Declared;
  verb: Verb;
  caller: Caller;
}

/** What is tried in one cell, and by whom it is spoken. */
export interface Trial extends Cell {
  world: World;
  seeds: Seeds;
  speaker: Speaker;
}

/** The cells a table must have decided. */
export function cellsOf(table: Declared): Cell[] {
  const possible: readonly Verb[] = table.view ? ["select", "count"] : verbs;
  const asked = possible.filter((verb) => verb !== "move" || movable(table).length > 0);
  return asked.flatMap((verb) => callers.map((caller) => ({ table, verb, caller })));
}

/** Whose row is the caller's own: staff works for the owner; guests and the service have none. */
export function ownHolder(caller: Caller): Holder | undefined {
  if (caller === "stranger") return "stranger";
  return caller === "owner" || caller === "staff" ? "owner" : undefined;
}

export async function decide(trial: Trial): Promise<Decision> {
  const mine = ownHolder(trial.caller);
  if (trial.verb === "move") return (await tryOn(trial, mine ?? "owner")) ? "yes" : "no";
  const [owners, strangers] = [await tryOn(trial, "owner"), await tryOn(trial, "stranger")];
  if (owners && strangers) return "yes";
  if (!owners && !strangers) return "no";
  if (mine && (mine === "owner") === owners) return "own";
  throw new Error(`${nameOf(trial)}: may with another's row what it may not with its own`);
}

function nameOf({ table, verb, caller, speaker }: Trial): string {
  return `${speaker.name}: ${table.name}.${verb} ${caller}`;
}

/** Does the verb do to this holder's row what it says? Leaves the database as it was. */
async function tryOn(trial: Trial, holder: Holder): Promise<boolean> {
  const { world, seeds, table, verb, speaker } = trial;
  const seed = seeds.of(table, holder);
  if (verb === "select" || verb === "count") return reads(trial, seed);
  const before = await dump(world);
  const heard = await speaker.say(trial.caller, asked(trial, seed, holder));
  const after = await dump(world);
  const did = verb === "insert" ? grown(table, before, after) : changed(table, seed, before, after);
  if (did) {
    const shown = await showsTooMuch(trial, heard, verb === "delete");
    await restore(world, before);
    if (shown) throw new Error(`${nameOf(trial)}: the answer shows what a read does not: ${shown}`);
    return true;
  }
  if (!same(before, after)) throw new Error(`${nameOf(trial)}: refused, and yet there is a change`);
  if (heard.status >= 500) throw new Error(`${nameOf(trial)}: ${heard.bytes}`);
  return stoppedLater(verb, heard);
}

/** A row that the answer to a write shows, though the caller may not read it. */
async function showsTooMuch({ speaker, caller, table }: Trial, heard: Heard, gone: boolean) {
  const [row] = heard.rows;
  if (!row || gone) return undefined;
  const again = await speaker.say(caller, speaker.select(table, keyOf(table, row)));
  return again.rows.length === 0 ? JSON.stringify(row) : undefined;
}

/**
 * Policies stand before constraints and before what an operation expects of other rows: where one
 * of those stopped it, the policy had let it pass.
 */
function stoppedLater(verb: Verb, heard: Heard): boolean {
  if (verb === "insert") return heard.status === 409;
  if (verb === "move") return ["22P02", "23514", "23505", "23503"].includes(heard.code ?? "");
  return verb === "delete" && heard.code === "23503";
}

async function reads({ speaker, caller, table, verb }: Trial, seed: Seed): Promise<boolean> {
  const counts = verb === "count";
  const ask = counts ? speaker.count(table, seed.key) : speaker.select(table, seed.key);
  const heard = await speaker.say(caller, ask);
  return counts ? heard.total === 1 : find(heard.rows, table, seed.key) !== undefined;
}

function asked({ seeds, speaker, table, verb, caller }: Trial, seed: Seed, holder: Holder) {
  switch (verb) {
    case "insert": {
      const user = caller === "staff" && holder === "owner" ? "staff" : holder;
      return speaker.insert(table, seeds.example(table, user, holder));
    }
    case "upsert":
      return speaker.upsert(table, { ...seed.given, ...seed.key });
    case "update":
      return speaker.update(table, seed.key, harmless(table, seed.row, caller));
    case "move":
      return speaker.update(table, seed.key, elsewhere(seeds, table, holder));
    default:
      return speaker.delete(table, seed.key);
  }
}

function grown(table: Declared, before: Dump, after: Dump): boolean {
  return (after.get(table)?.length ?? 0) > (before.get(table)?.length ?? 0);
}

/** Is the row gone, or has its version risen? */
function changed(table: Declared, seed: Seed, before: Dump, after: Dump): boolean {
  const [was, is] = [before, after].map((rows) => find(rows.get(table), table, seed.key));
  return is?._v !== was?._v;
}

/** A change to what the row holds already: only its version tells that it was made. */
export function harmless(table: Declared, row: Row, caller: Caller): Row {
  const [column] = settable(table, caller === "service");
  return column === undefined ? {} : { [column]: row[column] };
}

/** The other holder's values; where both hold the same, one that neither holds. */
function elsewhere(seeds: Seeds, table: Declared, from: Holder): Row {
  const [here, there] = [seeds.of(table, from), seeds.of(table, opposite(from))];
  return Object.fromEntries(
    movable(table).map((c) => {
      const [mine, other] = [here.row[c], there.row[c]];
      return [c, JSON.stringify(mine) === JSON.stringify(other) ? another(mine) : other];
    }),
  );
}

function another(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  return value === null || typeof value === "string" ? newCanary() : null;
}

function opposite(holder: Holder): Holder {
  return holder === "owner" ? "stranger" : "owner";
}
