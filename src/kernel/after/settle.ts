// Rows that ask the world outside to act. A pending row is committed before the call, and what came
// of it after the call: by the request that made the row, by the module, or by the sweeper.
import { service } from "../actor.ts";
import type { Change } from "../change.ts";
import { within } from "../clock.ts";
import { type Committed, commit, fillingOf, note, type Parts } from "../commit.ts";
import type { Settlement } from "../module.ts";
import { keyIs, stepStatements, touchesOf } from "../plan/change.ts";
import type { BoundStatement } from "../plan/sql.ts";
import { and, oneOf, type Scalar } from "../predicate.ts";
import { refusalOf } from "../sqlite-errors.ts";
import { declarationOf, type Row } from "../table.ts";
import { failureOf, MAX_PENDING, oldestPending, setAside, taken } from "./retry.ts";

/** What takes longer than this has failed; the call is idempotent, so that it may be repeated. */
const CALL_MS = 10_000;
/** What the settling was decided by may have changed meanwhile: then it is decided again. */
const MAX_DECISIONS = 3;
/** As many as a Worker may have connections. */
const AT_ONCE = 5;
/** One sweep is short; the next one goes on. */
const SWEEP_MS = 20_000;

/**
 * Calls, and commits what came of it with the statements of `tail`, which is left out once anything
 * was refused; undefined where the row was not pending any more. Throws what the call threw, and
 * then the row stays pending.
 */
async function settleRow(
  parts: Parts,
  settlement: Settlement,
  row: Row,
  tail: BoundStatement[] = [],
): Promise<Committed | undefined> {
  const { clock, id, kernel, schema } = parts;
  const outcome = await within(CALL_MS, settlement.call(row, kernel));
  for (let n = 1; ; n++) {
    const queries = settlement.reads?.(row, outcome) ?? [];
    const found = queries.length > 0 ? await kernel.read(queries, service()) : [];
    const steps = settlement.settle(row, outcome, found, { now: clock.now(), id });
    try {
      return await commitSettled(parts, settlement, row, steps, n === 1 ? tail : []);
    } catch (error) {
      const refusal = refusalOf(error, schema.tables);
      if (refusal?.code === "settled") return undefined;
      if (!refusal || n === MAX_DECISIONS) throw error;
    }
  }
}

/** One batch: the row is still pending, what came of it, and the tail, whose rows are answered. */
async function commitSettled(
  parts: Parts,
  { on, pending }: Settlement,
  row: Row,
  steps: Change,
  tail: BoundStatement[],
): Promise<Committed> {
  const actor = service();
  const filling = fillingOf(parts, actor, true);
  const where = and(keyIs(on, row), pending);
  const change: Change = [{ expect: on, where, rows: 1, else: "settled" }, ...steps];
  const settled = change.flatMap((step) => stepStatements(step, filling));
  const bind = { values: [], actor, now: filling.now, rows: "" };
  const manner = { asModule: true, touches: touchesOf(change) };
  const written = await commit(parts, [...settled, ...tail], bind, {}, manner);
  return { ...written, rows: written.rows.slice(settled.length) };
}

/** Settles a row at once, with one more try; undefined where that is left to another. */
export async function settleNow(
  parts: Parts,
  settlement: Settlement,
  row: Row,
  tail: BoundStatement[] = [],
): Promise<Committed | undefined> {
  const settling = () => settleRow(parts, settlement, row, tail);
  return settling().catch(() => settling().catch(() => undefined));
}

/** Settles those rows of a table that are pending, by their keys. */
export async function settleKeys(parts: Parts, settlement: Settlement, keys: Scalar[]) {
  const [key = "id"] = declarationOf(settlement.on).key;
  const where = and(oneOf(key, keys), settlement.pending);
  const [rows = []] = await parts.kernel.read([{ from: settlement.on, where }], service());
  for (const row of rows) await settleNow(parts, settlement, row);
}

/** Finishes what stayed pending, oldest first; what fails is set aside and not in the way. */
export async function settleRows(parts: Parts, settlement: Settlement): Promise<void> {
  const until = parts.clock.now() + SWEEP_MS;
  let rows: Row[];
  do {
    const statement = oldestPending(settlement, workOf(settlement), parts.clock.now());
    const read = await parts.store.read([statement], { at: "first-primary" });
    rows = statement.rows(read.rows[0] ?? []);
    for (let i = 0; i < rows.length && parts.clock.now() <= until; i += AT_ONCE) {
      const group = rows.slice(i, i + AT_ONCE);
      await Promise.all(group.map((row) => settleSwept(parts, settlement, row)));
    }
  } while (rows.length === MAX_PENDING && parts.clock.now() <= until);
}

async function settleSwept(parts: Parts, settlement: Settlement, row: Row): Promise<void> {
  const [key = "id"] = declarationOf(settlement.on).key;
  const [work, id] = [workOf(settlement), row[key]];
  try {
    await settleRow(parts, settlement, row, taken(work, [id]));
  } catch (error) {
    await note(parts, setAside(work, [failureOf(id, error)], parts.clock.now()));
  }
}

const workOf = ({ on }: Settlement) => `settle:${declarationOf(on).sqlName}`;
