// Tell: what the change log holds goes to listeners, each in order, at least once. Who tells holds
// the listener, and its cursor moves on after the telling; a change that a listener fails at is set
// aside. A listener hears what is committed from the first batch that knows it on.
import type { Touch } from "../change.ts";
import { within } from "../clock.ts";
import { note, type Parts } from "../commit.ts";
import type { Listener, Told } from "../module.ts";
import type { BoundStatement } from "../plan/sql.ts";
import type { Row } from "../table.ts";
import { type Failure, failureOf, setAside, taken } from "./retry.ts";
import * as told from "./told.ts";

/** So long a listener is held; then another may take over from one that is gone. */
const HELD_MS = 30_000;
/** A round begins no telling after this, so that it ends while it holds. */
const ROUND_MS = 10_000;
const TELL_MS = 10_000;
/** A request's answer waits no longer than this for those that it set off. */
const WAIT_MS = 2_000;
const MAX_ROUNDS = 50;

export interface Teller {
  /** Statements of a batch that changes this: listeners new here hear from it on. */
  register(touches: Touch[]): BoundStatement[];
  /** Tells those who listen to it; resolves at the latest after 2 seconds. */
  start(touches: Touch[]): Promise<void>;
  /** Tells what was left untold or set aside. */
  sweep(): Promise<void>;
}

type TellerParts = Pick<Parts, "schema" | "store" | "clock" | "id" | "kernel">;

/** A telling that is under way; `again`: something was committed since it last looked. */
interface Run {
  done: Promise<void>;
  again: boolean;
  since: number;
}

export function createTeller(parts: TellerParts): Teller {
  const { clock, kernel, schema, store } = parts;
  const known = new Set<Listener>();
  const runs = new Map<Listener, Run>();
  const hearing = (touches: Touch[]) =>
    schema.listeners.filter(({ on, verbs }) =>
      touches.some(({ table, verb }) => table === on && verbs.includes(verb)),
    );

  const run = (listener: Listener): Promise<void> => {
    const current = runs.get(listener);
    // The request that ran it may be gone, and its promise never resolve.
    if (current && clock.now() - current.since < HELD_MS) {
      current.again = true;
      return current.done;
    }
    const mine: Run = { done: Promise.resolve(), again: true, since: clock.now() };
    runs.set(listener, mine);
    mine.done = goRound(parts, listener, mine, () => {
      if (runs.get(listener) === mine) runs.delete(listener);
    });
    return mine.done;
  };

  return {
    register: (touches) =>
      hearing(touches).flatMap((l) => (known.has(l) ? [] : [told.registration(l)])),
    async start(touches) {
      const telling = hearing(touches).map((listener) => {
        known.add(listener); // its registration was in the batch
        return run(listener);
      });
      if (telling.length === 0) return;
      const all = Promise.allSettled(telling); // what fails is the sweeper's
      kernel.after(all);
      await within(WAIT_MS, all).catch(() => {});
    },
    async sweep() {
      const { rows } = await store.read(told.untoldStatements(clock.now()), {
        at: "first-primary",
      });
      const among = (found: Row[] = []) =>
        schema.listeners.filter(({ name }) => found.some((row) => row.name === name));
      const again = among(rows[1]).map((listener) => tellAgain(parts, listener));
      await Promise.all([...among(rows[0]).map(run), ...again]);
    },
  };
}

/** `over` in the same breath as the last look, so that no commit falls between them. */
async function goRound(parts: TellerParts, listener: Listener, mine: Run, over: () => void) {
  try {
    for (let n = 0; n < MAX_ROUNDS && mine.again; n++) {
      mine.again = false;
      if (await tellRound(parts, listener)) mine.again = true;
    }
  } finally {
    over();
  }
}

/** Holds the listener, tells it, and lets go; answers whether there is more to tell. */
async function tellRound(parts: TellerParts, listener: Listener): Promise<boolean> {
  const holder = parts.id();
  const now = parts.clock.now();
  const hold = { holder, now, until: now + HELD_MS };
  const [held, rows = [], ends] = await note(parts, told.holdStatements(listener, hold));
  if (!held?.length) return false; // another tells it, or nothing is new
  const { reached, failures } = await tellEach(parts, listener, rows.map(told.toldOf));
  const whole = rows.length < told.MAX_TOLD && reached === rows.length;
  const end = Number(whole ? ends?.[0]?.seq : rows[reached - 1]?.seq);
  const left = await note(parts, [
    ...setAside(told.workOf(listener), failures, parts.clock.now()),
    ...told.releaseStatements(listener, holder, end),
  ]);
  return Boolean(left.at(-1)?.length);
}

/** Tells in order, while there is time: how many, and at which of them the listener failed. */
async function tellEach({ clock, kernel }: TellerParts, listener: Listener, changes: Told[]) {
  const until = clock.now() + ROUND_MS;
  const failures: Failure[] = [];
  let reached = 0;
  for (const change of changes) {
    if (clock.now() > until) break;
    reached++;
    try {
      await within(TELL_MS, listener.tell(change, kernel));
    } catch (error) {
      failures.push(failureOf(change.seq, error));
    }
  }
  return { reached, failures };
}

/** Tells once more what was set aside and is due. */
async function tellAgain(parts: TellerParts, listener: Listener): Promise<void> {
  const now = parts.clock.now();
  const rows = await note(parts, told.againStatements(listener, now, now + HELD_MS));
  const changes = (rows[1] ?? []).map(told.toldOf);
  const { reached, failures } = await tellEach(parts, listener, changes);
  const failed = new Set(failures.map(({ key }) => key));
  const keys = changes.slice(0, reached).map(({ seq }) => String(seq));
  const work = told.workOf(listener);
  const done = keys.filter((key) => !failed.has(key));
  await note(parts, [...taken(work, done), ...setAside(work, failures, parts.clock.now())]);
}
