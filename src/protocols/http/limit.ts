// The first shield: requests per network address, counted by the platform, per location and
// roughly. Exact limits stand where what they protect is.
import type { Context, MiddlewareHandler } from "hono";
import { Refusal } from "../../kernel/errors.ts";
import type { Wire } from "../../kernel/module.ts";
import { addressOf } from "./authenticate.ts";
import { log } from "./log.ts";
import { unavailable } from "./problem.ts";

/** As the binding RL_EDGE is configured in wrangler.toml; it does not tell. */
export const edgeLimit = { policy: "edge", quota: 1_000, window_s: 10 };

/** Production never sees these: Cloudflare writes the header, and nobody reaches it from here. */
const OWN_MACHINE = /^(?:local|127\.[\d.]+|0:0:0:0::\/64)$/;

/** Refuses with 429 beyond the limit. While the limiter fails, only reads pass. */
export function limited(limiter: RateLimit): MiddlewareHandler<Wire> {
  return async (c, next) => {
    const address = addressOf(c.req.raw);
    if (!OWN_MACHINE.test(address) && !(await allowed(limiter, address, c))) {
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
