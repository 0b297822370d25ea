// Several writes in one transaction: each under its own policy, all of them or none.
import type { Actor } from "./actor.ts";
import { type Answer, checkWindow } from "./answer.ts";
import { iso } from "./clock.ts";
import { commit, type Execution, type Parts } from "./commit.ts";
import { Refusal } from "./errors.ts";
import { commitWrites } from "./execute-write.ts";
import type { Intent, WriteShape } from "./intent.ts";
import { notImplemented } from "./plan/filter.ts";
import { storedColumns } from "./plan/json-sql.ts";
import { type Prepared, prepare } from "./plan/prepare.ts";
import type { Bind, Bound } from "./plan/sql.ts";
import { refusalOf } from "./sqlite-errors.ts";
import { type Row, visibleColumns } from "./table.ts";
import { fromStored } from "./values.ts";

/** A write of a batch; it may refer to the rows that the steps before it make, by their names. */
export interface BatchStep {
  name: string;
  intent: (made: ReadonlyMap<string, Row[]>) => Promise<Intent<WriteShape>>;
}

/** Commits all steps in one round trip; a refusal names the step (`params.step`) it is about. */
export async function executeBatch(
  parts: Parts,
  steps: BatchStep[],
  actor: Actor,
  execution: Execution,
  dryRun: boolean,
): Promise<Answer[]> {
  const bind: Bind = { values: [], actor, now: iso(parts.clock.now()), rows: "" };
  const stored = execution.idempotency !== undefined || dryRun;
  const made = new Map<string, Row[]>();
  const writes: Prepared[] = [];
  for (const { name, intent } of steps) {
    try {
      const write = prepareStep(parts, await intent(made), bind, stored);
      made.set(name, madeRows(write));
      writes.push(write);
    } catch (error) {
      throw error instanceof Refusal ? about(error, name) : error;
    }
  }
  try {
    return await commitWrites(parts, writes, bind, execution, dryRun);
  } catch (error) {
    const refusal = error instanceof Refusal ? undefined : refusalOf(error, parts.schema.tables);
    if (!refusal || BLAMELESS.has(refusal.code)) throw error;
    throw about(refusal, steps[await firstToFail(parts, writes, bind)]?.name);
  }
}

/** Refusals that are about the caller or the database, whatever the steps. */
const BLAMELESS = new Set(["session_not_found", "unavailable", "not_migrated"]);

function about(refusal: Refusal, step: string | undefined): Refusal {
  refusal.params.step = step;
  return refusal;
}

function prepareStep(parts: Parts, intent: Intent<WriteShape>, bind: Bind, stored: boolean) {
  const { shape, values } = intent;
  const plan = parts.planner.plan(shape, bind.actor.role, stored);
  if (plan.kind !== "write") throw new Refusal("not_in_batch", { table: shape.table });
  checkWindow(shape, values);
  // Whether there is that one row is known only when all is committed.
  if (shape.verb === "insert" && shape.single && shape.conflict?.resolution === "ignore") {
    throw notImplemented("one object of ignored duplicates within a batch");
  }
  return prepare(plan, intent, { ...bind, id: parts.id });
}

/** The database does not say which statement it refused: steps are tried again, and undone. */
async function firstToFail(parts: Parts, writes: Prepared[], bind: Bind): Promise<number> {
  const undo = { sql: "insert into _guard(code) values('rollback:')", params: [] };
  let [first, last] = [0, writes.length - 1];
  while (first < last) {
    const middle = Math.floor((first + last) / 2);
    const some = writes.slice(0, middle + 1).flatMap(({ statements }) => statements);
    const error: unknown = await commit(parts, [...some, undo], bind, {}).catch((e) => e);
    if (refusalOf(error, parts.schema.tables)?.code === "rollback") first = middle + 1;
    else last = middle;
  }
  return first;
}

/** The rows that a plain insert makes, as protocols know them; an upsert's may be others. */
function madeRows({ plan: { table }, shape, rows }: Prepared): Row[] {
  if (shape.verb !== "insert" || shape.conflict) return [];
  const stored = storedColumns(table.columns.values());
  const made = JSON.parse(rows) as Bound[][]; // as prepare() wrote them
  return made.map((row) => {
    const values = visibleColumns(table).map(({ name, kind }) => {
      return [name, fromStored(kind, row[stored.indexOf(name)] ?? null)];
    });
    return Object.fromEntries(values);
  });
}
