// Results as a terminal shows them.
import type { Figures } from "../measure.ts";
import type { Budget, CaseResult, Results } from "../results.ts";
import type { Middle } from "../statistics.ts";
import { nameOf, serversIn } from "./names.ts";

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
  if (cell === undefined || Number.isNaN(cell)) return "—";
  if (typeof cell === "string") return cell;
  const whole = cell >= 100 || Number.isInteger(cell);
  return whole ? grouped(Math.round(cell)) : cell.toPrecision(3);
}

/** 12,345 */
export const grouped = (whole: number) => whole.toLocaleString("en");

const percent = (share: number | undefined) =>
  share === undefined ? undefined : `${Math.round(100 * share)} %`;

const between = (ratio: Middle | undefined) =>
  ratio && `${Math.round(100 * ratio.low)}–${Math.round(100 * ratio.high)} %`;

export function resultTables(results: Results): string {
  const { machine, restaurants } = results;
  const [before, after] = machine.load;
  const parts = [
    `${machine.cpus} × ${machine.model}, load ${before} before and ${after} after; ` +
      `${grouped(restaurants)} restaurants, 16 connections${peersOf(results)}`,
    costs(results.cases),
    ...timed(results.cases),
    ...growth(results),
    others(results),
  ];
  return parts.join("\n\n");
}

/** Of which version the others are. */
export const peersOf = ({ peers }: Results) => peers.map((peer) => `; ${peer}`).join("");

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
  const found = cases.flatMap((of) => (of.measured ? [{ ...of, ...of.measured }] : []));
  const servers = serversIn(found);
  const others = servers.filter((name) => name !== "vertebra");
  const ratios = table(
    [
      "Vertebra's throughput against",
      ...others.flatMap((name) => [nameOf(name), "half of turns", "(clock)"]),
    ],
    found.map(({ title, ratios }) => [
      title,
      ...others.flatMap((name) => {
        const { cpu, clock } = ratios[name] ?? {};
        return [percent(cpu?.median), between(cpu), percent(clock?.median)];
      }),
    ]),
  );
  const figures = servers.map((name) => {
    const asked = name === "vertebra" ? ["trips", "rows read", "written"] : [];
    const head = [nameOf(name), "per second", "p50 ms", "p99 ms", "CPU ms", "bytes", ...asked];
    const rows = found.filter((one) => one.figures[name]);
    return table(
      head,
      rows.map(({ title, figures, counts }) =>
        [title, ...figuresOf(figures[name])].concat(
          asked.length > 0 ? [counts.trips, counts.rowsRead, counts.rowsWritten] : [],
        ),
      ),
    );
  });
  return found.length === 0 ? [] : [ratios, ...figures];
}

function figuresOf(figures: Figures | undefined): Cell[] {
  const { per_second, p50_ms, p99_ms, cpu_ms, bytes } = figures ?? {};
  return [per_second, p50_ms, p99_ms, cpu_ms, bytes && Math.round(bytes)];
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
  const heads = (what: string) => sizes.map(({ restaurants }) => `${what} ${grouped(restaurants)}`);
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
  const rows = sorted.map(({ what, figure, limit, held, doubt }) => [
    what,
    figure,
    limit,
    `${held ? "held" : "MISSED"}${doubt ? "?" : ""}`,
  ]);
  return `\n${table(["budget", "figure", "limit", ""], rows)}\n`;
}
