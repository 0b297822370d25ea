import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  call,
  deployed,
  follow,
  lastLetter,
  lettersTo,
  newEmail,
  newPerson,
  password,
  serve,
} from "./app.ts";

// Thirty sign-ups are thirty hashes of a tenth of a second.

const QUARTER = 15 * 60 * 1000;

// Windows are fixed: each test begins at the start of one, so that none ends under it.
beforeEach(() => {
  const hour = 4 * QUARTER;
  const start = (Math.floor(Date.now() / hour) + 2) * hour;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(start + 1000);
});

beforeEach(() => env.DB.exec("delete from auth__limits"));

afterEach(() => {
  vi.useRealTimers();
});

const signIn = (email: string, word: string, address = "203.0.113.5") =>
  call("POST", "/token?grant_type=password", {
    body: { email, password: word },
    headers: { "cf-connecting-ip": address },
  });

const statuses = async (n: number, work: (i: number) => Promise<Response>) => {
  const seen: number[] = [];
  for (let i = 0; i < n; i++) seen.push((await work(i)).status);
  return seen;
};

// Counted like any other, and too long to be hashed: that keeps this file quick.
const wrong = "x".repeat(1001);

test("ten failures per account and quarter of an hour, however spelled", async () => {
  const { email } = await newPerson();
  const spellings = [email, email.toUpperCase(), ` ${email}`];
  const spelled = (i: number) => spellings[i % 3] ?? email;
  expect(await statuses(10, (i) => signIn(spelled(i), wrong, `203.0.113.${i}`))).toEqual(
    Array(10).fill(400),
  );
  const over = await signIn(email, password, "203.0.113.99");
  expect(over.status).toBe(429);
  expect(await over.json()).toMatchObject({ code: "over_request_rate_limit" });
  expect(over.headers.get("retry-after")).toBe("899");
  expect(over.headers.get("ratelimit")).toBe('"sign-in";r=0;t=899');
  expect(over.headers.get("ratelimit-policy")).toBe('"sign-in";q=10;w=900');
  vi.setSystemTime(Date.now() + 899_000);
  expect((await signIn(email, password, "203.0.113.99")).status).toBe(200);
});

test("the budget is the same for an address nobody has", async () => {
  const email = newEmail();
  expect(await statuses(11, (i) => signIn(email, wrong, `203.0.113.${i}`))).toEqual([
    ...Array(10).fill(400),
    429,
  ]);
});

test("strangers cannot lock the owner out of where they have been before", async () => {
  const { email } = await newPerson({ address: "198.51.100.7" });
  await statuses(11, (i) => signIn(email, wrong, `203.0.113.${i}`));
  expect((await signIn(email, password, "198.51.100.7")).status).toBe(200);
  expect((await signIn(email, password, "203.0.113.200")).status).toBe(429);
  expect(await statuses(10, () => signIn(email, wrong, "198.51.100.7"))).toEqual(
    Array(10).fill(400),
  );
  // Its name is that of every other budget, or it would tell who has been here.
  const over = await signIn(email, wrong, "198.51.100.7");
  expect([over.status, over.headers.get("ratelimit-policy")]).toEqual([
    429,
    '"sign-in";q=10;w=900',
  ]);
});

test("success gives its attempt back", async () => {
  const { email } = await newPerson();
  expect(await statuses(2, () => signIn(email, password, "203.0.113.5"))).toEqual([200, 200]);
  const { results } = await env.DB.prepare("select n from auth__limits where n > 0").all();
  // What is left is the work: the sign-ins, whose hashes have a budget per address.
  expect(results).toContainEqual({ n: 2 });
  await env.DB.exec("update auth__limits set n = 300 where n = 2");
  const over = await signIn(email, password, "203.0.113.5");
  expect(over.headers.get("ratelimit-policy")).toBe('"hashing";q=300;w=900');
  expect((await signIn(email, password, "203.0.113.6")).status).toBe(200);
});

test("guesses at once are counted like guesses in turn", async () => {
  const email = newEmail();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => signIn(email, wrong, `203.0.113.${i}`)),
  );
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
});

test("spraying: a hundred attempts per address, IPv6 by its /64", async () => {
  const long = serve({ PASSWORD_MIN: "8" });
  const spray = (i: number) =>
    call("POST", "/token?grant_type=password", {
      body: { email: `nobody${i}@example.com`, password: "x".repeat(1001) },
      headers: { "cf-connecting-ip": `2001:db8:0:1::${i.toString(16)}` },
      serve: long,
    });
  const seen = await statuses(101, spray);
  expect(seen.filter((status) => status === 429)).toHaveLength(1);
  expect(seen.at(-1)).toBe(429);
});

