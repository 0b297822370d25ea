// One case on every server, turn by turn, so that what else the machine does meets all of them.
import { closeLane, drive, type Lane, type Slice } from "./drive.ts";
import { median, quantile, spread } from "./statistics.ts";

export interface Effort {
  repetitions: number;
  slice_ms: number;
  warm_up_ms: number;
}

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

export interface Measured {
  figures: Record<string, Figures>;
  /** Of Vertebra's rate to the server's, and of CPU per request the other way round. */
  ratios: Record<string, { rate: number; cpu: number; each: number[] }>;
}

/** Drives every lane once per repetition, in an order that moves on each time. */
export async function measure(lanes: Lane[], effort: Effort): Promise<Measured> {
  const slices = new Map<Lane, Slice[]>(lanes.map((lane) => [lane, []]));
  try {
    for (const lane of lanes) await drive(lane, shareOf(lane, effort, effort.warm_up_ms));
    for (let n = 0; n < effort.repetitions; n++) {
      const turn = lanes.map((_, i) => lanes[(i + n) % lanes.length] as Lane);
      for (const lane of turn) {
        slices.get(lane)?.push(await drive(lane, shareOf(lane, effort, effort.slice_ms)));
      }
    }
  } finally {
    for (const lane of lanes) closeLane(lane);
  }
  const of = (lane: Lane) => (slices.get(lane) ?? []).filter(({ requests }) => requests > 0);
  const figures = Object.fromEntries(lanes.map((lane) => [lane.server.name, figuresOf(of(lane))]));
  return { figures, ratios: ratiosOf(lanes, of) };
}

/** Requests that can be made once are dealt out evenly. */
function shareOf({ once, variants }: Lane, effort: Effort, ms: number) {
  if (!once) return { ms };
  return { ms, requests: Math.floor(variants / (effort.repetitions + 1)) };
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
  const pairs = lanes.filter((lane) => lane !== subject);
  return Object.fromEntries(
    pairs.map((lane) => {
      const other = of(lane);
      const count = Math.min(own.length, other.length);
      const each = Array.from(
        { length: count },
        (_, i) => rate(own[i] as Slice) / rate(other[i] as Slice),
      );
      const spent = Array.from(
        { length: count },
        (_, i) => cpu(other[i] as Slice) / cpu(own[i] as Slice),
      );
      return [lane.server.name, { rate: median(each), cpu: median(spent), each }];
    }),
  );
}
