// The same questions among fewer and more restaurants.
import type { Case } from "./cases/case.ts";
import { observe, rowsReadBy } from "./count.ts";
import { laneOf } from "./drive.ts";
import { measure } from "./measure.ts";
import type { Growth } from "./results.ts";
import type { Plan, Progress } from "./run.ts";
import type { Stage } from "./stage.ts";

/** What each size costs: reads and single rows, for nothing else grows with the tables. */
export async function grow(stage: Stage, plan: Plan, progress: Progress): Promise<Growth[]> {
  const sizes: Growth[] = [];
  for (const restaurants of plan.growth) {
    progress(`growth: loading ${restaurants} restaurants`);
    const world = await stage.load(restaurants, { quotes: 0, sessions: 0 }, progress);
    const server = await stage.serve("counted", world);
    const timed = await stage.serve("vertebra", world);
    try {
      const cases: Growth["cases"] = [];
      for (const of of plan.cases.filter(isComparable)) {
        progress(`growth: ${of.title} among ${restaurants} restaurants`);
        const seen = await observe(server, of, world);
        const lane = laneOf(timed, of, world, of.ask);
        const { figures } = await measure([lane], { ...plan.effort, repetitions: 3 });
        const { per_second = 0, p50_ms = 0 } = figures.vertebra ?? {};
        cases.push({ name: of.name, ...rowsReadBy(seen), per_second, p50_ms });
      }
      sizes.push({ restaurants, cases });
    } finally {
      await Promise.all([server.stop(), timed.stop()]);
    }
  }
  return sizes;
}

function isComparable({ kind, once, name }: Case): boolean {
  return (kind === "read" || kind === "write") && !once && name !== "bulk";
}
