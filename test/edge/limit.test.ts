// The real rate-limit binding, in a file of its own: it waits for a window to pass.
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { edgeLimit } from "../../src/protocols/http/limit.ts";
import { callerNetwork, networkOf } from "../../src/protocols/http/network.ts";

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

test.each([
  ["192.0.2.1", "192.0.2.1"],
  [" 192.0.2.1 ", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002:0:0:0:9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::", "fe80:0:0:0::/64"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:201", "192.0.2.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
])("R-RL8: %s is of the network %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test("what is no address is one network, and nobody's own machine", () => {
  for (const odd of [
    "",
    "local",
    "127.1",
    "192.0.2.256",
    "192.0.2.01",
    "1.2.3",
    "::g",
    "a]/",
    "[::1]",
  ])
    expect(networkOf(odd), odd).toBe("unknown");
});

test("only who calls a loopback host from a loopback address is on the machine itself", () => {
  const of = (host: string, address?: string) =>
    callerNetwork(
      new Request(`http://${host}/`, address ? { headers: { "cf-connecting-ip": address } } : {}),
    );
  for (const host of ["localhost:8787", "127.0.0.1", "[::1]:1"]) {
    expect([of(host), of(host, "127.0.0.1"), of(host, "::1")]).toEqual(Array(3).fill("local"));
    expect(of(host, "::ffff:127.0.0.1")).toBe("local");
    expect([of(host, "203.0.113.9"), of(host, "local")]).toEqual(["203.0.113.9", "unknown"]);
  }
  expect([of("api.example"), of("api.example", "127.0.0.1")]).toEqual(["unknown", "127.0.0.1"]);
  expect(of("localhost.example", "::1")).toBe("0:0:0:0::/64");
});

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

  // Others are not: another network, and those who name none.
  expect(await status("2001:db8:1:3::1")).toBe(200);
  expect(await status("203.0.113.7")).toBe(200);
  expect(await status()).toBe(200);

  const wait_s = Number(refused.headers.get("retry-after"));
  expect(wait_s).toBeGreaterThanOrEqual(10);
  await new Promise((resolve) => setTimeout(resolve, wait_s * 1000));
  expect(await status("2001:db8:1:2::1")).toBe(200);
});

test("R-RL8: one household has one quota, however many addresses it uses", async () => {
  const refused = await exhaust((n) => `2001:db8:5:6::${n.toString(16)}`);
  expect(refused.status).toBe(429);
});
