import { OWN_MACHINE } from "../../../kernel/actor.ts";
import { type Change, type ModuleQuery, minus, plus, type Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { eq, lt, oneOf } from "../../../kernel/predicate.ts";
import { digest } from "../encoding.ts";
import { counterName, type Limit, secondsLeft, windowOf } from "../limit.ts";
import { limits } from "../tables.ts";
import type { Asker, Setup } from "./setup.ts";

export type Counted = [limit: Limit, subject: string];

/** One more of each, in their rows; what is over is listed. */
async function count({ kernel }: Setup, { actor }: Asker, wanted: Counted[]) {
  const now = kernel.clock.now();
  const counted = wanted.filter(([l]) => !(l.perAddress && actor.address === OWN_MACHINE));
  const rows = await Promise.all(counted.map((one) => counterRow(one, now)));
  const change: Change = [
    { insert: limits, rows, conflict: { on: ["key"], set: { n: plus(1) } } },
    { delete: limits, where: lt("expires_at", iso(now)) },
  ];
  const [after = []] = rows.length === 0 ? [] : await kernel.commit(change, actor);
  const counts = new Map(after.map((row) => [row.key, Number(row.n)]));
  const over = counted.filter(([limit], i) => (counts.get(rows[i]?.key) ?? 0) > limit.quota);
  const lent = rows.filter((_, i) => !counted[i]?.[0].kept).map(({ key }) => key);
  return { over: over.map(([limit]) => limit), lent };
}

async function counterRow([limit, subject]: Counted, now: number) {
  const key = await digest(counterName(limit, subject, now));
  return { key, n: 1, expires_at: iso(windowOf(limit, now).end) };
}

/**
 * Counts one more of each, before the work, and refuses what goes over; known and unknown subjects
 * count alike. Answers with the step that gives the counts back.
 */
export async function raise(setup: Setup, asker: Asker, ...wanted: Counted[]): Promise<Step> {
  const { over, lent } = await count(setup, asker, wanted);
  const [limit] = over;
  if (limit) throw overLimit(limit, setup.kernel.clock.now());
  return { update: limits, set: { n: minus(1) }, where: oneOf("key", lent) };
}

/** Counts one more, and tells nobody but the caller whether that is too many. */
export async function isOver(setup: Setup, asker: Asker, one: Counted): Promise<boolean> {
  return (await count(setup, asker, [one])).over.length > 0;
}

/** A counter of failures, which stands still until there is one: looked at, counted, cleared. */
export async function failuresOf({ kernel }: Setup, one: Counted) {
  const row = await counterRow(one, kernel.clock.now());
  const own = eq("key", row.key);
  const query: ModuleQuery = { from: limits, where: own, limit: 1 };
  const another: Step = {
    insert: limits,
    rows: [row],
    conflict: { on: ["key"], set: { n: plus(1) } },
  };
  const cleared: Step = { delete: limits, where: own };
  return { query, another, cleared };
}

export function overLimit(limit: Limit, now: number): Refusal {
  const { policy, quota, window_s } = limit;
  return new Refusal(limit.code, { policy, quota, window_s, seconds: secondsLeft(limit, now) });
}
