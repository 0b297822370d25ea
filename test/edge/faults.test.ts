// Faults injected at the door's own seams: what goes wrong behind it must not show in front of it.
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import { guest } from "../../src/kernel/actor.ts";
import { kernelCatalogue, Refusal } from "../../src/kernel/errors.ts";
import type { Wire } from "../../src/kernel/module.ts";
import { type EdgeKernel, edge } from "../../src/protocols/http/edge.ts";
import type { Mount } from "../../src/protocols/http/problem.ts";

const secret = "vtb_secret_0123456789abcdef0123456789abcdef";
const token = "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl";
const busy = new Error("D1_ERROR: database is locked: SQLITE_BUSY");

const kernel: EdgeKernel = {
  catalogue: kernelCatalogue,
  modules: { id: () => "01890a5d-ac96-774b-bcce-b302099a8057" },
  authenticate: async ({ address }) => guest(address),
  ping: async () => {},
};

function wire(throwing: () => unknown): Hono<Wire> {
  const app = new Hono<Wire>();
  app.all("/x", async (c) => {
    await c.req.text();
    throw throwing();
  });
  return app;
}

type Parts = Parameters<typeof edge>[0];

/** Asked by path. */
function asked(parts: Parts) {
  const { fetch } = edge(parts);
  const request = async (path: string, init?: RequestInit) =>
    fetch(new Request(`http://localhost${path}`, init));
  return { request };
}

function door(throwing: () => unknown, parts: Partial<EdgeKernel> = {}, more: Partial<Mount> = {}) {
  return asked({
    kernel: { ...kernel, ...parts },
    limiter: env.RL_EDGE,
    mounts: [{ path: "/w", app: wire(throwing), ...more }],
  });
}

const logged = vi.spyOn(console, "error").mockImplementation(() => {});
afterEach(() => logged.mockClear());

describe("an unexpected error", () => {
  const nasty = () => {
    const text = `select hidden from t where key='${secret}'\r\n{"level":"info"} ${token}`;
    return Object.assign(new TypeError(text), { sql: "select hidden" });
  };

  test("is 500 with its request's id, and nothing of its text", async () => {
    const answer = await door(nasty).request("/w/x?email=a@b.c");
    const body = await answer.text();
    expect(answer.status).toBe(500);
    expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
    expect(answer.headers.get("x-request-id")).toBe(kernel.modules.id());
    expect(JSON.parse(body)).toMatchObject({
      type: "/errors/internal",
      status: 500,
      code: "internal",
      instance: `urn:uuid:${kernel.modules.id()}`,
    });
    expect(body).not.toMatch(/select|hidden|TypeError|\.ts|vtb_|a@b\.c/);
  });

  test("is one line of the log, without key, token or query", async () => {
    await door(nasty).request("/w/x?email=a@b.c");
    expect(logged).toHaveBeenCalledTimes(1);
    const line = String(logged.mock.calls[0]?.[0]);
    expect(line).not.toMatch(/[\r\n]|vtb_secret_0|eyJ|a@b\.c/);
    expect(JSON.parse(line)).toMatchObject({
      request_id: kernel.modules.id(),
      path: "/w/x",
      error: "TypeError",
    });
  });

  test("that claims a code nobody declared is unexpected too", async () => {
    const answer = await door(() => new Refusal("constructor")).request("/w/x");
    expect(await answer.json()).toMatchObject({ status: 500, code: "internal" });
  });
});

describe("a database that is down", () => {
  test("is 503 with Retry-After on every wire", async () => {
    const answer = await door(() => busy).request("/w/x");
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await answer.text()).not.toMatch(/SQLITE|D1_ERROR/);
    expect(logged).toHaveBeenCalledTimes(1);
  });

  test("is 503 at /health", async () => {
    const answer = await door(() => busy, { ping: () => Promise.reject(busy) }).request("/health");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "unavailable" });
    expect(String(logged.mock.calls[0]?.[0])).toContain("SQLITE_BUSY");
  });
});

describe("a wire with an error form of its own", () => {
  const own = () => {
    const app = wire(() => new Refusal("PGRST116", { count: 2 }));
    return app.onError((error, c) => {
      if (error instanceof Refusal) return c.json({ own: error.code }, 418);
      throw error;
    });
  };

  test("answers its refusals itself", async () => {
    const answer = await door(() => busy, {}, { app: own() }).request("/w/x");
    expect([answer.status, await answer.json()]).toEqual([418, { own: "PGRST116" }]);
  });

  test("lets what it does not know fall to the edge", async () => {
    const app = wire(() => new RangeError("inner")).onError((error) => {
      throw error;
    });
    const answer = await door(() => busy, {}, { app }).request("/w/x");
    expect(await answer.json()).toMatchObject({ status: 500, code: "internal" });
  });

  test("says in that form, too, that something went wrong, and not what", async () => {
    const refuse: Mount["refuse"] = (refusal, c) => c.json({ own: refusal.code }, 500);
    const app = wire(() => new RangeError("inner"));
    const answer = await door(() => busy, {}, { app, refuse }).request("/w/x");
    expect([answer.status, await answer.json()]).toEqual([500, { own: "internal" }]);
    expect(logged).toHaveBeenCalledTimes(1);
  });

  test("may speak for the edge's refusals on its paths, and only there", async () => {
    const refuse: Mount["refuse"] = (refusal, c) => c.json({ own: refusal.code }, 401);
    const app = door(() => busy, {}, { refuse });
    const there = await app.request("/w/x", { headers: { authorization: "Basic eDp5" } });
    expect([there.status, await there.json()]).toEqual([401, { own: "unsupported_scheme" }]);
    expect(there.headers.get("www-authenticate")).toBe("Bearer");
    expect(await (await app.request("/wx")).json()).toMatchObject({ code: "not_found" });
  });
});

describe("a limiter that fails", () => {
  const failing: RateLimit = { limit: () => Promise.reject(new Error("limiter: gone")) };
  const app = asked({ kernel, limiter: failing, mounts: [] });
  const from = { headers: { "cf-connecting-ip": "203.0.113.9" } };

  test("lets reads pass, and is logged", async () => {
    expect((await app.request("/health", from)).status).toBe(200);
    expect(String(logged.mock.calls[0]?.[0])).toContain("limiter: gone");
  });

  test("stops writes", async () => {
    const answer = await app.request("/health", { ...from, method: "POST" });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).not.toBe(null);
  });
});

test("an answer whose headers are fixed leaves with the door's all the same", async () => {
  const serve = () => Response.redirect("https://elsewhere.example/");
  const parts = { kernel, limiter: env.RL_EDGE };
  const answer = await asked({ ...parts, mounts: [{ path: "/w", serve }] }).request("/w/x");
  expect([answer.status, answer.headers.get("location")]).toEqual([
    302,
    "https://elsewhere.example/",
  ]);
  expect(answer.headers.get("x-request-id")).toBe(kernel.modules.id());
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(logged).not.toHaveBeenCalled();
});

test("a guest who may not is asked to sign in; a person is told no", async () => {
  const denied = () => new Refusal("42501", { table: "t" });
  const asGuest = await door(denied).request("/w/x");
  expect(asGuest.status).toBe(401);
  expect(asGuest.headers.get("www-authenticate")).toBe("Bearer");
  expect(await asGuest.json()).toMatchObject({ status: 401, code: "42501" });
  const person = { role: "authenticated", id: "u", session: null, address: "local" } as const;
  const asPerson = await door(denied, { authenticate: async () => person }).request("/w/x");
  expect(asPerson.status).toBe(403);
  expect(asPerson.headers.get("www-authenticate")).toBe(null);
});
