// How long it takes to find out who is asking, without the rest of a request.
import { readConfig } from "../../../src/config.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createKernel } from "../../../src/kernel/kernel.ts";
import { modules } from "../../../src/modules/index.ts";
import { takeTrips } from "./record.ts";

export interface Checks {
  /** Microseconds for a token that this isolate has seen before. */
  warm_us: number;
  /** For one that it has not: its signature is verified. */
  cold_us: number;
  /** Questions to the database. */
  trips: number;
}

/** Answers `?tokens=N` at this path: the body has a token per line, all of them valid. */
export async function timeChecks(request: Request, env: object): Promise<Checks | undefined> {
  if (new URL(request.url).pathname !== "/bench/token-checks") return undefined;
  const kernel = createKernel({ modules, ...readConfig(env), clock: systemClock });
  const [known = "", ...others] = (await request.text()).split("\n");
  const check = (bearer: string) => kernel.authenticate({ bearer, address: "127.0.0.1" });
  const timed = async (tokens: string[]) => {
    const begun = performance.now();
    for (const token of tokens) await check(token);
    return (1000 * (performance.now() - begun)) / tokens.length;
  };
  await check(known);
  takeTrips();
  const half = others.length / 2;
  await timed(others.slice(0, half)); // until the code is compiled
  const cold_us = await timed(others.slice(half));
  const warm_us = await timed(new Array(20_000).fill(known));
  return { warm_us, cold_us, trips: takeTrips().length };
}
