// Looking for what a caller may not know: its texts in any byte of any answer, and answers that
// differ by whether it is there.
import type { Declared, Row } from "../../src/kernel/table.ts";
import { type Dump, dump, find, restore, same } from "./database.ts";
import { ownHolder } from "./decide.ts";
import { disturb, remove } from "./disturb.ts";
import type { Decision } from "./matrix.ts";
import type { Seed, Seeds } from "./seed.ts";
import type { Ask, Heard, Probe, Speaker, Subject } from "./speaker.ts";
import { type Caller, callers, type World } from "./world.ts";

/** What was decided; a cell that nobody decided is a no. */
export type Decided = (table: Declared, verb: string, caller: Caller) => Decision;

export interface Watch {
  world: World;
  seeds: Seeds;
  speaker: Speaker;
  decided: Decided;
}

/** Every way found in which a listener learns of a row of these tables that it may not see. */
export async function leaks(
  watch: Watch,
  tables: Declared[],
  listeners: readonly Caller[] = callers,
): Promise<string[]> {
  const found: string[] = [];
  for (const caller of listeners) {
    const ear = listen(watch, caller);
    for (const table of tables) {
      // Two rows that are hidden from a caller are hidden alike.
      const hidden = ear.hidden.find((seed) => seed.table === table);
      const probes = hidden ? watch.speaker.probes(subjectOf(watch, ear, hidden)) : [];
      const open = { ask: watch.speaker.select(table, {}), twins: [] };
      found.push(...(await hearAll(watch, ear, [open, ...probes, ...pointers(watch, ear, table)])));
      // A view's row changes when the rows below it do, and those are disturbed by themselves.
      if (!hidden || table.view) continue;
      const views = watch.world.tables.filter((t) => t.view);
      const around = views.map((view) => ({ ask: watch.speaker.select(view, {}), twins: [] }));
      found.push(...(await disturbances(watch, ear, hidden, [...probes, ...around])));
    }
  }
  return found;
}

/** Reads are asked together; each write is followed by a look at the database. */
async function hearAll(watch: Watch, ear: Ear, probes: Probe[]): Promise<string[]> {
  const reads = probes.filter(({ ask }) => isRead(ask));
  const found = (await together(reads, (probe) => hear(watch, ear, probe))).flat();
  const before = await dump(watch.world);
  for (const probe of probes.filter(({ ask }) => !isRead(ask))) {
    found.push(...(await hear(watch, ear, probe, before)));
  }
  if (!same(before, await dump(watch.world))) found.push(`${ear.caller}: a refused write was made`);
  return found;
}

/** Reads that say nothing of the hidden row, while it changes behind them and goes. */
async function disturbances(
  { world, speaker }: Watch,
  { caller }: Ear,
  hidden: Seed,
  probes: Probe[],
): Promise<string[]> {
  const blind = probes.filter(({ ask, twins }) => isRead(ask) && twinOf(ask, twins) === ask);
  const before = await dump(world);
  const listen = () => together(blind, async ({ ask }) => (await speaker.say(caller, ask)).bytes);
  await disturb(world, hidden, "low");
  const low = await listen();
  await disturb(world, hidden, "high");
  const high = await listen();
  const none = (await remove(world, hidden)) ? await listen() : high;
  await restore(world, before);
  return blind.flatMap(({ ask }, i) => {
    const [a = "", b = "", c = ""] = [low[i], high[i], none[i]];
    const difference = differenceOf(a, b) ?? differenceOf(b, c);
    const who = `${speaker.name}, ${caller}: ${ask.method} ${ask.path}`;
    return difference ? [`${who}: changes with a hidden row: ${difference}`] : [];
  });
}

async function together<T, R>(all: T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let i = 0; i < all.length; i += TOGETHER) {
    done.push(...(await Promise.all(all.slice(i, i + TOGETHER).map(work))));
  }
  return done;
}

const TOGETHER = 16;

function isRead({ method }: Ask): boolean {
  return method === "GET" || method === "HEAD";
}

/** A new row that points at a hidden one must tell no more than one that points nowhere. */
function pointers({ speaker, seeds }: Watch, ear: Ear, table: Declared): Probe[] {
  return [...table.parents()].flatMap(([column, { table: parent, column: to }]) =>
    ear.hidden
      .filter((seed) => seed.table === parent)
      .map((seed) => {
        const at = String(seed.row[to]);
        const own = { ...exampleOf(seeds, table, ear.caller), [column]: at };
        return { ask: speaker.insert(table, own), twins: [at] };
      }),
  );
}

interface Ear {
  caller: Caller;
  /** Rows the caller may not see. */
  hidden: Seed[];
  /** Texts no answer may hold unless the caller said them. */
  forbidden: string[];
  /** Is the text in no row the caller sees? Short ones may be anywhere. */
  unseen: (text: string) => boolean;
}

