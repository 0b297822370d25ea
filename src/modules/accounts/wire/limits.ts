import { type Change, minus, plus, type Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { lt, oneOf } from "../../../kernel/predicate.ts";
import { digest } from "../encoding.ts";
import { counterName, isOwnMachine, type Limit, secondsLeft, windowOf } from "../limit.ts";
import { limits } from "../tables.ts";
import type { Asker, Setup } from "./setup.ts";

export type Counted = [limit: Limit, subject: string];

/**
 * Counts one more of each, before the work, and refuses what goes over; known and unknown subjects
 * count alike. Answers with the step that gives the counts back.
 */
export async function raise(
  { kernel }: Setup,
  { actor }: Asker,
  ...wanted: Counted[]
): Promise<Step> {
  const now = kernel.clock.now();
  // On one's own machine everybody has one address; production never sees it.
  const counted = wanted.filter(([limit]) => !(limit.perAddress && isOwnMachine(actor.address)));
  const rows = await Promise.all(
    counted.map(async ([limit, subject]) => ({
      key: await digest(counterName(limit, subject, now)),
      n: 1,
      expires_at: iso(windowOf(limit, now).end),
    })),
  );
  const change: Change = [
    { insert: limits, rows, conflict: { on: ["key"], set: { n: plus(1) } } },
    { delete: limits, where: lt("expires_at", iso(now)) },
  ];
  const [after = []] = rows.length === 0 ? [] : await kernel.commit(change, actor);
  const counts = new Map(after.map((row) => [row.key, Number(row.n)]));
  counted.forEach(([limit], i) => {
    if ((counts.get(rows[i]?.key) ?? 0) > limit.quota) throw over(limit, now);
  });
  return {
    update: limits,
    set: { n: minus(1) },
    where: oneOf(
      "key",
      rows.map((row) => row.key),
    ),
  };
}

function over(limit: Limit, now: number): Refusal {
  const { name: policy, quota, window_s } = limit;
  return new Refusal(limit.code, { policy, quota, window_s, seconds: secondsLeft(limit, now) });
}
