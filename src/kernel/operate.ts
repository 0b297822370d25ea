// Operations: creating a row of these tables means more than writing it. Read, decide purely, and
// commit in one batch; where the world outside must act, call it between two commits.
import { principal } from "./actor.ts";
import { type Answer, answerOf } from "./answer.ts";
import type { Step } from "./change.ts";
import { commit, type Execution, fillingOf, keptFor, type Parts } from "./commit.ts";
import { Refusal } from "./errors.ts";
import type { InsertShape, Intent } from "./intent.ts";
import type { Operation } from "./module.ts";
import { queryStatement, stepStatements } from "./plan/change.ts";
import type { OperationPlan } from "./plan/insert.ts";
import { type Filling, newRow, only, rowsParameter, writable } from "./plan/rows.ts";
import { type Bind, type BoundStatement, bindStatement, type Statement } from "./plan/sql.ts";
import { type Declared, declarationOf, type Row } from "./table.ts";
import { fromStored, toStored } from "./values.ts";

/** What was decided about one row: the row itself, and all steps that make it so. */
interface Decision {
  row: Row;
  steps: Step[];
}

/** Everything about one request that its parts need. */
interface Operating {
  parts: Parts;
  plan: OperationPlan;
  table: Declared;
  shape: InsertShape;
  bind: Bind;
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
  const operating: Operating = { parts, plan, table, shape, bind, execution };
  const rows = values[shape.rows] as Row[]; // parsers put an array of objects there
  if (shape.single && rows.length !== 1) throw new Refusal("PGRST116", { count: rows.length });
  if (operation.call && shape.dryRun) throw new Refusal("operation_only", { table: table.name });
  const inputs = rows.map((row) => inputOf(operating, only(row, shape.columns)));
  const { found, answer } = await readFor(operating, inputs);
  if (answer) return answer;
  const decisions = inputs.map((input, i) => decide(operating, input, found[i] ?? []));
  const filling = { ...fillingOf(parts, bind.actor, true), now: bind.now };
  const head = decisions.flatMap((d) => decidedStatements(operating, d, filling));
  const seen = aboutDecided(operating, plan.seen, decisions);
  if (operation.call) return callOut(operating, operation, decisions, [...head, ...seen]);
  const statements = [...head, ...aboutDecided(operating, plan.answer, decisions), ...seen];
  const manner = { dryRun: shape.dryRun === true };
  const written = await commit(parts, statements, bind, execution, manner);
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
  const kept = keptFor(parts, bind, shape.dryRun ? {} : execution);
  const all = [...kept.ask, ...statements.flat()];
  if (all.length === 0) return { found: [] };
  const { rows, bookmark } = await parts.store.read(all, { at: "first-primary" });
  const stored = kept.answer(rows);
  if (stored !== undefined) {
    return { found: [], answer: answerOf(shape, bind.values, { rows: [], bookmark, stored }) };
  }
  const read = rows.slice(kept.ask.length);
  return {
    found: statements.map((of) => of.map((statement) => statement.rows(read.shift() ?? []))),
  };
}

/** The row as the operation sees it: columns as typed values, inputs as their parsers made them. */
function inputOf({ table, plan, shape, bind }: Operating, row: Row): Row {
  const inputs = plan.operation.inputs ?? {};
  const input: Row = {};
  for (const name of shape.columns) {
    if (Object.hasOwn(inputs, name)) continue;
    const column = writable(table, name, bind.actor.role === "service_role", false);
    if (Object.hasOwn(row, name))
      input[name] = fromStored(column.kind, toStored(column, row[name], shape.asText));
  }
  for (const [name, parse] of Object.entries(inputs)) input[name] = parse(row[name]);
  return input;
}

function decide({ parts, plan, bind }: Operating, input: Row, found: Row[][]): Decision {
  const context = { actor: bind.actor, now: Date.parse(bind.now), id: parts.id };
  return decisionOf(plan.operation, plan.operation.decide(input, found, context), parts.id);
}

function decisionOf(operation: Operation, steps: Step[], id: () => string): Decision {
  const [first, ...rest] = steps;
  if (!first || !("insert" in first) || first.insert !== operation.on || first.rows.length !== 1) {
    throw new Error("an operation's first step inserts its one row");
  }
  const [key = "id"] = declarationOf(operation.on).key;
  const row = { ...first.rows[0], [key]: first.rows[0]?.[key] ?? id() };
  return { row, steps: [{ ...first, rows: [row] }, ...rest] };
}

function decidedStatements(
  { plan, table, bind }: Operating,
  decision: Decision,
  filling: Filling,
): BoundStatement[] {
  const rows = rowsParameter([newRow(table, decision.row, new Set(), filling)]);
  const guards = plan.guard.map((guard) => bindStatement(guard, { ...bind, rows }));
  return [...guards, ...decision.steps.flatMap((step) => stepStatements(step, filling))];
}

/** Statements about the decided rows, which they find by their keys. */
function aboutDecided(
  { table, bind }: Operating,
  statements: Statement[],
  decisions: Decision[],
): BoundStatement[] {
  const [key = "id"] = table.key;
  const rows = JSON.stringify(decisions.map((d) => d.row[key]));
  return statements.map((statement) => bindStatement(statement, { ...bind, rows }));
}

/** Pending rows are committed, the world outside acts, and what came of it is committed. */
async function callOut(
  operating: Operating,
  operation: Operation,
  decisions: Decision[],
  pendingSteps: BoundStatement[],
): Promise<Answer> {
  const { parts, plan, shape, bind, execution } = operating;
  const pending = await commit(parts, pendingSteps, bind, execution);
  // An answer of an earlier request; a lost one of this request's own only means that it committed.
  if (pending.stored !== undefined && !pending.fresh) return answerOf(shape, bind.values, pending);
  const steps: Step[] = [];
  for (const { row } of decisions) {
    const outcome = await operation.call?.(row, parts.kernel);
    const context = { now: parts.clock.now(), id: parts.id };
    steps.push(...(operation.settle?.(row, outcome, context) ?? []));
  }
  const filling = fillingOf(parts, bind.actor, true);
  const settled = steps.flatMap((step) => stepStatements(step, filling));
  // The answer without its guard on size: what was done outside must be settled whatever it says.
  const answer = aboutDecided(operating, plan.answer.slice(0, 1), decisions);
  const keep = execution.idempotency ? [keepAnswer(execution.idempotency, bind)] : [];
  const written = await commit(
    parts,
    [...settled, ...answer, ...keep],
    bind,
    {},
    { settles: true },
  );
  return answerOf(shape, bind.values, written, written.rows[settled.length]);
}

/** Gives the pending transaction's idempotency record the answer of the one that settled it. */
function keepAnswer({ route, key }: { route: string; key: string }, bind: Bind): BoundStatement {
  const sql = `update _tx set body=(select body from _tx where seq=(select max(seq) from _tx))
    where actor=?1 and route=?2 and key=?3`;
  return { sql, params: [principal(bind.actor), route, key] };
}
