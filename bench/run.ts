// One run, from nothing to its results.
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { gzipSync } from "node:zlib";
import { root } from "../scripts/local.ts";
import { agree, compared } from "./agree.ts";
import { ratios } from "./budgets.ts";
import type { Case } from "./cases/case.ts";
import { countsOf, observe, rowsReadBy } from "./count.ts";
import { load } from "./cpu.ts";
import { quoted, tokensLike, type Wanted, type World } from "./data/world.ts";
import { connections, type Lane, laneOf } from "./drive.ts";
import { grow } from "./grow.ts";
import { Connection, requestOf } from "./http.ts";
import { installed } from "./install.ts";
import { type Effort, type Measured, measure } from "./measure.ts";
import { type Peer, servePocketbase } from "./peers/pocketbase.ts";
import { comparable, recipeOf, type Seen } from "./recipe.ts";
import type { CaseResult, Results } from "./results.ts";
import type { Served } from "./serve.ts";
import { buildWorkers, Stage, type Workers } from "./stage.ts";
import { activeStartUp, freshStart } from "./start-up.ts";
import type { Checks } from "./workers/counted/time-checks.ts";

export interface Plan {
  cases: Case[];
  /** Those that are timed. */
  timed: Set<Case>;
  restaurants: number;
  /** Further sizes. */
  growth: number[];
  effort: Effort;
  /** Also with the app that was written by hand, about which there is no budget. */
  byHand: boolean;
  /** Also what takes its time: `npm start` on a fresh clone. */
  whole: boolean;
  /** Where PocketBase's binary is, if it is to be compared with. */
  pocketbase?: string | undefined;
}

const token_checks = 1000;
const most_starts = 5;

export type Progress = (text: string) => void;

export async function run(
  plan: Plan,
  folder: string,
  progress: Progress,
): Promise<Omit<Results, "budgets">> {
  const before = load();
  progress("building the Workers");
  const workers = await buildWorkers(folder);
  const stage = new Stage(folder, workers);
  progress(`loading ${plan.restaurants} restaurants`);
  const world = await stage.load(plan.restaurants, wantedBy(plan.timed), progress);
  const { cases, checks, peers } = await compare(stage, world, plan, progress);
  const growth = await grow(stage, plan, progress);
  progress("start-up");
  const { code, sizes } = workers.vertebra;
  const starts = Math.min(plan.effort.repetitions, most_starts);
  const active_ms = await activeStartUp(code, starts, folder);
  const start_up = plan.whole
    ? { active_ms, npm_start_ms: await freshStart(folder) }
    : { active_ms };
  return {
    ...about(before),
    restaurants: plan.restaurants,
    repetitions: plan.effort.repetitions,
    slice_ms: plan.effort.slice_ms,
    cases,
    growth,
    checks,
    start_up,
    bundle: { bytes: code.length, gzip_bytes: gzipSync(code).length, sizes },
    installed: installed(),
    peers,
  };
}

/** One of each at least, for counting. */
export function wantedBy(timed: Iterable<Case>): Wanted {
  const needed = (what: Case["needs"]) => [...timed].some(({ needs }) => needs === what);
  return { quotes: needed("quotes") ? quoted : 1, sessions: needed("sessions") ? connections : 1 };
}

function about(before: number): Pick<Results, "made_at" | "commit" | "machine"> {
  const version = (name: string) =>
    execFileSync(process.execPath, ["-p", `require("${name}/package.json").version`], {
      cwd: root,
      encoding: "utf8",
    }).trim();
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], {
    cwd: root,
    encoding: "utf8",
  });
  const machine = {
    model: cpus()[0]?.model ?? "unknown",
    cpus: cpus().length,
    node: process.version,
    workerd: version("workerd"),
    load: [before, load()] satisfies [number, number],
  };
  return { made_at: new Date().toISOString(), commit: commit.trim(), machine };
}

