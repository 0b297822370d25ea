// Where the server is, what it offers there, and what it reads.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import {
  call,
  follow,
  lastLetter,
  lettersTo,
  newPerson,
  password,
  type Serve,
  serve,
  served,
  tab,
} from "./app.ts";

const at = (origin: string, path: string, body?: object, to: Serve = served) =>
  to(
    new Request(`${origin}/auth/v1${path}`, {
      method: body ? "POST" : "GET",
      headers: { apikey: env.VTB_PUBLISHABLE_KEY, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );

test("a Host header names no link or token: away from loopback API_URL must be set", async () => {
  const { email, session } = await newPerson();
  const asked: [string, object][] = [
    ["/recover", { email }],
    ["/resend", { email, type: "signup" }],
    ["/signup", { email, password }],
    ["/token?grant_type=password", { email, password }],
    ["/token?grant_type=refresh_token", { refresh_token: session.refresh_token }],
    ["/verify", { email, type: "recovery", token: "000000" }],
  ];
  for (const [path, body] of asked) {
    const answer = await at("https://evil.example", path, body);
    expect([path, answer.status, await answer.json()]).toMatchObject([
      path,
      503,
      { code: "api_url_missing" },
    ]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  expect(await lettersTo(email)).toEqual([]);
  for (const path of ["/settings", "/health", "/.well-known/jwks.json"])
    expect((await at("https://evil.example", path)).status).toBe(200);
  const named = serve({ API_URL: "https://api.example" });
  await at("https://evil.example", "/recover", { email }, named);
  expect((await lastLetter(email)).link).toMatch(/^https:\/\/api\.example\/auth\/v1\/verify\?/);
  const signedIn = await at(
    "https://evil.example",
    asked[3]?.[0] ?? "",
    { email, password },
    named,
  );
  const { access_token } = await signedIn.json<{ access_token: string }>();
  expect(JSON.parse(atob(access_token.split(".")[1] ?? "")).iss).toBe(
    "https://api.example/auth/v1",
  );
});

test("on the developer's machine a link leads to any of its ports, and only there", async () => {
  const { email } = await newPerson();
  const vite = "http://localhost:5173/welcome";
  await tab().auth.resetPasswordForEmail(email, { redirectTo: vite });
  const { link } = await lastLetter(email);
  expect((await follow(link)).href).toMatch(/^http:\/\/localhost:5173\/welcome#/);
  const away = serve({ API_URL: "https://api.example" });
  await at("https://api.example", `/recover?redirect_to=${vite}`, { email }, away);
  expect((await lastLetter(email)).link).not.toContain("5173");
});

test("what GoTrue has and Vertebra has not is told in GoTrue's form", async () => {
  for (const path of ["/authorize", "/otp", "/invite", "/factors", "/nope"]) {
    const answer = await call(path === "/authorize" ? "GET" : "POST", path, {});
    expect([path, answer.status, await answer.json()]).toMatchObject([
      path,
      404,
      { error_code: "not_offered", msg: expect.stringContaining("not offered by Vertebra") },
    ]);
  }
  const { error } = await tab().auth.signInWithOtp({ email: "a@example.com" });
  expect(error).toMatchObject({ code: "not_offered", status: 404 });
  const wrong = await call("DELETE", "/settings");
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "OPTIONS, GET, HEAD"]);
  expect(await wrong.json()).toMatchObject({ error_code: "method_not_allowed" });
});

test("the admin's routes say that they need the secret key", async () => {
  const answer = await call("GET", "/admin/users");
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ msg: "This needs the secret key" });
});

test("JSON is read as JSON alone, and answered as UTF-8", async () => {
  const sent = (type: string | undefined, body?: string) =>
    served(
      new Request("http://127.0.0.1/auth/v1/recover", {
        method: "POST",
        ...(type !== undefined && { headers: { "content-type": type } }),
        ...(body && { body: new TextEncoder().encode(body) }),
      }),
    );
  const body = '{"email":"nobody@example.com"}';
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
    expect([type, (await sent(type, body)).status]).toEqual([type, 415]);
  expect((await sent(undefined, body)).status).toBe(415);
  for (const type of ["application/json;charset=UTF-8", "APPLICATION/JSON", "application/a+json"]) {
    const answer = await sent(type, body);
    expect([type, answer.status]).toEqual([type, 200]);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
  }
  // A request that says nothing needs to say no type either.
  expect(await (await sent(undefined)).json()).toMatchObject({ code: "validation_failed" });
});

test("a user agent is cut where its bytes end, and hinders nobody", async () => {
  const { email } = await newPerson();
  const answer = await call("POST", "/token?grant_type=password", {
    body: { email, password },
    headers: { "user-agent": "é".repeat(400) },
  });
  expect(answer.status).toBe(200);
  const kept = await env.DB.prepare(
    "select length(cast(user_agent as blob)) as n from auth__sessions order by n desc limit 1",
  ).first<number>("n");
  expect(kept).toBe(512);
});
