// What writing takes, and the one way to commit it.
import { type Actor, service } from "./actor.ts";
import type { Teller } from "./after/tell.ts";
import type { Aliveness } from "./alive.ts";
import type { Touch } from "./change.ts";
import { type Clock, iso } from "./clock.ts";
import type { Kernel } from "./module.ts";
import type { OpenCursor } from "./plan/cursor-token.ts";
import type { Planner } from "./plan/plan.ts";
import type { Filling } from "./plan/rows.ts";
import type { Bind, BoundStatement } from "./plan/sql.ts";
import { CURRENT_TX } from "./plan/write.ts";
import type { Schema } from "./schema.ts";
import { refusalOf } from "./sqlite-errors.ts";
import {
  type Idempotency,
  keptAnswer,
  recordStatement,
  type Store,
  type Written,
} from "./store.ts";
import type { Row } from "./table.ts";

export interface Execution {
  /** Makes a write idempotent. */
  idempotency?: Idempotency;
  /** A D1 bookmark of the caller's, to read its own writes from a replica. */
  bookmark?: string;
}

/** What executing takes. */
export interface Parts {
  schema: Schema;
  planner: Planner;
  store: Store;
  alive: Aliveness;
  teller: Teller;
  clock: Clock;
  id: () => string;
  openCursor: OpenCursor;
  /** What scalar functions, listeners and calls to the world outside are given. */
  kernel: Kernel;
}

/** Who writes, when and with which ids. */
export function fillingOf(
  parts: Pick<Parts, "clock" | "id">,
  actor: Actor,
  trusted: boolean,
): Filling {
  return { actor, now: iso(parts.clock.now()), id: parts.id, trusted };
}

export interface Manner {
  /** A commit that never happens: its answer is in the refusal. */
  dryRun?: boolean;
  /** With the module's authority: a session that has ended does not stop it. */
  asModule?: boolean;
  /** What it may change: who listens to that is told. */
  touches?: Touch[];
}

export interface Committed extends Written {
  /** Resolves when who listens was told, or at the latest after 2 seconds. */
  told?: Promise<void>;
}

/** Asks for the answer that is kept for the request's key, and reads it from what was asked. */
export function keptFor(bind: Bind, { idempotency }: Execution) {
  if (!idempotency) return { ask: [], answer: () => undefined };
  const answer = ([record]: Row[]) => record && keptAnswer(record, idempotency);
  return { ask: [recordStatement(bind, idempotency)], answer };
}

/** Commits, for a caller whose session lives, and begins to tell of it. */
export async function commit(
  parts: Parts,
  statements: BoundStatement[],
  bind: Bind,
  execution: Execution,
  { dryRun = false, asModule = false, touches = [] }: Manner = {},
): Promise<Committed> {
  const { actor, now } = bind;
  const idempotency = dryRun ? undefined : execution.idempotency;
  const before = asModule ? [] : parts.alive.guard(bind);
  const writing = { actor, now, nonce: parts.id(), before, ...(idempotency && { idempotency }) };
  if (!dryRun) {
    const all = [...statements, ...parts.teller.register(touches)];
    const written = await parts.store.commit(all, writing);
    return { ...written, told: parts.teller.start(touches) };
  }
  try {
    return await parts.store.commit([...statements, rollback()], writing);
  } catch (error) {
    const refusal = refusalOf(error, parts.schema.tables);
    if (refusal?.code !== "rollback") throw error;
    return { rows: [], bookmark: undefined, stored: String(refusal.params.body), fresh: true };
  }
}

/** Commits bookkeeping of the kernel's own, which nobody listens to; the rows of each statement. */
export async function note(
  { store, clock, id }: Pick<Parts, "store" | "clock" | "id">,
  statements: BoundStatement[],
): Promise<Row[][]> {
  const writing = { actor: service(), now: iso(clock.now()), nonce: id() };
  return (await store.commit(statements, writing)).rows;
}

/** Ends a dry run: raises the answer itself, so that the batch is undone and the answer arrives. */
function rollback(): BoundStatement {
  const body = `'rollback:' || body from _tx where seq = ${CURRENT_TX}`;
  return { sql: `insert into _guard(code) select ${body}`, params: [] };
}
