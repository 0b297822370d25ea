// The door of the real Worker. Rows of SECURITY.md §2 stand in the names of the tests.
import { env, exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";

const origin = "https://api.example.com";
const call = (path: string, init?: RequestInit) => exports.default.fetch(`${origin}${path}`, init);
const limitBytes = 2 * 1024 * 1024;

const paths = [
  "/health",
  "/errors",
  "/errors/42501",
  "/nope",
  "/rest/v1/restaurants?limit=1",
  "/rest/v1/nope",
  "/auth/v1/health",
  "/auth/v1/settings",
  "/auth/v1/user",
  "/auth/v1/.well-known/jwks.json",
];

describe.each(paths)("GET %s", (path) => {
  test("R-H1 says exactly what the body is", async () => {
    const answer = await call(path);
    const body = await answer.text();
    expect(answer.headers.get("content-type")).toMatch(
      /^application\/(problem\+)?json; charset=utf-8$/,
    );
    expect(() => JSON.parse(body)).not.toThrow();
  });

  test("R-H2, R-H4 carries the security headers, and its request's id", async () => {
    const { headers } = await call(path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(headers.get("x-powered-by")).toBe(null);
  });

  test("R-H6 says how long it may be kept", async () => {
    const { headers, status } = await call(path);
    expect(headers.get("cache-control")).not.toBe(null);
    if (status >= 400) expect(headers.get("cache-control")).toBe("no-store");
  });

  test("R-H14 is readable from every origin, without credentials", async () => {
    const { headers } = await call(path, { headers: { origin: "https://app.example" } });
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-allow-credentials")).toBe(null);
    expect(headers.get("access-control-expose-headers")).toBe(
      "Content-Range,Location,Link,ETag,X-Supabase-Api-Version,x-d1-bookmark,Idempotent-Replayed," +
        "Server-Timing,Retry-After,RateLimit,RateLimit-Policy",
    );
  });

  test("HEAD answers as GET does, without a body", async () => {
    const [get, head] = [await call(path), await call(path, { method: "HEAD" })];
    await get.body?.cancel();
    expect(head.status).toBe(get.status);
    expect(await head.text()).toBe("");
  });
});

test("/health says that the database answered", async () => {
  const answer = await call("/health");
  expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }]);
});

test("R-H14 a preflight is answered for any path, and repeats what was asked", async () => {
  const headers = {
    origin: "https://app.example",
    "access-control-request-method": "PATCH",
    "access-control-request-headers": "apikey, x-client-info, prefer",
  };
  const answer = await call("/rest/v1/menu_items", { method: "OPTIONS", headers });
  expect(answer.status).toBe(204);
  expect(answer.headers.get("allow")).toBeNull();
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect(answer.headers.get("access-control-allow-methods")).toContain("PATCH");
  expect(answer.headers.get("access-control-allow-headers")).toBe("apikey,x-client-info,prefer");
  expect(answer.headers.get("access-control-max-age")).toBe("7200");
  expect(answer.headers.get("vary")).toContain("Access-Control-Request-Headers");
});

