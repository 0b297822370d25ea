// Results as a page for a browser: one file, with nothing to load.
import type { Budget, CaseResult, Results } from "../results.ts";
import { type Bar, bars } from "./bars.ts";
import { nameOf } from "./names.ts";
import { style } from "./style.ts";
import { escaped, lines } from "./svg.ts";
import { grouped, peersOf, resultTables } from "./tables.ts";

const least: Partial<Record<CaseResult["kind"], number>> = { read: 0.85, write: 0.8 };

export function pageOf(results: Results): string {
  const { machine, made_at, commit, restaurants, repetitions, slice_ms } = results;
  const [before, after] = machine.load;
  const said = [
    `${made_at.slice(0, 16).replace("T", " ")} UTC, commit ${commit},`,
    `${grouped(restaurants)} restaurants.`,
    `${machine.cpus} × ${machine.model}, load ${before} before and ${after} after; workerd`,
    `${machine.workerd}${peersOf(results)}.`,
    `Medians of at least ${repetitions} turns of ${slice_ms} ms, 16 connections.`,
  ];
  const sections = [
    throughput(results),
    latency(results),
    growth(results),
    bundle(results),
    budgets(results),
  ];
  return `<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
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
  const groups = timed(results).flatMap(({ title, kind, figures, ratios }) => {
    const own = ratios.limit?.cpu.median;
    if (own === undefined) return [];
    // What the tables say: others are compared with Vertebra, turn by turn.
    const drawn = Object.keys(figures).map((name): Bar => {
      const value = own / (ratios[name]?.cpu.median ?? 1);
      return { value, text: `${nameOf(name)} ${Math.round(100 * value)} %`, kind: name };
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
      const rate = `${grouped(Math.round(per_second))} per s`;
      const text = `${nameOf(name)} ${p50_ms.toFixed(1)} ms, p99 ${p99_ms.toFixed(1)} ms, ${rate}`;
      return { value: Math.log10(1 + p50_ms), text, kind: name };
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

function bundle({ bundle, checks, start_up, installed }: Results): string {
  const kb = (bytes: number) => `${grouped(Math.round(bytes / 1000))} kB`;
  const mb = (bytes: number) => `${grouped(Math.round(bytes / 1e6))} MB`;
  const parts = Object.entries(bundle.sizes).filter(([, bytes]) => bytes > 1000);
  const drawn = parts.map(([from, bytes]) => ({
    title: from,
    bars: [{ value: bytes, text: kb(bytes), kind: "vertebra" }],
  }));
  const { active_ms, npm_start_ms } = start_up;
  const fresh = npm_start_ms === undefined ? [] : [`${(npm_start_ms / 1000).toFixed(1)} s`];
  const said = [
    `The Worker runs ${active_ms.toFixed(1)} ms before its first answer.`,
    ...fresh.map((time) => `On a fresh clone, npm start answers after ${time}.`),
    `A token that it knows costs ${checks.warm_us.toFixed(1)} µs,`,
    `another ${checks.cold_us.toFixed(0)} µs.`,
    `npm install brings ${installed.packages} packages, ${mb(installed.bytes)}.`,
    `The Worker has ${kb(bundle.bytes)} unminified, ${kb(bundle.gzip_bytes)} gzipped:`,
  ];
  return section("Start", said.join(" "), bars(drawn));
}

function budgets({ budgets }: Results): string {
  const held = budgets.filter((budget) => budget.held);
  const others = budgets.filter((budget) => !budget.held);
  const shown = others.length > 0 ? tableOf(others) : "";
  const text = `${held.length} of ${budgets.length} held.`;
  const rest = `<details><summary>Those that were held</summary>${tableOf(held)}</details>`;
  return section("Budgets", text, shown + rest);
}

function tableOf(budgets: Budget[]): string {
  const rows = budgets.map(({ what, figure, limit, held, doubt }) => {
    const said = doubt ? `${what}; too noisy to tell: ${doubt}` : what;
    const cells = [said, figure, limit].map((cell) => `<td>${escaped(cell)}</td>`).join("");
    const kept = held ? "held" : "missed";
    return `<tr>${cells}<td class="${kept}">${kept}</td></tr>`;
  });
  return `<div class="wide"><table>${rows.join("")}</table></div>`;
}
