import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import { call, newPerson, origin, type Serve, serve, served, tab } from "./app.ts";

type Json = Record<string, unknown>;

const base64Url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const encode = (value: unknown) =>
  base64Url(new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)));

async function signed(
  input: string,
  algorithm: Parameters<SubtleCrypto["sign"]>[0],
  key: CryptoKey,
) {
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(input));
  return `${input}.${base64Url(new Uint8Array(signature))}`;
}

async function es256(
  header: unknown,
  payload: unknown,
  jwk: JsonWebKey = JSON.parse(env.AUTH_SIGNING_KEY),
) {
  const { kty, crv, x, y, d } = jwk;
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const bare = { kty, crv, x, y, d } as JsonWebKey; // a JWK without use and alg
  const key = await crypto.subtle.importKey("jwk", bare, algorithm, false, ["sign"]);
  return signed(`${encode(header)}.${encode(payload)}`, algorithm, key);
}

async function hs256(header: unknown, payload: unknown, secret: string) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const bytes = new TextEncoder().encode(secret);
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  return signed(`${encode(header)}.${encode(payload)}`, algorithm, key);
}

let header: Json;
let claims: Json;
let good: string;

beforeAll(async () => {
  const { session } = await newPerson();
  good = session.access_token;
  const [first = "", second = ""] = good.split(".");
  [header, claims] = [first, second].map((part) =>
    JSON.parse(atob(part.replace(/-/g, "+").replace(/_/g, "/"))),
  ) as [Json, Json];
});

const whoAmI = (token: string, to?: Serve) =>
  call("GET", "/user", { headers: { authorization: `Bearer ${token}` }, ...(to && { serve: to }) });

async function onRest(headers: Record<string, string>): Promise<[number, string | undefined]> {
  const answer = await served(new Request(`${origin}/rest/v1/restaurants?limit=1`, { headers }));
  const body = await answer.json<{ code?: string }>();
  return [answer.status, body.code];
}

test("our own token, made again by hand, is accepted", async () => {
  expect((await whoAmI(await es256(header, claims))).status).toBe(200);
  expect(header).toEqual({ alg: "ES256", typ: "at+jwt", kid: "test" });
  expect(Object.keys(claims)).toEqual(
    expect.arrayContaining([
      "iss",
      "sub",
      "aud",
      "exp",
      "iat",
      "jti",
      "email",
      "role",
      "session_id",
    ]),
  );
});

