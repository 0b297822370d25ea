// The real rate-limit binding, in a file of its own: it waits for a window to pass.
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { edgeLimit } from "../../src/protocols/http/limit.ts";

const from = (address: string | undefined, more: Record<string, string> = {}) =>
  exports.default.fetch("https://api.example.com/errors/internal", {
    headers: address ? { "cf-connecting-ip": address, ...more } : more,
  });

async function status(address?: string): Promise<number> {
  const answer = await from(address);
  await answer.body?.cancel();
  return answer.status;
}

/** Calls until one is refused; a burst may lie in two windows, never in three. */
async function exhaust(address: (n: number) => string): Promise<Response> {
  for (let sent = 0; sent <= 2 * edgeLimit.quota; sent += 50) {
    const forged = { "x-forwarded-for": `198.51.100.${sent % 250}`, "x-real-ip": "127.0.0.1" };
    const burst = Array.from({ length: 50 }, (_, i) => from(address(sent + i), forged));
    const answers = await Promise.all(burst);
    const refused = answers.find((answer) => answer.status === 429);
    for (const answer of answers) if (answer !== refused) await answer.body?.cancel();
    if (refused) return refused;
  }
  throw new Error("the limit was never reached");
}

test("R-RL1, R-RL2, R-RL8, R-H16: a burst is refused, for as long as is said", async () => {
  const refused = await exhaust(() => "2001:db8:1:2::1");
  expect(refused.headers.get("ratelimit")).toBe('"edge";r=0;t=10');
  expect(refused.headers.get("ratelimit-policy")).toBe('"edge";q=1000;w=10');
  expect(refused.headers.get("access-control-allow-origin")).toBe("*");
  expect(await refused.json()).toMatchObject({
    type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
    status: 429,
    code: "rate_limited",
    "violated-policies": ["edge"],
  });

  // Others are not: another network, and this machine itself.
  expect(await status("2001:db8:1:3::1")).toBe(200);
  expect(await status("203.0.113.7")).toBe(200);
  expect(await status()).toBe(200);

  const wait_s = Number(refused.headers.get("retry-after"));
  expect(wait_s).toBeGreaterThanOrEqual(10);
  await new Promise((resolve) => setTimeout(resolve, wait_s * 1000));
  expect(await status("2001:db8:1:2::1")).toBe(200);
}, 30_000);

test("R-RL8: one household has one quota, however many addresses it uses", async () => {
  const refused = await exhaust((n) => `2001:db8:5:6::${n.toString(16)}`);
  expect(refused.status).toBe(429);
}, 30_000);
