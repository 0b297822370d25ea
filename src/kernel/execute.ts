// The life of an intent: plan, operate, commit, answer.
import type { Actor } from "./actor.ts";
import { type Answer, checkWindow } from "./answer.ts";
import { type BatchStep, executeBatch } from "./batch.ts";
import { iso } from "./clock.ts";
import type { Execution, Parts } from "./commit.ts";
import { type Catalogue, Refusal } from "./errors.ts";
import { commitWrites } from "./execute-write.ts";
import { type Explained, explain } from "./explain.ts";
import type { InsertShape, Intent, Shape, WriteShape } from "./intent.ts";
import { executeOperation } from "./operate.ts";
import { holdsCursor, type Opened } from "./plan/cursor-token.ts";
import { type ReadPlan, type ScalarPlan, typedArguments } from "./plan/plan.ts";
import { prepare } from "./plan/prepare.ts";
import { type Bind, type BoundStatement, bindStatement } from "./plan/sql.ts";
import { isHeavy, light, weighed } from "./plan/weigh.ts";
import { offered, type Verb } from "./policy.ts";
import { refusalOf } from "./sqlite-errors.ts";

export type { Answer } from "./answer.ts";
export type { Execution } from "./commit.ts";

/** What the kernel gives a protocol. */
export interface Engine {
  catalogue: Catalogue;
  /** A function's parameters, which a query string mixes with filters; undefined: unknown. */
  functionParams(name: string): string[] | undefined;
  /** What anybody at all may do with a table's rows, and whether they are merged; PGRST205. */
  offers(table: string, schema?: string): { verbs: Set<Verb>; merges: boolean };
  execute(intent: Intent, actor: Actor, execution?: Execution): Promise<Answer>;
  /** All steps or none, in one round trip, or tried and undone; the answer of each. */
  batch(steps: BatchStep[], actor: Actor, execution: Execution, dryRun: boolean): Promise<Answer[]>;
  /** How the intent's statements would be run, for the service alone; PGRST107 for others. */
  explain(intent: Intent, actor: Actor): Promise<Explained[]>;
}

export function createEngine(parts: Parts): Engine {
  const { schema } = parts;
  const refused = (error: unknown): never => {
    throw refusalOf(error, schema.tables) ?? error;
  };
  return {
    catalogue: schema.catalogue,
    functionParams: (name) => {
      const fn = schema.functionNames.get(name);
      return fn && Object.keys(fn.params);
    },
    offers(name, of) {
      const verbs = offered(schema.table(name, of));
      const both = verbs.has("insert") && verbs.has("update");
      return { verbs, merges: both && !schema.operationOn(name, of) };
    },
    execute: (intent, actor, execution = {}) =>
      executeIntent(parts, intent, actor, execution).catch(refused),
    batch: (...asked) => executeBatch(parts, ...asked).catch(refused),
    explain: (intent, actor) => explain(parts, intent, actor).catch(refused),
  };
}

async function executeIntent(parts: Parts, intent: Intent, actor: Actor, execution: Execution) {
  const opened = holdsCursor(intent) ? await parts.openCursor(intent, actor) : undefined;
  const { shape, values } = opened ?? intent;
  const bind: Bind = { values, actor, now: iso(parts.clock.now()), rows: "" };
  const stored = execution.idempotency !== undefined || isDryRun(shape);
  const plan = parts.planner.plan(shape, actor.role, stored);
  if (plan.kind === "read") return await executeRead(parts, plan, shape, bind, execution, opened);
  if (plan.kind === "scalar") return executeScalar(parts, plan, shape, bind);
  checkWindow(shape as WriteShape, values); // what is left are writes
  if (plan.kind === "operation") {
    const insert = { shape: shape as InsertShape, values }; // operations are on inserts
    return executeOperation(parts, plan, insert, bind, execution);
  }
  const intended = { shape: shape as WriteShape, values }; // a write's plan is of a write
  const write = prepare(plan, intended, { ...bind, id: parts.id });
  const [answer] = await commitWrites(parts, [write], bind, execution, isDryRun(shape));
  return answer as Answer; // one for each write
}

/** A dry run carries its answer out of the batch by way of the transaction's row. */
function isDryRun(shape: Shape): boolean {
  return "dryRun" in shape && shape.dryRun === true;
}

/** Guests may read a replica; everyone else reads what was written last, or brings a bookmark. */
function readAt(actor: Actor, execution: Execution) {
  return execution.bookmark ?? (actor.role === "anon" ? "first-unconstrained" : "first-primary");
}

async function executeRead(
  parts: Parts,
  plan: ReadPlan,
  shape: Shape,
  bind: Bind,
  execution: Execution,
  opened?: Opened,
): Promise<Answer> {
  const question = parts.alive.question(bind);
  const page = bindStatement(plan.page, bind);
  const more = [...(plan.count ? [bindStatement(plan.count, bind)] : []), ...question];
  const at = readAt(bind.actor, execution);
  const ask = (statement: BoundStatement) => parts.store.read([statement, ...more], { at });
  const first = plan.heavy ? weighed(page) : light(page, plan.rows(bind.values));
  const answered = await ask(first).catch((error: unknown) => {
    if (!isHeavy(error)) throw error;
    plan.heavy = true;
    return ask(weighed(page));
  });
  const { rows, rowsRead, bookmark } = answered;
  const [found = [], counted] = rows;
  if (question.length > 0) parts.alive.heed(bind.actor, rows.at(-1) ?? [], Date.parse(bind.now));
  const shown = plan.shows ? found.slice(0, plan.shows(bind.values)) : found;
  if (plan.single && shown.length !== 1) throw new Refusal("PGRST116", { count: shown.length });
  if (shape.verb === "call" && shape.maxAffected !== undefined) {
    const max = Number(bind.values[shape.maxAffected]);
    if (shown.length > max) throw new Refusal("PGRST124", { max });
  }
  const answer: Answer = { rows: shown.map((row) => String(row.j)) };
  if (plan.one) Object.assign(answer, { rows: [answer.rows[0] ?? "null"], scalar: true });
  if (plan.count) answer.total = Number(counted?.[0]?.n);
  const own = rowsRead.slice(0, rowsRead.length - question.length);
  if (plan.open) answer.rowsRead = own.reduce((sum, read) => sum + read, 0);
  if (shown.length === 1 && shown[0]?.v !== undefined) answer.version = Number(shown[0].v);
  if (bookmark !== undefined) answer.bookmark = bookmark;
  const last = shown.at(-1);
  if (opened && last && found.length > shown.length) answer.next = await opened.seal(last);
  return answer;
}

async function executeScalar(
  parts: Parts,
  plan: ScalarPlan,
  shape: Shape,
  bind: Bind,
): Promise<Answer> {
  if (shape.verb !== "call" || !plan.fn.scalar) throw new Error("a scalar plan is of a call");
  const question = parts.alive.question(bind);
  if (question.length > 0) {
    const { rows } = await parts.store.read(question, { at: "first-primary" });
    parts.alive.heed(bind.actor, rows[0] ?? [], Date.parse(bind.now));
  }
  const args = typedArguments(plan.fn, shape, bind.values);
  const value = await plan.fn.scalar(args, parts.kernel, bind.actor);
  return { rows: [JSON.stringify(value ?? null)], scalar: true };
}
