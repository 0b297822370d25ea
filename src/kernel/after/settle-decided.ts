// What an operation decided, where the world outside must act: pending first, then settled.
import { type Answer, answerOf } from "../answer.ts";
import { type Committed, commit } from "../commit.ts";
import type { Settlement } from "../module.ts";
import type { Operating } from "../operate.ts";
import {
  aboutDecided,
  type Decision,
  insertedRows,
  keepAnswer,
  keepInFlight,
  touchedBy,
} from "../plan/decide.ts";
import type { BoundStatement } from "../plan/sql.ts";
import { refusalOf } from "../sqlite-errors.ts";
import { settleKeys, settleNow } from "./settle.ts";

/**
 * Pending rows are committed and then settled, each by itself; the last one's batch answers. What
 * cannot be settled now is answered as it stands.
 */
export async function settleDecided(
  operating: Operating,
  settlement: Settlement,
  decisions: Decision[],
  statements: BoundStatement[],
): Promise<Answer> {
  const { parts, plan, shape, bind, execution } = operating;
  const { idempotency } = execution;
  // Without its guard on size: what was done outside must be settled whatever the answer says.
  const answer = aboutDecided(operating, plan.answer.slice(0, 1), decisions);
  // Asked before the world acts: what cannot be answered is refused while nothing has happened.
  const all = [...statements, ...answer, ...(idempotency ? [keepInFlight()] : [])];
  const pending = await commit(parts, all, bind, execution, { touches: touchedBy(decisions) });
  // Of an earlier request; a lost answer of this request's own only means that it committed.
  if (pending.stored !== undefined && !pending.fresh) return answerOf(shape, bind.values, pending);
  const tail = idempotency ? [...answer, keepAnswer(idempotency, bind)] : answer;
  const rows = insertedRows(decisions, pending.rows);
  if (rows.length === 0) {
    const keys = decisions.map(({ key }) => key);
    await settleKeys(parts, settlement, keys);
  }
  let written: Committed | undefined;
  for (const [i, row] of rows.entries()) {
    written = await settleNow(parts, settlement, row, i === rows.length - 1 ? tail : []);
  }
  const settled = written?.told;
  if (!written?.rows[0]) {
    written = await commit(parts, tail, bind, {}, { asModule: true }).catch((error) => {
      // What it became cannot be said as was asked: it is answered as it was begun.
      if (!refusalOf(error, parts.schema.tables)) throw error;
      return { ...pending, rows: pending.rows.slice(statements.length) };
    });
  }
  await Promise.all([pending.told, settled, written.told]);
  return answerOf(shape, bind.values, written, written.rows[0]);
}
