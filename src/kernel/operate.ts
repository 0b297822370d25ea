// Operations: creating a row of these tables means more than writing it. Read, decide purely, and
// commit in one batch; where the world outside must act, settle the rows after it.

import { settleDecided } from "./after/settle-decided.ts";
import { type Answer, answerOf } from "./answer.ts";
import { commit, type Execution, fillingOf, keptFor, type Parts } from "./commit.ts";
import { Refusal } from "./errors.ts";
import type { InsertShape, Intent } from "./intent.ts";
import { queryStatement } from "./plan/change.ts";
import { aboutDecided, type Deciding, decide, inputOf, touchedBy } from "./plan/decide.ts";
import type { OperationPlan } from "./plan/insert.ts";
import { only } from "./plan/rows.ts";
import type { Bind } from "./plan/sql.ts";
import { declarationOf, type Row } from "./table.ts";

/** Rows of one request: each is some statements to read, in a database that does one at a time. */
const MAX_DECISIONS = 200;

/** Everything about one request that its parts need. */
export interface Operating extends Deciding {
  parts: Parts;
  execution: Execution;
}

/** Reads (one round trip), decides about each row, and commits all decisions in one batch. */
export async function executeOperation(
  parts: Parts,
  plan: OperationPlan,
  { shape, values }: Intent<InsertShape>,
  bind: Bind,
  execution: Execution,
): Promise<Answer> {
  const { operation } = plan;
  const table = declarationOf(operation.on);
  const { setting } = parts.kernel;
  const operating: Operating = { parts, plan, table, shape, bind, execution, setting };
  const rows = values[shape.rows] as Row[]; // parsers put an array of objects there
  if (shape.single && rows.length !== 1) throw new Refusal("PGRST116", { count: rows.length });
  if (rows.length > MAX_DECISIONS) {
    throw new Refusal("too_many_rows", { table: table.name, max: MAX_DECISIONS });
  }
  const settlement = parts.schema.settlements.get(operation.on);
  if (settlement && shape.dryRun) throw new Refusal("dry_run_not_offered");
  const inputs = rows.map((row) => inputOf(operating, only(row, shape.columns)));
  const { found, answer } = await readFor(operating, inputs);
  if (answer) return answer;
  const filling = { ...fillingOf(parts, bind.actor, true), now: bind.now };
  const decisions = inputs.map((input, i) => decide(operating, input, found[i] ?? [], filling));
  const head = decisions.flatMap(({ guards, steps }) => [...guards, ...steps]);
  const seen = aboutDecided(operating, plan.seen, decisions);
  if (settlement) return settleDecided(operating, settlement, decisions, [...head, ...seen]);
  const statements = [...head, ...aboutDecided(operating, plan.answer, decisions), ...seen];
  const manner = { dryRun: shape.dryRun === true, touches: touchedBy(decisions) };
  const written = await commit(parts, statements, bind, execution, manner);
  await written.told;
  return answerOf(shape, bind.values, written, written.rows[head.length]);
}

/**
 * What the operation reads for each row, or the answer that is kept for the request's key: one
 * round trip and one snapshot, so that whoever finds the effect finds the answer too.
 */
async function readFor(
  { parts, plan, shape, bind, execution }: Operating,
  inputs: Row[],
): Promise<{ found: Row[][][]; answer?: Answer }> {
  const { actor, now } = bind;
  const queries = inputs.map((input) => plan.operation.reads(input, actor));
  const statements = queries.map((of) => of.map((query) => queryStatement(query, actor, now)));
  const kept = keptFor(bind, shape.dryRun ? {} : execution);
  const all = [...kept.ask, ...statements.flat()];
  if (all.length === 0) return { found: [] };
  // What a decision refuses tells of what was read: an ended session is told, and shown, nothing.
  const question = parts.alive.question(bind, true);
  const { rows, bookmark } = await parts.store.read([...question, ...all], { at: "first-primary" });
  if (question.length > 0) parts.alive.heed(actor, rows.shift() ?? [], Date.parse(now));
  const stored = kept.answer(rows[0] ?? []);
  if (stored !== undefined) {
    return { found: [], answer: answerOf(shape, bind.values, { rows: [], bookmark, stored }) };
  }
  const read = rows.slice(kept.ask.length);
  return {
    found: statements.map((of) => of.map((statement) => statement.rows(read.shift() ?? []))),
  };
}
