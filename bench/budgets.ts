// The budgets of DESIGN.md, and the counts of every case: what `--check` holds a run to.
import type { Case, Counts } from "./cases/case.ts";
import type { Budget, CaseResult, Results } from "./results.ts";

const ratios = { read: 0.85, write: 0.8 };
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
  const found = results.cases.flatMap((result) => {
    const of = cases.find(({ name }) => name === result.name);
    return of ? [...countBudgets(of, result), ...ratioBudgets(result)] : [];
  });
  const { checks, start_up, growth } = results;
  const largest = growth.toSorted((a, b) => b.restaurants - a.restaurants)[0];
  const grown = cases.flatMap(({ name, title, mostRowsRead }) => {
    const rows = largest?.cases.find((one) => one.name === name)?.mostRowsRead;
    if (mostRowsRead === undefined || rows === undefined) return [];
    const what = `${title}: rows read among ${largest?.restaurants} restaurants`;
    return [atMost(what, rows, mostRowsRead)];
  });
  return [
    ...found,
    ...grown,
    atMost("token check, warm: µs", Math.round(checks.warm_us * 10) / 10, check_us),
    exactly("token checks: D1 round trips", checks.trips, 0),
    atMost("start-up: active ms", Math.round(start_up.active_ms * 10) / 10, start_up_ms),
  ];
}

function countBudgets(of: Case, { counts, mostRowsRead }: CaseResult): Budget[] {
  const expected = Object.entries(of.expects) as [keyof Counts, number][]; // its keys
  const exact = expected.map(([key, wanted]) =>
    exactly(`${of.title}: ${names[key]}`, counts[key], wanted),
  );
  if (of.mostRowsRead !== undefined) {
    exact.push(atMost(`${of.title}: rows read`, mostRowsRead, of.mostRowsRead));
  }
  if (of.writes) {
    const { rows, indexes, beside } = of.writes;
    const each = (counts.rowsWritten - beside) / rows - indexes;
    const what = `${of.title}: rows written per row, but for ${indexes} further indexes`;
    exact.push(atMost(what, Math.round(each * 100) / 100, written_per_row));
  }
  return exact;
}

function ratioBudgets({ title, kind, measured }: CaseResult): Budget[] {
  const ratio = measured?.ratios.limit;
  if (!ratio || (kind !== "read" && kind !== "write")) return [];
  const figure = ratio.cpu.toFixed(2);
  const least = ratios[kind];
  return [
    {
      what: `${title}: throughput against the limit`,
      figure,
      limit: `at least ${least}`,
      held: Number(figure) >= least,
    },
  ];
}

function atMost(what: string, figure: number, limit: number): Budget {
  return { what, figure: String(figure), limit: `at most ${limit}`, held: figure <= limit };
}

function exactly(what: string, figure: number, limit: number): Budget {
  return { what, figure: String(figure), limit: `exactly ${limit}`, held: figure === limit };
}