describe("R-H7 methods that a path does not have", () => {
  test.each(["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE"])(
    "%s /health is 405",
    async (method) => {
      const answer = await call("/health", { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("OPTIONS, GET, HEAD");
      expect(await answer.json()).toMatchObject({ code: "method_not_allowed", status: 405 });
    },
  );

  test("on /rest and /auth too", async () => {
    for (const path of ["/rest/v1/restaurants", "/rest/v1/rpc/cuisines", "/auth/v1/settings"]) {
      const answer = await call(path, { method: "PROPFIND" });
      await answer.body?.cancel();
      expect([path, answer.status]).toEqual([path, 405]);
      expect(answer.headers.get("allow")).toContain("GET");
    }
  });
});

describe("R-H8 bodies beyond the limit", () => {
  const large = "x".repeat(limitBytes + 1);
  const streamed = () =>
    new ReadableStream({
      start(controller) {
        const chunk = new TextEncoder().encode("x".repeat(65_536));
        for (let sent = 0; sent <= limitBytes; sent += chunk.length) controller.enqueue(chunk);
        controller.close();
      },
    });
  const rows = () => env.DB.prepare("select count(*) as n from _tx").first<number>("n");

  test.each(["/rest/v1/menu_items", "/auth/v1/signup"])(
    "%s: 413, and nothing done",
    async (path) => {
      const before = await rows();
      for (const body of [large, streamed()]) {
        const headers = { "content-type": "application/json" };
        const answer = await call(path, { method: "POST", headers, body });
        expect(answer.status).toBe(413);
        expect(await answer.text()).toContain(String(limitBytes));
      }
      expect(await rows()).toBe(before);
    },
  );
});

describe("R-H12 asking changes nothing", () => {
  async function everything(): Promise<string> {
    const tables = await env.DB.prepare(
      // A search index holds words and no rows; its own tables are among these.
      `select name from sqlite_master where type='table' and name not like '\\_cf%' escape '\\'
        and sql not like 'create virtual%'`,
    ).all<{ name: string }>();
    const all = tables.results.map(({ name }) => env.DB.prepare(`select * from "${name}"`));
    return JSON.stringify((await env.DB.batch(all)).map((r) => r.results));
  }

  test.each(["GET", "HEAD", "OPTIONS"])("%s", async (method) => {
    const before = await everything();
    for (const path of paths) await (await call(path, { method })).body?.cancel();
    expect(await everything()).toBe(before);
  });
});

describe("R-H16 headers that anybody can forge have no effect", () => {
  test("a request's id is ours", async () => {
    const { headers } = await call("/health", { headers: { "x-request-id": "forged" } });
    expect(headers.get("x-request-id")).not.toBe("forged");
  });

  test("a method is the request's, a path is the URL's, an actor is the token's", async () => {
    const plain = await (await call("/rest/v1/restaurants?limit=1")).text();
    const headers = {
      "x-http-method-override": "DELETE",
      "x-original-url": "/auth/v1/admin/users",
      "x-user-id": "01890a5d-ac96-774b-bcce-b302099a8057",
      "x-forwarded-host": "evil.example",
      forwarded: "for=127.0.0.1;host=evil.example",
    };
    const answer = await call("/rest/v1/restaurants?limit=1", { headers });
    expect([answer.status, await answer.text()]).toEqual([200, plain]);
  });
});

test("R-H17 what is not served is 404", async () => {
  const names = [".git/config", ".env", ".dev.vars", "wrangler.toml", "package.json", "swagger"];
  for (const path of [...names, "src/index.ts", "index.js.map", "errors/nope", "rest", "%00", ""]) {
    const answer = await call(`/${path}`);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(await answer.json()).toMatchObject({ code: "not_found", message: expect.any(String) });
  }
});

describe("errors", () => {
  test("R-E1 are problems whose status is the answer's", async () => {
    for (const path of ["/nope", "/rest/v1/nope", "/rest/v1/restaurants?nope=eq.1"]) {
      const answer = await call(path);
      const problem = await answer.json<Record<string, unknown>>();
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
      expect(problem).toMatchObject({
        type: `/errors/${problem.code}`,
        title: expect.any(String),
        status: answer.status,
        detail: problem.message,
        instance: `urn:uuid:${answer.headers.get("x-request-id")}`,
      });
      expect(Object.keys(problem)).toEqual(expect.arrayContaining(["code", "details", "hint"]));
    }
  });

  test("R-E2 have a type that leads to what it means", async () => {
    const { type, code } = await (await call("/nope")).json<{ type: string; code: string }>();
    const meaning = await call(type);
    expect([meaning.status, await meaning.json()]).toMatchObject([200, { code, status: 404 }]);
    // A code that a protocol's contract has for several: each of them is told apart by its type.
    const body = { method: "POST", body: "a", headers: { "content-type": "a/b" } };
    const sent = await (await call("/rest/v1/menu_items", body)).json<Record<string, string>>();
    expect(sent.code).toBe("PGRST107");
    expect(await (await call(sent.type ?? "")).json()).toMatchObject({ status: 415 });
    expect(await (await call("/errors/PGRST107")).json()).toMatchObject({ status: 406 });
    const all = await (await call("/errors")).json<{ code: string }[]>();
    expect(all.map((e) => e.code)).toEqual(expect.arrayContaining(["42501", "23505", "internal"]));
  });
});

describe("credentials", () => {
  const rest = "/rest/v1/restaurants";
  const challenge = async (path: string, init?: RequestInit) => {
    const answer = await call(path, init);
    await answer.body?.cancel();
    return [answer.status, answer.headers.get("www-authenticate")];
  };
  const invalid = [401, 'Bearer error="invalid_token"'];

  test("R-T7 in the URL are refused, though they be good", async () => {
    const good = String(env.VTB_SECRET_KEY);
    expect(await challenge(`${rest}?access_token=${good}`)).toEqual(invalid);
    expect(await challenge(`${rest}?limit=1&apikey=${good}`)).toEqual(invalid);
    for (const name of ["%61pikey", "ApiKey", "access%5Ftoken", "%41ccess_token"])
      expect(await challenge(`${rest}?${name}=${good}`), name).toEqual(invalid);
  });

  test("R-T8 of another scheme get a bare challenge", async () => {
    for (const authorization of ["Basic eDp5", "Digest x", "Token x", "x"]) {
      expect(await challenge(rest, { headers: { authorization } })).toEqual([401, "Bearer"]);
    }
  });

  test("R-T1 that are nonsense are an invalid token", async () => {
    for (const token of ["", "x", "a.b.c", "a b", "vtb_secret_wrong"]) {
      const headers = { authorization: `Bearer ${token}` };
      expect([token, ...(await challenge(rest, { headers }))]).toEqual([token, ...invalid]);
    }
    expect(await challenge(rest, { headers: { apikey: "x" } })).toEqual(invalid);
  });

  test("that are missing get a bare challenge where a guest may not", async () => {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: '{"name":"x"}' };
    expect(await challenge(rest, init)).toEqual([401, "Bearer"]);
  });

  test("in any case of the scheme are taken", async () => {
    for (const scheme of ["bearer", "BEARER", "Bearer"]) {
      const headers = { authorization: `${scheme} ${env.VTB_PUBLISHABLE_KEY}` };
      expect(await challenge(`${rest}?limit=1`, { headers })).toEqual([200, null]);
    }
  });
});