test("a token that is wrong in any one way is refused", async () => {
  const fetched = vi.spyOn(globalThis, "fetch");
  const other = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
  ])) as CryptoKeyPair;
  const stranger = (await crypto.subtle.exportKey("jwk", other.privateKey)) as JsonWebKey;
  const jwk = JSON.parse(env.AUTH_SIGNING_KEY) as JsonWebKey;
  const without = (name: string) =>
    Object.fromEntries(Object.entries(claims).filter(([k]) => k !== name));
  const [h = "", p = "", s = ""] = good.split(".");
  const url = "https://evil.example/keys.json";
  const bad: Record<string, string> = {
    "alg none": `${encode({ ...header, alg: "none" })}.${p}.`,
    "alg none, signature kept": `${encode({ ...header, alg: "none" })}.${p}.${s}`,
    "HS256 with the public key": await hs256(
      { ...header, alg: "HS256" },
      claims,
      JSON.stringify(jwk.x),
    ),
    "HS256 with the legacy secret, with kid": await hs256(
      { ...header, alg: "HS256" },
      claims,
      env.JWT_SECRET,
    ),
    "HS256 with the legacy secret, as a user": await hs256(
      { alg: "HS256", typ: "at+jwt" },
      claims,
      env.JWT_SECRET,
    ),
    "another's key": await es256(header, claims, stranger),
    "another's key, offered in the header": await es256(
      { ...header, jwk: { ...stranger, d: undefined } },
      claims,
      stranger,
    ),
    jku: await es256({ ...header, kid: "evil", jku: url }, claims, stranger),
    x5u: await es256({ ...header, kid: "evil", x5u: url }, claims, stranger),
    "kid a path": await es256({ ...header, kid: "../../dev/null" }, claims),
    "kid SQL": await es256({ ...header, kid: "' or 1=1 --" }, claims),
    "kid a URL": await es256({ ...header, kid: url }, claims),
    "kid of Object": await es256({ ...header, kid: "constructor" }, claims),
    "kid a number": await es256({ ...header, kid: 1 }, claims),
    "no kid": await es256({ alg: "ES256", typ: "at+jwt" }, claims),
    crit: await es256({ ...header, crit: ["exp"] }, claims),
    "crit unknown": await es256({ ...header, crit: ["x"], x: 1 }, claims),
    "typ JWT": await es256({ ...header, typ: "JWT" }, claims),
    "no typ": await es256({ alg: "ES256", kid: "test" }, claims),
    "no exp": await es256(header, without("exp")),
    "exp a word": await es256(header, { ...claims, exp: "soon" }),
    "exp a numeric text": await es256(header, { ...claims, exp: String(claims.exp) }),
    "exp zero": await es256(header, { ...claims, exp: 0 }),
    "exp a fraction": await es256(header, { ...claims, exp: Number(claims.exp) + 0.5 }),
    "exp past": await es256(header, { ...claims, exp: Math.floor(Date.now() / 1000) - 1 }),
    "nbf ahead": await es256(header, { ...claims, nbf: Math.floor(Date.now() / 1000) + 60 }),
    "no aud": await es256(header, without("aud")),
    "aud other": await es256(header, { ...claims, aud: "mcp" }),
    "aud a list": await es256(header, { ...claims, aud: ["authenticated", "mcp"] }),
    "no iss": await es256(header, without("iss")),
    "iss other": await es256(header, { ...claims, iss: "https://evil.example/" }),
    "role service_role": await es256(header, { ...claims, role: "service_role" }),
    "role anon": await es256(header, { ...claims, role: "anon" }),
    "no sub": await es256(header, without("sub")),
    "sub no id": await es256(header, { ...claims, sub: "1 or 1=1" }),
    "no session": await es256(header, without("session_id")),
    "payload a list": await es256(header, [claims]),
    "payload null": await es256(header, null),
    "payload no JSON": await es256(header, "{"),
    "two segments": `${h}.${p}`,
    "four segments": `${good}.${s}`,
    "five segments": `${good}.a.b`,
    "signature cut": good.slice(0, -2),
    "signature empty": `${h}.${p}.`,
    "payload swapped": `${h}.${encode({ ...claims, email: "x@example.com" })}.${s}`,
    padded: `${good}==`,
    dots: "..",
    word: "null",
  };
  for (const [what, token] of Object.entries(bad)) {
    const answer = await whoAmI(token);
    expect([what, answer.status, await answer.json()]).toMatchObject([
      what,
      401,
      { code: "bad_jwt" },
    ]);
    expect([what, answer.headers.get("www-authenticate")]).toEqual([
      what,
      'Bearer error="invalid_token"',
    ]);
    const [status, code] = await onRest({ authorization: `Bearer ${token}` });
    expect([what, status, ["PGRST301", "PGRST303"].includes(code ?? "")]).toEqual([
      what,
      401,
      true,
    ]);
  }
  expect(fetched).not.toHaveBeenCalled();
  fetched.mockRestore();
});

test("a session is one person's: with another's id in the token it lives for nobody", async () => {
  const { user } = await newPerson();
  const token = await es256(header, { ...claims, sub: user.id });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ restaurant_id: user.id });
  const url = `${origin}/rest/v1/favourites`;
  const answer = await served(new Request(url, { method: "POST", headers, body }));
  expect([answer.status, await answer.json()]).toMatchObject([401, { code: "session_not_found" }]);
});

test("a wrong scheme, and a token anywhere but in its header, are refused", async () => {
  for (const authorization of [
    `Token ${good}`,
    `Basic ${good}`,
    "Bearer",
    `Bearer ${good} ${good}`,
  ]) {
    const answer = await call("GET", "/user", { headers: { authorization } });
    expect([authorization.slice(0, 8), answer.status]).toEqual([authorization.slice(0, 8), 401]);
  }
  expect((await call("GET", `/user?access_token=${good}`)).status).toBe(401);
});

test("keys: who is who, and a bad key beside a good token is refused", async () => {
  const { VTB_PUBLISHABLE_KEY: publishable, VTB_SECRET_KEY: secret } = env;
  const admin = (headers: Record<string, string>) =>
    served(new Request(`${origin}/auth/v1/admin/users?per_page=1`, { headers })).then(
      ({ status }) => status,
    );
  expect(await admin({ apikey: secret })).toBe(200);
  expect(await admin({ authorization: `Bearer ${secret}` })).toBe(200);
  expect(await admin({ apikey: publishable, authorization: `Bearer ${secret}` })).toBe(200);
  expect(await admin({ apikey: secret, authorization: `Bearer ${publishable}` })).toBe(401);
  expect(await admin({ apikey: secret, authorization: `Bearer ${good}` })).toBe(403);
  expect(await admin({})).toBe(401);
  for (const wrong of [
    `${secret}x`,
    secret.slice(0, -1),
    secret.toUpperCase(),
    "vtb_secret_",
    good,
  ]) {
    expect(await onRest({ apikey: wrong })).toEqual([401, "PGRST301"]);
    expect(await onRest({ apikey: wrong, authorization: `Bearer ${good}` })).toEqual(
      wrong === good ? [200, undefined] : [401, "PGRST301"],
    );
  }
  expect(await onRest({ apikey: publishable })).toEqual([200, undefined]);
});

