// The first shield: requests per network address, counted by the platform, per location and
// roughly. Exact limits stand where what they protect is.
import type { Context, MiddlewareHandler } from "hono";
import { OWN_MACHINE } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Wire } from "../../kernel/module.ts";
import { log } from "./log.ts";
import { callerNetwork } from "./network.ts";
import { unavailable } from "./problem.ts";

/** As the binding RL_EDGE is configured in wrangler.toml; it does not tell. */
export const edgeLimit = { policy: "edge", quota: 1_000, window_s: 10 };

/**
 * Sets `c.var.address`, and refuses with 429 beyond its limit. While the limiter fails, only reads
 * pass.
 */
export function limited(limiter: RateLimit): MiddlewareHandler<Wire> {
  return async (c, next) => {
    const address = callerNetwork(c.req.raw);
    c.set("address", address);
    if (address !== OWN_MACHINE && !(await allowed(limiter, address, c))) {
      throw new Refusal("rate_limited", { ...edgeLimit, seconds: edgeLimit.window_s });
    }
    await next();
  };
}

async function allowed(limiter: RateLimit, address: string, c: Context<Wire>): Promise<boolean> {
  try {
    return (await limiter.limit({ key: address })).success;
  } catch (error) {
    if (c.req.method !== "GET" && c.req.method !== "HEAD") throw unavailable(error);
    log("the rate limiter failed", c, error);
    return true;
  }
}
