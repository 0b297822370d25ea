// Inserts, updates and deletes: one write, or several, in one batch.
import { type Answer, answerOf } from "./answer.ts";
import type { Touch } from "./change.ts";
import { commit, type Execution, type Parts } from "./commit.ts";
import { Refusal } from "./errors.ts";
import type { WriteShape } from "./intent.ts";
import { touchedByInsert } from "./plan/change.ts";
import { danglingReason, danglingStatement } from "./plan/dangling.ts";
import type { Prepared } from "./plan/prepare.ts";
import type { Bind } from "./plan/sql.ts";
import { nextList } from "./plan/write.ts";
import { refusalOf } from "./sqlite-errors.ts";
import type { Declared } from "./table.ts";

/** Commits all writes or none, in one round trip; the answer of each. */
export async function commitWrites(
  parts: Parts,
  writes: Prepared[],
  bind: Bind,
  execution: Execution,
  dryRun = false,
): Promise<Answer[]> {
  const stored = execution.idempotency !== undefined || dryRun;
  const each = writes.map(({ statements }, i) =>
    stored && i > 0 ? [nextList(), ...statements] : statements,
  );
  const touches = writes.flatMap(({ shape, plan }) => touchedBy(shape, plan.table));
  const written = await commit(parts, each.flat(), bind, execution, { dryRun, touches }).catch(
    (error: unknown) => explained(parts, writes, error),
  );
  await written.told;
  let end = 0;
  return writes.map(({ shape, values, plan }, i) => {
    end += each[i]?.length ?? 0;
    const { at, order } = plan.answer ?? { at: plan.statements.length, order: [] };
    const rows = written.rows[end - plan.statements.length + at];
    return answerOf(shape, values, written, rows, order, i);
  });
}

function touchedBy(shape: WriteShape, { table }: Declared): Touch[] {
  if (shape.verb !== "insert") return [{ table, verb: shape.verb }];
  return touchedByInsert(table, shape.conflict !== undefined);
}

/** Throws what was refused; of one write, with the foreign key that it broke. */
async function explained(parts: Parts, writes: Prepared[], error: unknown): Promise<never> {
  const [write] = writes;
  const broken = refusalOf(error, parts.schema.tables)?.code === "23503";
  if (!broken || !write || writes.length > 1) throw error;
  const question = danglingStatement(write);
  const read = question && (await parts.store.read([question], { at: "first-primary" }));
  const reason = read && danglingReason(write, read.rows[0]?.[0] ?? {});
  const gone = write.shape.verb === "delete" ? "What is to be deleted is pointed at." : undefined;
  throw new Refusal("23503", { reason: reason ?? gone });
}