test("what is remembered of a token or key says the same, and ends when it does", async () => {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const token = await es256(header, { ...claims, exp });
  const bearer = { authorization: `Bearer ${token}` };
  for (const _ of [1, 2]) {
    expect((await whoAmI(token)).status).toBe(200);
    expect(await onRest({ apikey: env.VTB_PUBLISHABLE_KEY, ...bearer })).toEqual([200, undefined]);
    expect(await onRest({ apikey: token })).toEqual([401, "PGRST301"]);
    expect(await onRest({ apikey: `${env.VTB_PUBLISHABLE_KEY}x`, ...bearer })).toEqual([
      401,
      "PGRST301",
    ]);
  }
  vi.useFakeTimers({ now: exp * 1000, toFake: ["Date"] });
  try {
    expect(await onRest(bearer)).toEqual([401, "PGRST303"]);
    expect(await onRest({ apikey: env.VTB_PUBLISHABLE_KEY })).toEqual([200, undefined]);
  } finally {
    vi.useRealTimers();
  }
});

test("older keys are HS256 for two roles", async () => {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const old = (payload: Json, secret = env.JWT_SECRET) =>
    hs256({ alg: "HS256", typ: "JWT" }, payload, secret);
  const listing = async (key: string) =>
    (await call("GET", "/admin/users", { headers: { apikey: key } })).status;
  expect(await listing(await old({ role: "service_role", exp }))).toBe(200);
  expect(await listing(await old({ role: "anon", exp }))).toBe(401);
  expect(await onRest({ apikey: await old({ role: "anon", exp }) })).toEqual([200, undefined]);
  expect(await onRest({ apikey: await old({ role: "service_role", exp }, "guessed") })).toEqual([
    401,
    "PGRST301",
  ]);
  expect(await onRest({ apikey: await old({ role: "authenticated", exp }) })).toEqual([
    401,
    "PGRST303",
  ]);
  expect(await onRest({ apikey: await old({ role: "anon" }) })).toEqual([401, "PGRST303"]);
  expect(await onRest({ apikey: await old({ role: "anon", exp: 1 }) })).toEqual([401, "PGRST303"]);
});

test("an issuer that is set is the only one", async () => {
  const named = serve({ API_URL: "https://api.example" });
  expect((await whoAmI(good, named)).status).toBe(401);
  const ours = await es256(header, { ...claims, iss: "https://api.example/auth/v1" });
  expect((await whoAmI(ours, named)).status).toBe(200);
});

test("ten thousand refresh secrets: no two alike, and no bit preferred", async () => {
  const { randomSecret } = await import("../../../src/modules/accounts/encoding.ts");
  const all = Array.from({ length: 10_000 }, () => randomSecret());
  expect(new Set(all).size).toBe(10_000);
  const ones = all
    .map((text) =>
      Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)),
    )
    .reduce(
      (sum, bytes) =>
        sum + bytes.reduce((n, byte) => n + byte.toString(2).replaceAll("0", "").length, 0),
      0,
    );
  // 2,560,000 fair bits: six standard deviations are 4,800.
  expect(Math.abs(ones - 1_280_000)).toBeLessThan(4_800);
});

test("keys rotate: the first signs, all verify, and one that was taken away does not", async () => {
  const made = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
  ])) as CryptoKeyPair;
  const next = {
    ...((await crypto.subtle.exportKey("jwk", made.privateKey)) as JsonWebKey),
    kid: "next",
  };
  const both = serve({
    AUTH_SIGNING_KEY: JSON.stringify([next, JSON.parse(env.AUTH_SIGNING_KEY)]),
  });
  const after = serve({ AUTH_SIGNING_KEY: JSON.stringify([next]) });
  const published = await (await call("GET", "/.well-known/jwks.json", { serve: both })).json();
  expect(published).toMatchObject({ keys: [{ kid: "next" }, { kid: "test" }] });
  expect(JSON.stringify(published)).not.toContain('"d"');
  expect((await whoAmI(good, both)).status).toBe(200);
  const { session } = await newPerson({ serve: both });
  expect(JSON.parse(atob(session.access_token.split(".")[0] ?? "")).kid).toBe("next");
  expect((await whoAmI(session.access_token, after)).status).toBe(200);
  expect((await whoAmI(good, after)).status).toBe(401);
  const { error } = await tab({ serve: after }).auth.refreshSession(session);
  expect(error).toBeNull();
});