test("thirty sign-ups per address and hour; the count outlives the isolate", async () => {
  const headers = { "cf-connecting-ip": "203.0.113.77" };
  const asked = (serve = deployed) =>
    call("POST", "/signup", { body: { email: newEmail(), password }, headers, serve });
  expect(await statuses(2, () => asked())).toEqual([200, 200]);
  // Twenty-seven hashes later, for all that the counter can tell.
  await env.DB.exec("update auth__limits set n = n + 27 where n = 2");
  expect(await statuses(1, () => asked())).toEqual([200]);
  const over = await asked(serve({ AUTOCONFIRM: "false" }));
  expect([over.status, over.headers.get("ratelimit-policy")]).toEqual([
    429,
    '"sign-up";q=30;w=3600',
  ]);
});

test("four mails per account and hour, and nothing is sent beyond, known or not", async () => {
  const { email } = await newPerson();
  for (const who of [email, newEmail()]) {
    const recover = () => call("POST", "/recover", { body: { email: who } });
    expect(await statuses(4, recover)).toEqual([200, 200, 200, 200]);
    const over = await recover();
    expect(over.status).toBe(429);
    expect(await over.json()).toMatchObject({ code: "over_email_send_rate_limit" });
    const resend = await call("POST", "/resend", { body: { email: who, type: "signup" } });
    expect(resend.status).toBe(200);
  }
  expect(await lettersTo(email)).toHaveLength(4);
});

test("thirty mails per address and hour", async () => {
  const headers = { "cf-connecting-ip": "203.0.113.78" };
  const recover = () => call("POST", "/recover", { body: { email: newEmail() }, headers });
  expect((await statuses(31, recover)).at(-1)).toBe(429);
});

test("a scale raises them all, and counters that are over are swept", async () => {
  const doubled = serve({ LIMIT_SCALE: "2" });
  const email = newEmail();
  const recover = () => call("POST", "/recover", { body: { email }, serve: doubled });
  expect((await statuses(9, recover)).indexOf(429)).toBe(8);
  vi.setSystemTime(Date.now() + 8 * QUARTER);
  await recover();
  const { results } = await env.DB.prepare("select * from auth__limits").all<{
    expires_at: string;
  }>();
  expect(results.length).toBeGreaterThan(0);
  expect(results.filter((row) => Date.parse(row.expires_at) < Date.now())).toEqual([]);
  expect(JSON.stringify(results)).not.toContain("example");
});

test("a hundred failures in a row from where the owner never was, until they succeed", async () => {
  const { email } = await newPerson({ address: "198.51.100.7" });
  const everywhere = (i: number) => `203.0.113.${i}`;
  const hundredth = async () => {
    expect((await signIn(email, wrong, everywhere(1))).status).toBe(400);
    const far = new Date(Date.now() + 86_400_000).toISOString();
    const sql = "update auth__limits set n = n + 99 where expires_at > ?";
    expect((await env.DB.prepare(sql).bind(far).run()).meta.changes).toBe(1);
    const over = await signIn(email, password, everywhere(2));
    expect(over.status).toBe(429);
    expect(over.headers.get("ratelimit-policy")).toBe('"sign-in-failures";q=100;w=31536000');
  };
  await hundredth();
  expect((await signIn(email, password, "198.51.100.7")).status).toBe(200);
  expect((await signIn(email, password, everywhere(3))).status).toBe(200);
  await env.DB.exec("delete from auth__limits; update auth__sessions set address = 'elsewhere'");
  await hundredth();
  await call("POST", "/recover", { body: { email } });
  await follow((await lastLetter(email)).link);
  expect((await signIn(email, password, everywhere(4))).status).toBe(200);
});

test("asking for mail that is not sent uses up none that is", async () => {
  const { email } = await newPerson();
  const ask = (path: string, type?: string) => call("POST", path, { body: { email, type } });
  for (const type of ["signup", "email_change"])
    expect(await statuses(5, () => ask("/resend", type))).toEqual([200, 200, 200, 200, 429]);
  expect(await lettersTo(email)).toEqual([]);
  expect((await ask("/recover")).status).toBe(200);
  expect(await lettersTo(email)).toHaveLength(1);
});

test("ten proofs of presence per account, wherever its session calls from", async () => {
  const { session, email } = await newPerson();
  const put = (body: object, i: number) =>
    call("PUT", "/user", {
      body,
      headers: {
        authorization: `Bearer ${session.access_token}`,
        "cf-connecting-ip": `203.0.113.${i}`,
      },
    });
  // A new address that is none is answered alike, whether the password is the present one or not.
  for (const word of [password, "not the one it has"]) {
    const probed = await put({ password: word, email: "none" }, 1);
    expect(await probed.json()).toMatchObject({ code: "email_address_invalid" });
  }
  const body = { password: "quite another secret", current_password: wrong };
  expect(await statuses(10, (i) => put(body, i))).toEqual(Array(10).fill(400));
  expect((await put(body, 11)).status).toBe(429);
  const probed = await put({ password }, 12);
  expect(await probed.json()).toMatchObject({ code: "over_request_rate_limit" });
  // The owner still signs in: nobody without a session can use this budget up.
  expect((await signIn(email, password)).status).toBe(200);
});
