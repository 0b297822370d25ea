// The budgets of DESIGN.md, and the counts of every case: what `--check` holds a run to.
import { type Case, type Counts, counted_among } from "./cases/case.ts";
import type { Budget, CaseResult, Results } from "./results.ts";
import { confidence } from "./statistics.ts";

/** Of what the bare Worker does, by the kind of a case. */
export const ratios: Partial<Record<Case["kind"], number>> = { read: 0.85, write: 0.8 };
/** A row, its key and its change; each further index that it stands in is one more. */
const written_per_row = 3;
const start_up_ms = 30;
const check_us = 100;

const names: Record<keyof Counts, string> = {
  trips: "D1 round trips",
  statements: "statements",
  rowsRead: "rows read",
  rowsWritten: "rows written",
};

/** All of them, in the order of the tables; those that a run did not look at are left out. */
export function budgetsOf(results: Omit<Results, "budgets">, cases: Case[]): Budget[] {
  const { checks, start_up, growth, restaurants } = results;
  const found = results.cases.flatMap((result) => {
    const of = cases.find(({ name }) => name === result.name);
    return of ? [...countBudgets(of, result, restaurants), ...ratioBudgets(result)] : [];
  });
  const grown = growth.flatMap(({ restaurants, cases: found }) =>
    found.flatMap((result) => {
      const of = cases.find(({ name }) => name === result.name);
      return of ? rowBudgets(of, result, ` among ${restaurants} restaurants`) : [];
    }),
  );
  return [
    ...found,
    ...grown,
    atMost("token check, warm: µs", Math.round(checks.warm_us * 10) / 10, check_us),
    exactly("token checks: D1 round trips", checks.trips, 0),
    atMost("start-up: active ms", Math.round(start_up.active_ms * 10) / 10, start_up_ms),
  ];
}

function countBudgets(of: Case, result: CaseResult, restaurants: number): Budget[] {
  const { counts, mostRowsRead, medianRowsRead } = result;
  const all = Object.entries(of.expects) as [keyof Counts, number][]; // its keys
  // Among others, a count or a page far down reads other rows.
  const expected = all.filter(([key]) => key !== "rowsRead" || restaurants === counted_among);
  const exact = expected.map(([key, wanted]) =>
    exactly(`${of.title}: ${names[key]}`, counts[key], wanted),
  );
  exact.push(...rowBudgets(of, { mostRowsRead, medianRowsRead }));
  if (of.writes) {
    const { rows, indexes, beside } = of.writes;
    const each = (counts.rowsWritten - beside) / rows - indexes;
    const what = `${of.title}: rows written per row, but for ${indexes} further indexes`;
    exact.push(atMost(what, Math.round(each * 100) / 100, written_per_row));
  }
  return exact;
}

type RowsRead = Pick<CaseResult, "mostRowsRead" | "medianRowsRead">;

/** What may not grow with the tables. */
function rowBudgets(of: Case, { mostRowsRead, medianRowsRead }: RowsRead, where = ""): Budget[] {
  const budgets: Budget[] = [];
  if (of.mostRowsRead !== undefined) {
    budgets.push(
      atMost(`${of.title}: rows read by the dearest${where}`, mostRowsRead, of.mostRowsRead),
    );
  }
  if (of.medianRowsRead !== undefined) {
    const what = `${of.title}: median of rows read${where}`;
    budgets.push(atMost(what, medianRowsRead, of.medianRowsRead));
  }
  return budgets;
}

/** The median decides; where it might as well lie on the other side of the budget, that is said. */
function ratioBudgets({ title, kind, measured }: CaseResult): Budget[] {
  const ratio = measured?.ratios.limit?.cpu;
  const least = ratios[kind];
  if (!ratio || least === undefined) return [];
  const figure = ratio.median.toFixed(2);
  const [low, high] = confidence(ratio.each);
  const budget: Budget = {
    what: `${title}: throughput against the limit`,
    figure,
    limit: `at least ${least}`,
    held: Number(figure) >= least,
  };
  if (low < least && high > least) {
    const between = `between ${low.toFixed(2)} and ${high.toFixed(2)}`;
    budget.doubt = `it lies ${between} after ${ratio.each.length} turns`;
  }
  return [budget];
}

function atMost(what: string, figure: number, limit: number): Budget {
  return { what, figure: String(figure), limit: `at most ${limit}`, held: figure <= limit };
}

function exactly(what: string, figure: number, limit: number): Budget {
  return { what, figure: String(figure), limit: `exactly ${limit}`, held: figure === limit };
}
