// The first shield: requests per network address, counted by the platform, per location and
// roughly. Exact limits stand where what they protect is.
import { Refusal } from "../../kernel/errors.ts";
import { log } from "./log.ts";
import { unavailable } from "./problem.ts";

/** As the binding RL_EDGE is configured in wrangler.toml; it does not tell. */
export const edgeLimit = { policy: "edge", quota: 1_000, window_s: 10 };

/** Refuses with 429 beyond the network's limit. While the limiter fails, only reads pass. */
export async function admit(
  request: Request,
  limiter: RateLimit,
  address: string,
  requestId: string | undefined,
): Promise<void> {
  try {
    if ((await limiter.limit({ key: address })).success) return;
  } catch (error) {
    if (request.method !== "GET" && request.method !== "HEAD") throw unavailable(error);
    return log("the rate limiter failed", request, requestId, error);
  }
  throw new Refusal("rate_limited", { ...edgeLimit, seconds: edgeLimit.window_s });
}
