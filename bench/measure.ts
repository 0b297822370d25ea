// One case on every server, turn by turn, so that what else the machine does meets all of them.
import { closeLane, drive, type Lane, type Slice } from "./drive.ts";
import { confidence, type Middle, median, middle, quantile, spread } from "./statistics.ts";

export interface Effort {
  repetitions: number;
  /** So many at most, while they do not yet say on which side of a budget the ratio lies. */
  most?: number;
  slice_ms: number;
  warm_up_ms: number;
  /** Of each turn, before it counts: who has slept begins slowly. */
  run_in_ms: number;
}

/** Of what can be asked once: the warm-up is so many turns, and of each turn so much runs in. */
const warm_up_shares = 8;
const run_in_share = 0.25;

/** Medians of the repetitions; latencies are of all requests. */
export interface Figures {
  per_second: number;
  /** Interquartile range of the repetitions' rates, as a part of their median. */
  noise: number;
  p50_ms: number;
  p99_ms: number;
  /** Of workerd, per request. */
  cpu_ms: number;
  bytes: number;
  requests: number;
}

/** Turn by turn, what Vertebra does for what the other does. */
export interface Ratio extends Middle {
  each: number[];
}

export interface Measured {
  figures: Record<string, Figures>;
  /** Of requests per second of the clock, and per second of the process's CPU time. */
  ratios: Record<string, { clock: Ratio; cpu: Ratio }>;
}

/**
 * Drives every lane once per repetition, in an order that moves on each time; and goes on while the
 * ratio to the limit may lie on either side of `budget`.
 */
export async function measure(lanes: Lane[], effort: Effort, budget?: number): Promise<Measured> {
  const slices = new Map<Lane, Slice[]>(lanes.map((lane) => [lane, []]));
  // What ran out of requests in one lane has no pair in another.
  const all = [...slices.values()];
  const whole = (_: Slice, turn: number) => all.every((one) => (one[turn]?.requests ?? 0) > 0);
  const of = (lane: Lane) => (slices.get(lane) ?? []).filter(whole);
  try {
    for (const lane of lanes) {
      const requests = warm_up_shares * shareOf(lane, effort);
      await drive(lane, { ms: effort.warm_up_ms, requests });
    }
    for (let n = 0; n < most(effort); n++) {
      if (n >= effort.repetitions && isSure(ratiosOf(lanes, of), budget)) break;
      const turn = lanes.map((_, i) => lanes[(i + n) % lanes.length] as Lane);
      for (const lane of turn) {
        const share = shareOf(lane, effort);
        const first = Math.ceil(share * run_in_share);
        await drive(lane, { ms: effort.run_in_ms, requests: first });
        const slice = await drive(lane, { ms: effort.slice_ms, requests: share - first });
        slices.get(lane)?.push(slice);
      }
    }
  } finally {
    for (const lane of lanes) closeLane(lane);
  }
  const figures = Object.fromEntries(lanes.map((lane) => [lane.server.name, figuresOf(of(lane))]));
  return { figures, ratios: ratiosOf(lanes, of) };
}

/** How many a turn may make: requests that can be made once are dealt out evenly. */
function shareOf({ once, variants }: Lane, effort: Effort): number {
  if (!once) return Number.MAX_SAFE_INTEGER;
  return Math.floor(variants / (most(effort) + warm_up_shares));
}

const most = ({ repetitions, most = repetitions }: Effort) => Math.max(repetitions, most);

/** Is the budget outside of where the ratio lies? */
function isSure({ limit }: Measured["ratios"], budget: number | undefined): boolean {
  if (!limit || budget === undefined) return true;
  const [low, high] = confidence(limit.cpu.each);
  return budget < low || budget > high;
}

const rate = ({ requests, ms }: Slice) => (1000 * requests) / ms;
const cpu = ({ requests, cpu_ms }: Slice) => cpu_ms / requests;

function figuresOf(slices: Slice[]): Figures {
  const latencies = slices.flatMap((slice) => slice.latencies);
  const requests = slices.reduce((sum, slice) => sum + slice.requests, 0);
  return {
    per_second: median(slices.map(rate)),
    noise: spread(slices.map(rate)),
    p50_ms: quantile(latencies, 0.5),
    p99_ms: quantile(latencies, 0.99),
    cpu_ms: median(slices.map(cpu)),
    bytes: slices.reduce((sum, slice) => sum + slice.bytes, 0) / requests,
    requests,
  };
}

function ratiosOf(lanes: Lane[], of: (lane: Lane) => Slice[]): Measured["ratios"] {
  const subject = lanes.find(({ server }) => server.name === "vertebra");
  if (!subject) return {};
  const own = of(subject);
  const others = lanes.filter((lane) => lane !== subject);
  return Object.fromEntries(
    others.map((lane) => {
      const turns = of(lane).flatMap((other, i) => (own[i] ? [[own[i], other] as const] : []));
      const clock = ratioOf(turns.map(([one, other]) => rate(one) / rate(other)));
      const spent = ratioOf(turns.map(([one, other]) => cpu(other) / cpu(one)));
      return [lane.server.name, { clock, cpu: spent }];
    }),
  );
}

function ratioOf(each: number[]): Ratio {
  return { ...middle(each), each: each.map((one) => Number(one.toFixed(3))) };
}
