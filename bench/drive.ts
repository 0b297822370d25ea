// The load: connections that stay open, each with one request at a time.
import type { Case } from "./cases/case.ts";
import { cpuTime } from "./cpu.ts";
import type { World } from "./data/world.ts";
import { Connection, requestOf } from "./http.ts";
import type { Served } from "./serve.ts";

export const connections = 16;

/** One server under one case: its requests, and what it was seen to do. */
export interface Lane {
  server: Served;
  /** The bytes of the nth request; `carried` is what the connection's last answer left. */
  request: (n: number, carried?: string) => Buffer;
  /** How many requests there are; where each may be made once, there is no other. */
  variants: number;
  once: boolean;
  carries?: Case["carries"];
  carried: string[];
  next: number;
  /** Stay open from turn to turn. */
  open: Connection[];
}

export interface Slice {
  requests: number;
  ms: number;
  cpu_ms: number;
  latencies: number[];
  bytes: number;
}

export function laneOf(server: Served, of: Case, world: World, ask: Case["ask"]): Lane {
  const asked = (n: number, carried?: string) =>
    requestOf(ask(n, carried === undefined ? world : { ...world, carried }), server.url.host, {
      ...credentialsOf(of, world),
      "x-case": of.name,
      "x-variant": String(n),
    });
  const made = new Map<number, Buffer>();
  return {
    server,
    request(n, carried) {
      if (carried !== undefined) return asked(n, carried);
      const known = made.get(n) ?? asked(n);
      made.set(n, known);
      return known;
    },
    variants: of.variants,
    once: of.once === true,
    carries: of.carries,
    carried: Array.from({ length: connections }, (_, i) => of.carries?.first(i, world) ?? ""),
    next: 0,
    open: [],
  };
}

export function closeLane({ open }: Lane): void {
  for (const connection of open.splice(0)) connection.close();
}

export function credentialsOf({ caller }: Case, world: World): Record<string, string> {
  const apikey = world.secrets.VTB_PUBLISHABLE_KEY ?? "";
  if (caller === "guest") return { apikey };
  return { apikey, authorization: `Bearer ${world[caller].token}` };
}

/** Requests for so long, or until there are no more; or so many. */
export async function drive(lane: Lane, until: { ms: number; requests?: number }): Promise<Slice> {
  const usable = lane.open.filter((connection) => connection.usable);
  for (const connection of lane.open) if (!connection.usable) connection.close();
  while (usable.length < connections) usable.push(new Connection(lane.server.url));
  lane.open = usable;
  const slice: Slice = { requests: 0, ms: 0, cpu_ms: 0, latencies: [], bytes: 0 };
  const cpu = cpuTime(lane.server.pid);
  const begun = performance.now();
  const most = until.requests ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  const ask = async (connection: Connection, at: number) => {
    while (performance.now() - begun < until.ms && sent < most) {
      if (lane.once && lane.next >= lane.variants) return;
      sent++;
      const n = lane.once ? lane.next++ : lane.next++ % lane.variants;
      const request = lane.request(n, lane.carries && lane.carried[at]);
      const asked = performance.now();
      const answer = await connection.send(request);
      slice.latencies.push(performance.now() - asked);
      slice.bytes += answer.body.length;
      slice.requests++;
      if (answer.status >= 300) throw refused(lane, answer.status, answer.text());
      if (lane.carries) lane.carried[at] = lane.carries.next(answer.text());
    }
  };
  await Promise.all(lane.open.map(ask));
  slice.ms = performance.now() - begun;
  slice.cpu_ms = cpuTime(lane.server.pid) - cpu;
  return slice;
}

function refused({ server }: Lane, status: number, body: string): Error {
  return new Error(`${server.name} answered ${status}: ${body.slice(0, 300)}`);
}
