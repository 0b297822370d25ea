// Results as a page for a browser: one file, with nothing to load.
import type { CaseResult, Results } from "../results.ts";
import { type Bar, bars, escaped, lines } from "./svg.ts";
import { resultTables } from "./tables.ts";

const style = `
:root { color-scheme: light dark; --ink: #1c2330; --dim: #6b7485; --paper: #fbfbf9; --line: #d9dce3;
  --limit: #b9bfca; --hand: #e0a458; --vertebra: #3a6ea5; --held: #2e7d4f; --missed: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --dim: #98a1b3; --paper: #14171d;
  --line: #323844; --limit: #5b6372; --hand: #d29a4f; --vertebra: #6ea3d8; --held: #63b98a;
  --missed: #e57368; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 960px; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0 } h2 { margin-top: 2.5rem } p, .tick { color: var(--dim) }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: var(--ink) }
.limit { fill: var(--limit) } .by-hand { fill: var(--hand) } .vertebra { fill: var(--vertebra) }
.pocketbase { fill: #8a6fb0 } .value, .tick { fill: var(--dim) }
.mark { stroke: var(--missed); stroke-dasharray: 3 3 } .grid { stroke: var(--line) }
.line { fill: none; stroke-width: 2 }
${["#3a6ea5", "#e0a458", "#2e7d4f", "#c0392b", "#8a6fb0", "#5b8c8c", "#b5651d", "#777"]
  .map((colour, i) => `.line.c${i} { stroke: ${colour} } text.c${i} { fill: ${colour} }`)
  .join("\n")}
table { border-collapse: collapse; width: 100% }
td { text-align: left; padding: .15rem .5rem; border-bottom: 1px solid var(--line) }
.held { color: var(--held) } .missed { color: var(--missed) }
pre { overflow-x: auto; font-size: 12px }`;

const least: Partial<Record<CaseResult["kind"], number>> = { read: 0.85, write: 0.8 };

export function pageOf(results: Results): string {
  const { machine, made_at, commit, restaurants, repetitions, slice_ms } = results;
  const [before, after] = machine.load;
  const said = [
    `${made_at.slice(0, 16).replace("T", " ")} UTC, commit ${commit}, ${restaurants} restaurants.`,
    `${machine.cpus} × ${machine.model}, load ${before} before and ${after} after; workerd`,
    `${machine.workerd}. Medians of ${repetitions} turns of ${slice_ms} ms, 16 connections.`,
  ];
  const sections = [
    throughput(results),
    latency(results),
    growth(results),
    bundle(results),
    budgets(results),
  ];
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Vertebra, measured</title><style>${style}</style>
<h1>Vertebra, measured</h1>
<p>${escaped(said.join(" "))}</p>
${sections.join("\n")}
<h2>All figures</h2>
<pre>${escaped(resultTables(results))}</pre>
</html>
`;
}

function section(title: string, text: string, content: string): string {
  return `<h2>${escaped(title)}</h2><p>${escaped(text)}</p>${content}`;
}

function timed(results: Results) {
  return results.cases.flatMap((of) => (of.measured ? [{ ...of, ...of.measured }] : []));
}

function throughput(results: Results): string {
  const groups = timed(results).flatMap(({ title, kind, figures }) => {
    const limit = figures.limit?.cpu_ms;
    if (limit === undefined) return [];
    const drawn = Object.entries(figures).map(([name, { cpu_ms }]): Bar => {
      const value = limit / cpu_ms;
      return { label: name, value, text: `${name} ${Math.round(100 * value)} %`, kind: name };
    });
    const mark = least[kind];
    return [{ title, bars: drawn, ...(mark !== undefined && { mark }) }];
  });
  if (groups.length === 0) return "";
  const text =
    "Requests per second of processor time, against a bare Worker that sends the same " +
    "statements. The dashed line is the budget.";
  return section("Throughput against the limit", text, bars(groups));
}

function latency(results: Results): string {
  const groups = timed(results).map(({ title, figures }) => ({
    title,
    bars: Object.entries(figures).map(([name, { p50_ms, p99_ms, per_second }]): Bar => {
      const text = `${p50_ms.toFixed(1)} ms, p99 ${p99_ms.toFixed(1)}, ${Math.round(per_second)}/s`;
      return { label: name, value: Math.log10(1 + p50_ms), text, kind: name };
    }),
  }));
  if (groups.length === 0) return "";
  const text = "Half of the requests are answered sooner; lengths are logarithmic.";
  return section("Time to the answer, with 16 at once", text, bars(groups));
}

function growth({ growth, cases, restaurants }: Results): string {
  if (growth.length === 0) return "";
  const sizes = [...growth, { restaurants, cases }].sort((a, b) => a.restaurants - b.restaurants);
  const names = growth[0]?.cases.map(({ name }) => name) ?? [];
  const drawn = names.map((name) => ({
    label: cases.find((one) => one.name === name)?.title ?? name,
    points: sizes.map(({ restaurants, cases }): [number, number] => [
      restaurants,
      cases.find((one) => one.name === name)?.mostRowsRead ?? 0,
    ]),
  }));
  const text = "Rows that D1 reads for one request, by the number of restaurants.";
  return section("Growth", text, lines(drawn));
}

function bundle({ bundle, checks, start_up }: Results): string {
  const kb = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
  const parts = Object.entries(bundle.sizes).filter(([, bytes]) => bytes > 1000);
  const drawn = parts.map(([from, bytes]) => ({
    title: from,
    bars: [{ label: from, value: bytes, text: kb(bytes), kind: "vertebra" }],
  }));
  const text =
    `The Worker runs ${start_up.active_ms.toFixed(1)} ms before its first answer. A token that ` +
    `it knows costs ${checks.warm_us.toFixed(1)} µs, another ${checks.cold_us.toFixed(0)} µs. ` +
    `It has ${kb(bundle.bytes)} unminified, ${kb(bundle.gzip_bytes)} gzipped:`;
  return section("Start", text, bars(drawn));
}

function budgets({ budgets }: Results): string {
  const held = budgets.filter((budget) => budget.held).length;
  const rows = budgets.map(({ what, figure, limit, held }) => {
    const cells = [what, figure, limit].map((cell) => `<td>${escaped(cell)}</td>`).join("");
    const kept = held ? "held" : "missed";
    return `<tr>${cells}<td class="${kept}">${kept}</td></tr>`;
  });
  const text = `${held} of ${budgets.length} held.`;
  return section("Budgets", text, `<table>${rows.join("")}</table>`);
}