function listen({ world, seeds, decided }: Watch, caller: Caller): Ear {
  const hidden = seeds.all.filter((seed) => !sees(decided, caller, seed));
  const visible = JSON.stringify(seeds.all.filter((s) => !hidden.includes(s)).map((s) => s.row));
  const unseen = (text: string) => text.length >= 16 && !visible.includes(text);
  const texts = [
    ...hidden.flatMap((s) => [s.canary, ...Object.values(s.key).map(String)]),
    ...seeds.all.flatMap((s) => s.secret ?? []),
    ...Object.values(world.people).map((p) => p.email),
  ];
  return { caller, hidden, forbidden: texts.filter(unseen), unseen };
}

function subjectOf(watch: Watch, ear: Ear, hidden: Seed): Subject {
  const { world, seeds, decided } = watch;
  const { caller, unseen } = ear;
  const beside = seeds.all.filter((seed) => seed.table === hidden.table);
  return {
    world,
    hidden,
    caller,
    unique: [hidden.canary, ...uuidsOf(hidden.row)].filter(unseen),
    own: exampleOf(seeds, hidden.table, caller),
    seen: beside.find((seed) => !ear.hidden.includes(seed))?.key,
    mayInsert: decided(hidden.table, "insert", caller) === "yes",
  };
}

function sees(decided: Decided, caller: Caller, { table, holder }: Seed): boolean {
  const decision = decided(table, "select", caller);
  return decision === "yes" || (decision === "own" && ownHolder(caller) === holder);
}

function uuidsOf(row: Row): string[] {
  return Object.values(row).filter((v): v is string => typeof v === "string" && UUID.test(v));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function exampleOf(seeds: Seeds, table: Declared, caller: Caller): Row {
  const user = caller === "guest" || caller === "service" ? "owner" : caller;
  return seeds.example(table, user, user === "stranger" ? "stranger" : "owner");
}

async function hear(watch: Watch, ear: Ear, probe: Probe, before?: Dump): Promise<string[]> {
  const { ask, twins } = probe;
  const heard = await say(watch, ear, ask, before);
  const faults = judge(ask, heard, ear.forbidden);
  const twin = twinOf(ask, twins);
  if (twin !== ask) {
    const other = await say(watch, ear, twin, before);
    const expected = twins.reduce((t, text) => t.replaceAll(another(text), text), other.bytes);
    const difference = differenceOf(heard.bytes, expected);
    if (difference) faults.push(`says that the row is there: ${difference}`);
  }
  const who = `${watch.speaker.name}, ${ear.caller}: ${ask.method} ${ask.path} ${ask.body ?? ""}`;
  return faults.map((fault) => `${who} (${JSON.stringify(ask.headers)}): ${fault}`);
}

function judge(ask: Ask, heard: Heard, forbidden: string[]): string[] {
  const said = `${ask.path} ${ask.body ?? ""}`;
  const told = forbidden.filter((text) => heard.bytes.includes(text) && !said.includes(text));
  const faults = told.map((text) => `tells ${text}`);
  if (heard.status >= 500) faults.push(`answers ${heard.bytes}`);
  const whole = heard.status === 200 && ask.method === "GET" && !/limit=|offset=/.test(ask.path);
  if (whole && heard.total !== undefined && heard.total !== heard.rows.length) {
    faults.push(`counts ${heard.total} rows and shows ${heard.rows.length}`);
  }
  return faults;
}

/** A text of the same kind that is nowhere, and lies next to the given one in every order. */
function another(text: string): string {
  return text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");
}

/** The same request about a row that is nowhere; the very request, where it says nothing of it. */
function twinOf(ask: Ask, twins: string[]): Ask {
  const about = twins.filter((text) => ask.path.includes(text) || ask.body?.includes(text));
  if (about.length === 0) return ask;
  const turn = (said: string) => about.reduce((t, text) => t.replaceAll(text, another(text)), said);
  const { path, body } = ask;
  return { ...ask, path: turn(path), ...(body !== undefined && { body: turn(body) }) };
}

/** The first line in which two answers differ. */
export function differenceOf(heard: string, other: string): string | undefined {
  const [a, b] = [heard.split("\n"), other.split("\n")];
  const at = a.findIndex((line, i) => line !== b[i]);
  return heard === other ? undefined : `"${a[at]}", and otherwise "${b[at]}"`;
}

/** A write leaves hidden rows as they are; what it does elsewhere is undone. */
async function say(watch: Watch, ear: Ear, ask: Ask, before?: Dump): Promise<Heard> {
  const { world, speaker } = watch;
  const heard = await speaker.say(ear.caller, ask);
  if (!before || heard.status >= 300) return heard;
  const after = await dump(world);
  if (same(before, after)) return heard;
  await restore(world, before);
  for (const { table, key } of ear.hidden) {
    const [was, is] = [rowIn(before, table, key), rowIn(after, table, key)];
    if (was !== is)
      throw new Error(`${ear.caller}: ${ask.method} ${ask.path} changed a hidden row`);
  }
  return heard;
}

function rowIn(rows: Dump, table: Declared, key: Row): string {
  return JSON.stringify(find(rows.get(table), table, key));
}