/** Counts of every case, and times of those that the plan wants. */
async function compare(stage: Stage, world: World, plan: Plan, progress: Progress) {
  const servers: Served[] = [];
  const serve = async (worker: keyof Workers) => {
    const server = await stage.serve(worker, world);
    servers.push(server);
    return server;
  };
  try {
    const counted = await serve("counted");
    const checks = await timeTokens(counted, world);
    const seen = new Map<Case, Seen[]>();
    for (const of of plan.cases) {
      progress(`counting: ${of.title}`);
      seen.set(of, await observe(counted, of, world, plan.timed.has(of) ? of.variants : 1));
    }
    const byHand = plan.byHand ? { byHand: await serve("byHand") } : {};
    const others = { limit: await serve("limit"), ...byHand };
    const vertebra = await serve("vertebra");
    const peer = plan.pocketbase && (await peerOf(plan.pocketbase, stage.folder, world, progress));
    if (peer) servers.push(peer);
    const measured = new Map<Case, Measured>();
    for (const of of [...plan.timed].toSorted(perishableFirst)) {
      progress(`timing: ${of.title}`);
      if (of.limit) await teach(others.limit, of, seen.get(of) ?? [], world);
      const lanes = lanesOf(of, world, { vertebra, ...others });
      if (peer && of.pocketbase) lanes.push(peerLane(peer, of, of.pocketbase));
      if (compared(of)) await agree(lanes);
      measured.set(of, await measure(lanes, plan.effort, ratios[of.kind]));
    }
    const cases = [...seen].map(([of, found]) => resultOf(of, found, measured.get(of)));
    return { cases, checks, peers: peer ? [`PocketBase ${peer.version}`] : [] };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

function peerOf(binary: string, folder: string, world: World, progress: Progress): Promise<Peer> {
  progress(`loading ${world.restaurants} restaurants into PocketBase`);
  return servePocketbase(binary, folder, world);
}

/** Its sessions are their tokens, which stay good: no answer is carried to the next request. */
function peerLane(peer: Peer, of: Case, ask: NonNullable<Case["pocketbase"]>): Lane {
  const { carries, ...alone } = of;
  return laneOf(peer, alone, peer.world, (n) => ask(n, peer.world));
}

/** A quote holds for a quarter of an hour, and a run may take longer. */
function perishableFirst(a: Case, b: Case): number {
  return Number(b.needs !== undefined) - Number(a.needs !== undefined);
}

function resultOf(of: Case, seen: Seen[], measured: Measured | undefined): CaseResult {
  const counts = seen.map(({ report }) => countsOf(report));
  const [first] = counts;
  if (!first) throw new Error(`${of.name} has no variants`);
  return {
    name: of.name,
    title: of.title,
    kind: of.kind,
    counts: first,
    ...rowsReadBy(seen),
    ...(measured && { measured }),
  };
}

function lanesOf(
  of: Case,
  world: World,
  servers: { vertebra: Served; limit: Served; byHand?: Served },
) {
  const lanes = [laneOf(servers.vertebra, of, world, of.ask)];
  if (of.limit) lanes.push(laneOf(servers.limit, of, world, of.ask));
  if (of.byHand && servers.byHand) lanes.push(laneOf(servers.byHand, of, world, of.byHand));
  return lanes;
}

async function timeTokens({ url }: Served, { customer, secrets }: World): Promise<Checks> {
  const key = secrets.AUTH_SIGNING_KEY ?? "";
  const body = tokensLike(customer.token, token_checks + 1, key).join("\n");
  const answer = await fetch(new URL("/bench/token-checks", url), { method: "POST", body });
  return (await answer.json()) as Checks; // ours
}

/** Tells the bare Worker what to send, and makes sure that it answers as Vertebra did. */
async function teach(limit: Served, of: Case, seen: Seen[], world: World): Promise<void> {
  const recipe = recipeOf(seen, of.limit === "download");
  const connection = new Connection(limit.url);
  const body = { [of.name]: recipe };
  try {
    const ask = { method: "POST", path: "/recipes", body };
    await connection.send(requestOf(ask, limit.url.host, {}));
    const [first] = seen;
    if (!first || of.once || of.limit === "download") return;
    const answer = await connection.send(laneOf(limit, of, world, of.ask).request(0));
    // Its times are those of the recipe, which a long run wrote down a while ago.
    const since = { from: first.from, to: Date.now() };
    const said = comparable(answer.text(), since);
    if (said !== comparable(first.report.body, since)) {
      throw new Error(`${of.name}: the bare Worker answers ${said.slice(0, 500)}`);
    }
  } finally {
    connection.close();
  }
}
