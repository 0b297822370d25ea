// npm run bench: what each request costs, against the least it could cost and against others.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { budgetsOf } from "../bench/budgets.ts";
import { counted_among } from "../bench/cases/case.ts";
import { cases } from "../bench/cases/index.ts";
import { pocketbase_package, pocketbaseBinary } from "../bench/peers/pocketbase.ts";
import { profileCase } from "../bench/profile.ts";
import { pageOf } from "../bench/report/page.ts";
import { budgetTable, resultTables } from "../bench/report/tables.ts";
import type { Results } from "../bench/results.ts";
import { type Plan, run } from "../bench/run.ts";
import { fail, optionsOf, root, say } from "./local.ts";

/** The package's latest is not PocketBase's. */
const install = `npm install --no-save ${pocketbase_package}@0.40.4`;
const help = `npm run bench [-- options]    measures Vertebra against a bare Worker and one by hand

--check            holds the run to the budgets; ends with "budgets held: N of M"
--quick            six cases (the token check is one), in under three minutes, without the
                   app by hand; counts of all
--large            a million restaurants as well
--peers            PocketBase as well: ${install}
--cases A,B        these cases alone: ${cases.map(({ name }) => name).join(", ")}
--profile CASE     where its time goes, by file and function; and results.cpuprofile for a browser
--restaurants N    how many are loaded (default ${counted_among})
--repetitions N    how often each server has its turn
--slice MS         how long each turn is
--output DIR       where results.json is written, and results.html for a browser, in place of those
                   of an earlier run (default bench)
--help             this page`;

const { values } = optionsOf(help, {
  options: {
    check: { type: "boolean" },
    quick: { type: "boolean" },
    large: { type: "boolean" },
    peers: { type: "boolean" },
    cases: { type: "string" },
    profile: { type: "string" },
    restaurants: { type: "string" },
    repetitions: { type: "string" },
    slice: { type: "string" },
    output: { type: "string", default: path.join(root, "bench") },
    help: { type: "boolean", short: "h" },
  },
});

const sizes = [1_000, 100_000];
const large = 1_000_000;
const warm_up_ms = 500;
const run_in_ms = 40;
const most_turns = 150;

function planOf(): Plan {
  const { quick } = values;
  const named = values.cases?.split(",");
  const unknown = named?.find((name) => !cases.some((of) => of.name === name));
  if (unknown !== undefined) fail(`--cases ${unknown}: there is no such case`);
  const chosen = named ? cases.filter(({ name }) => named.includes(name)) : cases;
  const timed = quick && !named ? chosen.filter((of) => of.quick) : chosen;
  return {
    cases: chosen,
    timed: new Set(timed),
    restaurants: numberOf("restaurants", counted_among),
    growth: quick || named ? [] : [...sizes, ...(values.large ? [large] : [])],
    effort: {
      repetitions: numberOf("repetitions", quick ? 51 : 41),
      most: values.repetitions ? 0 : most_turns,
      slice_ms: numberOf("slice", quick ? 60 : 120),
      warm_up_ms,
      run_in_ms,
    },
    byHand: !quick,
    whole: !quick && !named,
    pocketbase: values.peers ? peer() : undefined,
  };
}

/** Never a dependency: who wants to compare installs it. */
function peer(): string {
  return pocketbaseBinary() ?? fail(`--peers: PocketBase is not installed. ${install}`);
}

function numberOf(name: "restaurants" | "repetitions" | "slice", otherwise: number): number {
  const text = values[name] ?? String(otherwise);
  if (!/^[1-9]\d{0,6}$/.test(text)) fail(`--${name} ${text}: a whole number from 1 on`);
  return Number(text);
}

/** One line that changes, on a terminal; a line each, elsewhere. */
function progress(text: string): void {
  const { stderr } = process;
  stderr.write(stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}

async function main(): Promise<void> {
  mkdirSync(values.output, { recursive: true });
  const folder = mkdtempSync(path.join(tmpdir(), "vertebra-bench-"));
  process.env.TMPDIR = folder; // of what else a run starts
  // However the run ends. Miniflare turns signals into exits while it runs, and only then.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      progress("ended before its end: nothing was written\n");
      process.exit(128 + constants.signals[signal]);
    });
  }
  if (values.profile) return await profileOne(values.profile, folder);
  const found = await run(planOf(), folder, progress);
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const results: Results = { ...found, budgets: budgetsOf(found, cases) };
  const file = path.join(values.output, "results.json");
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(path.join(values.output, "results.html"), pageOf(results));
  say(resultTables(results));
  if (values.check) check(results);
}

async function profileOne(name: string, folder: string): Promise<void> {
  const of = cases.find((one) => one.name === name) ?? fail(`--profile ${name}: no such case`);
  const restaurants = numberOf("restaurants", counted_among);
  const { profile, text } = await profileCase(of, restaurants, folder, progress);
  writeFileSync(path.join(values.output, "results.cpuprofile"), JSON.stringify(profile));
  say(`\n${text}`);
}

function check({ budgets }: Results): void {
  const held = budgets.filter((budget) => budget.held).length;
  say(budgetTable(budgets));
  for (const { what, figure, doubt } of budgets) {
    if (doubt) say(`too noisy to tell: ${what} ${figure}; ${doubt}`);
  }
  say(`budgets held: ${held} of ${budgets.length}`);
  if (held < budgets.length) process.exitCode = 1;
}

if (values.help) say(help);
else await main();
