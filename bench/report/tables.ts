// Results as a terminal shows them.
import type { Figures } from "../measure.ts";
import type { Budget, CaseResult, Results } from "../results.ts";

type Cell = string | number | undefined;

/** Columns side by side: the first to the left, figures to the right. */
export function table(head: string[], rows: Cell[][]): string {
  const cells = [head, ...rows.map((row) => row.map(text))];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const lines = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))),
  );
  const [first = [], ...others] = lines.map((row) => row.join("  "));
  return [first, "─".repeat(String(first).length), ...others].join("\n");
}

/** Three digits say enough. */
function text(cell: Cell): string {
  if (cell === undefined || Number.isNaN(cell)) return "–";
  if (typeof cell === "string") return cell;
  return cell >= 100 || Number.isInteger(cell) ? String(Math.round(cell)) : cell.toPrecision(3);
}

const percent = (share: number | undefined) =>
  share === undefined ? undefined : `${Math.round(100 * share)} %`;

export function resultTables(results: Results): string {
  const { machine, restaurants } = results;
  const [before, after] = machine.load;
  const parts = [
    `${machine.cpus} × ${machine.model}, load ${before} before and ${after} after; ` +
      `${restaurants} restaurants, 16 connections`,
    costs(results.cases),
    ...timed(results.cases),
    ...growth(results),
    others(results),
  ];
  return parts.join("\n\n");
}

function costs(cases: CaseResult[]): string {
  const rows = cases.map(({ title, counts, mostRowsRead }) => [
    title,
    counts.trips,
    counts.statements,
    counts.rowsRead,
    mostRowsRead,
    counts.rowsWritten,
  ]);
  const head = [
    "what a request asks of D1",
    "trips",
    "statements",
    "rows read",
    "at most",
    "written",
  ];
  return table(head, rows);
}

function timed(cases: CaseResult[]): string[] {
  const found = cases.flatMap(({ title, measured }) => (measured ? [{ title, ...measured }] : []));
  if (found.length === 0) return [];
  const ratios = found.map(({ title, ratios, figures }) => [
    title,
    percent(ratios.limit?.cpu),
    percent(ratios.limit?.rate),
    percent(ratios["by-hand"]?.cpu),
    percent(ratios["by-hand"]?.rate),
    percent(figures.vertebra?.noise),
  ]);
  const of = (figures: Figures | undefined): Cell[] => [
    figures?.per_second,
    figures?.p50_ms,
    figures?.p99_ms,
    figures?.cpu_ms,
    figures?.bytes,
  ];
  const servers = [...new Set(found.flatMap(({ figures }) => Object.keys(figures)))];
  const figures = servers.map((name) => {
    const rows = found.filter((one) => one.figures[name]);
    const head = [name, "per second", "p50 ms", "p99 ms", "CPU ms", "bytes"];
    return table(
      head,
      rows.map((one) => [one.title, ...of(one.figures[name])]),
    );
  });
  const head = ["Vertebra's throughput against", "limit", "(clock)", "by hand", "(clock)", "noise"];
  return [table(head, ratios), ...figures];
}

function growth({ growth, cases, restaurants }: Results): string[] {
  if (growth.length === 0) return [];
  const base = {
    restaurants,
    cases: cases.map(({ name, mostRowsRead, measured }) => ({
      name,
      mostRowsRead,
      per_second: measured?.figures.vertebra?.per_second,
    })),
  };
  const sizes = [...growth, base].sort((a, b) => a.restaurants - b.restaurants);
  const names = growth[0]?.cases.map(({ name }) => name) ?? [];
  const rows = names.map((name) => {
    const found = sizes.map(({ cases }) => cases.find((one) => one.name === name));
    return [
      cases.find((one) => one.name === name)?.title,
      ...found.map((one) => one?.mostRowsRead),
      ...found.map((one) => one?.per_second),
    ];
  });
  const heads = (what: string) => sizes.map(({ restaurants }) => `${what} ${restaurants}`);
  return [table(["among so many restaurants", ...heads("rows"), ...heads("per s")], rows)];
}

const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const kb = (bytes: number) => `${(bytes / 1e3).toFixed(0)} kB`;

function others({ checks, start_up, bundle, installed }: Results): string {
  const sizes = Object.entries(bundle.sizes).map(([from, bytes]) => [`  ${from}`, kb(bytes)]);
  const runTime = Object.entries(installed.run_time).map(([name, bytes]) => [
    `  ${name}`,
    mb(bytes),
  ]);
  return table(
    ["and", ""],
    [
      ["token check, warm", `${checks.warm_us.toFixed(1)} µs`],
      ["token check, cold", `${checks.cold_us.toFixed(1)} µs`],
      ["start-up of the Worker, active", `${start_up.active_ms.toFixed(1)} ms`],
      ...(start_up.npm_start_ms
        ? [["npm start on a fresh clone", `${(start_up.npm_start_ms / 1000).toFixed(1)} s`]]
        : []),
      ["bundle, unminified", kb(bundle.bytes)],
      ["bundle, gzipped", kb(bundle.gzip_bytes)],
      ...sizes,
      [`installed: ${installed.packages} packages`, mb(installed.bytes)],
      ...runTime,
    ],
  );
}

/** Those that were missed stand last. */
export function budgetTable(budgets: Budget[]): string {
  const sorted = budgets.toSorted((a, b) => Number(b.held) - Number(a.held));
  const rows = sorted.map(({ what, figure, limit, held }) => [
    what,
    figure,
    limit,
    held ? "held" : "MISSED",
  ]);
  return `\n${table(["budget", "figure", "limit", ""], rows)}\n`;
}
