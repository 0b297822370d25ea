import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { call, newEmail, newPerson, password, tab } from "./app.ts";

test("signing up opens a session at once, when addresses need no confirmation", async () => {
  const email = newEmail();
  const { data, error } = await tab().auth.signUp({
    email: `  ${email.toUpperCase()} `,
    password,
    options: { data: { name: "Ada" } },
  });
  expect(error).toBeNull();
  expect(data.session).toMatchObject({ token_type: "bearer", expires_in: 900 });
  expect(data.session?.expires_at).toBeGreaterThan(Date.now() / 1000 + 800);
  expect(data.user).toMatchObject({
    email,
    aud: "authenticated",
    role: "authenticated",
    phone: "",
    is_anonymous: false,
    app_metadata: { provider: "email", providers: ["email"] },
    user_metadata: { name: "Ada" },
  });
  expect(data.user?.email_confirmed_at).toBe(data.user?.confirmed_at);
  expect(data.user?.identities?.[0]).toMatchObject({ provider: "email", user_id: data.user?.id });
  expect(JSON.stringify(data)).not.toContain("scrypt");
});

test("a person signs in by any spelling of address and password", async () => {
  const { email, user } = await newPerson();
  const { data, error } = await tab().auth.signInWithPassword({
    email: email.toUpperCase(),
    password,
  });
  expect(error).toBeNull();
  expect(data.user?.id).toBe(user.id);
  const other = newEmail();
  await tab().auth.signUp({ email: other, password: "ﬁne and long caﬁ" });
  const spelled = await tab().auth.signInWithPassword({
    email: other,
    password: "fine and long cafi",
  });
  expect(spelled.error).toBeNull();
});

test("a wrong password and an unknown address are told the same", async () => {
  const { email } = await newPerson();
  const [wrong, unknown] = await Promise.all(
    [email, newEmail()].map((who) =>
      call("POST", "/token?grant_type=password", {
        body: { email: who, password: "not it at all" },
      }),
    ),
  );
  expect(wrong?.status).toBe(400);
  expect(unknown?.status).toBe(400);
  expect(await wrong?.text()).toBe(await unknown?.text());
  expect(wrong?.headers.get("x-supabase-api-version")).toBe("2024-01-01");
  const { error } = await tab().auth.signInWithPassword({ email, password: "not it at all" });
  expect(error).toMatchObject({ code: "invalid_credentials", status: 400 });
});

test("an address has one account", async () => {
  const { email } = await newPerson();
  const { error } = await tab().auth.signUp({ email: email.toUpperCase(), password });
  expect(error).toMatchObject({ code: "user_already_exists", status: 422 });
  const racing = newEmail();
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => tab().auth.signUp({ email: racing, password })),
  );
  expect(answers.filter(({ data }) => data.session)).toHaveLength(1);
});

test("a password is judged by length, by lists and by the address; never cut", async () => {
  const email = "giovanna.lombardi@example.com";
  const refused = { short: ["length"], Password123: ["pwned"], Lombardi2024: ["pwned"] };
  for (const [word, reasons] of Object.entries(refused)) {
    const { error } = await tab().auth.signUp({ email, password: word });
    expect(error, word).toMatchObject({ code: "weak_password", status: 422, reasons });
  }
  const tooLong = await tab().auth.signUp({ email, password: "a b".repeat(400) });
  expect(tooLong.error).toMatchObject({ code: "weak_password", reasons: ["length"] });
  const long = "pâté 🥐 ".repeat(120).slice(0, 900);
  expect((await tab().auth.signUp({ email, password: long })).error).toBeNull();
  const cut = await tab().auth.signInWithPassword({ email, password: `${long.slice(0, 899)}!` });
  expect(cut.error?.code).toBe("invalid_credentials");
  expect((await tab().auth.signInWithPassword({ email, password: long })).error).toBeNull();
});

test("what a client should not send is refused with a word for it", async () => {
  const cases: [string, string, unknown, number, string][] = [
    ["POST", "/signup", {}, 422, "anonymous_provider_disabled"],
    ["POST", "/signup", { phone: "+39", password }, 400, "phone_provider_disabled"],
    ["POST", "/signup", { email: "no address", password }, 400, "email_address_invalid"],
    ["POST", "/signup", { email: 7, password }, 400, "validation_failed"],
    ["POST", "/signup", { email: newEmail(), password: 12345678 }, 400, "validation_failed"],
    ["POST", "/signup", { email: newEmail(), password, data: [] }, 400, "validation_failed"],
    [
      "POST",
      "/signup",
      { email: newEmail(), password, data: { a: "x".repeat(17_000) } },
      400,
      "validation_failed",
    ],
    ["POST", "/signup", '{"email":"a@b.cd","email":"c@d.ef"}', 400, "bad_json"],
    ["POST", "/signup", "[]", 400, "validation_failed"],
    ["POST", "/token", {}, 400, "unsupported_grant_type"],
    ["POST", "/token?grant_type=constructor", {}, 400, "unsupported_grant_type"],
    ["POST", "/token?grant_type=password", { email: "a@b.cd" }, 400, "validation_failed"],
    [
      "POST",
      "/token?grant_type=refresh_token",
      { refresh_token: "x" },
      400,
      "refresh_token_not_found",
    ],
    ["POST", "/logout?scope=all", {}, 400, "validation_failed"],
    ["POST", "/resend", { type: "recovery", email: "a@b.cd" }, 400, "validation_failed"],
    ["GET", "/user", undefined, 401, "no_authorization"],
    ["GET", "/admin/users", undefined, 401, "no_authorization"],
  ];
  for (const [method, path, body, status, code] of cases) {
    const answer = await call(method, path, { body });
    expect([path, answer.status, await answer.json()]).toMatchObject([
      path,
      status,
      { code, error_code: code },
    ]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  }
});

test("what is offered is said, and private keys are not", async () => {
  const settings = await (await call("GET", "/settings")).json();
  expect(settings).toMatchObject({ external: { email: true }, mailer_autoconfirm: true });
  expect((await call("GET", "/health")).status).toBe(200);
  const jwks = await call("GET", "/.well-known/jwks.json");
  expect(jwks.headers.get("cache-control")).toContain("max-age");
  const { keys } = await jwks.json<{ keys: object[] }>();
  expect(Object.keys(keys[0] ?? {}).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  const { tab: at } = await newPerson();
  const claims = await at.auth.getClaims();
  expect(claims.data?.header).toMatchObject({ alg: "ES256", typ: "at+jwt" });
  expect(claims.data?.claims).toMatchObject({
    aud: "authenticated",
    aal: "aal1",
    role: "authenticated",
  });
  expect(env.AUTH_SIGNING_KEY).toContain('"d"');
});
