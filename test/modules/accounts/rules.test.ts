// The pure rules, without a database.
import { describe, expect, test } from "vitest";
import { commonPasswords } from "../../../src/modules/accounts/common-passwords.ts";
import { parseDuration } from "../../../src/modules/accounts/duration.ts";
import { normalizeEmail } from "../../../src/modules/accounts/email.ts";
import { limitsOf, secondsLeft, windowOf } from "../../../src/modules/accounts/limit.ts";
import { purposeOf, randomCode, readChallenge } from "../../../src/modules/accounts/link.ts";
import {
  formatHash,
  normalizePassword,
  parseHash,
  SCRYPT,
  weaknesses,
} from "../../../src/modules/accounts/password.ts";
import { allowedRedirect } from "../../../src/modules/accounts/redirect.ts";
import {
  decodeRefreshToken,
  encodeRefreshToken,
  judge,
  type Session,
} from "../../../src/modules/accounts/session.ts";
import { settingsOf } from "../../../src/modules/accounts/setting.ts";
import { mergeMetadata } from "../../../src/modules/accounts/user.ts";
import { hashPassword, verifyPassword } from "../../../src/modules/accounts/wire/hash.ts";

describe("passwords", () => {
  test("the parameters fit the platform and OWASP", () => {
    const { log2N, r, p } = SCRYPT;
    // workerd's default limit on scrypt, and OWASP's list: N=2^14, r=8, p=5.
    expect(2 ** log2N * r * p).toBeLessThanOrEqual(2 ** 20);
    expect([log2N, r, p]).toEqual([14, 8, 5]);
    // Two at once must fit an isolate of 128 MiB with room to spare.
    expect(2 * 128 * 2 ** log2N * r).toBeLessThanOrEqual(32 * 2 ** 20);
    expect(SCRYPT.salt_bytes).toBeGreaterThanOrEqual(16);
  });

  test("a hash names its parameters, salts each password, and verifies", async () => {
    const [one, two] = [
      await hashPassword("same words twice"),
      await hashPassword("same words twice"),
    ];
    expect(one).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword("same words twice", one)).toBe(true);
    expect(await verifyPassword("same words twicE", one)).toBe(false);
    expect(await verifyPassword("same words twice", null)).toBe(false);
    expect(await verifyPassword("anything", "not a hash")).toBe(false);
  });

  test("nobody's hash is nobody's password, not even of zeros", async () => {
    for (const word of ["", "\0", "0"]) expect(await verifyPassword(word, null)).toBe(false);
  });

  test("a stored hash is read back as it was written", () => {
    const [salt, hash] = [new Uint8Array(16).fill(7), new Uint8Array(32).fill(9)];
    expect(parseHash(formatHash(salt, hash))).toEqual({ log2N: 14, r: 8, p: 5, salt, hash });
    for (const bad of ["", "$scrypt$ln=14$x$y", "$argon2id$v=19$m=1,t=1,p=1$x$y"])
      expect(parseHash(bad)).toBeNull();
  });

  test("length is counted in characters, after NFKC", () => {
    expect(weaknesses("🥐🥐🥐🥐🥐🥐🥐🥐", ["a@b.cd"], 8)).toEqual([]);
    expect(weaknesses("🥐🥐🥐🥐🥐🥐🥐", ["a@b.cd"], 8)).toEqual(["length"]);
    expect(normalizePassword("x".repeat(1000))).toHaveLength(1000);
    expect(normalizePassword("x".repeat(1001))).toBeNull();
    expect(normalizePassword("ﬃ".repeat(400))).toBeNull();
    expect(weaknesses("x".repeat(1001), ["a@b.cd"], 8)).toEqual(["length"]);
    expect(weaknesses("short", ["a@b.cd"], 15)).toEqual(["length"]);
  });

  test("lists and the address decide; composition does not", () => {
    expect(commonPasswords.size).toBeGreaterThan(500);
    for (const word of ["password", "PassW0rd", "12345678", "iloveyou1", "vertebra"]) {
      expect(weaknesses(word, ["a@b.cd"], 8), word).toEqual(["pwned"]);
    }
    const email = "ada.lovelace@analytical.example";
    for (const word of ["lovelace", "Lovelace1", "ada.lovelace", email, "analytical!"]) {
      expect(weaknesses(word, [email], 8), word).toEqual(["pwned"]);
    }
    for (const word of ["aaaaaaaaaaaaaaaaaaaaq1", "lovelace rode a horse", "correct horse"]) {
      expect(weaknesses(word, [email], 8), word).toEqual([]);
    }
  });
});

test("a password is no better for its ornaments, and none that nobody sees is one", () => {
  const guessed = [
    "  Password  ",
    "P@ssw0rd2024!",
    "sunsh1ne!!",
    "1l0vey0u",
    "Football99",
    "b4seba11",
  ];
  for (const word of guessed) expect(weaknesses(word, ["a@b.cd"], 8), word).toEqual(["pwned"]);
  const known = ["a@b.cd", "Ada Lovelace"];
  for (const word of ["L0velace#1", "lovelace-ada", "10velace99"])
    expect(weaknesses(word, known, 8), word).toEqual(["pwned"]);
  const unseen = [
    " ".repeat(9),
    "\u200b".repeat(9),
    "\u3164".repeat(9),
    "\t \u00ad\u2060 \u3000 \u200d",
  ];
  for (const word of unseen)
    expect(weaknesses(word, known, 8), JSON.stringify(word)).toContain("characters");
  expect(weaknesses("a long \0 secret", known, 8)).toEqual(["characters"]);
  for (const word of [
    "correct horse 77",
    "four seasons in one day",
    "hjkl-9348-qwop",
    "x y z w u v",
  ])
    expect(weaknesses(word, known, 8), word).toEqual([]);
});

test("addresses have one spelling, and what is none is none", () => {
  for (const spelled of [
    "Ada@Example.com",
    " ada@example.COM\n",
    "ａｄａ@example.com",
    "ada＠example.com",
  ]) {
    expect(normalizeEmail(spelled)).toBe("ada@example.com");
  }
  expect(normalizeEmail("ada+tag@example.com")).toBe("ada+tag@example.com");
  const none = [
    "",
    "ada",
    "@example.com",
    "ada@",
    "ada@localhost",
    "a da@example.com",
    "a@b@example.com",
    "a@b..com",
    ".@e.com",
    ".a@example.com",
    "a.@example.com",
    "a..b@example.com",
    "a@.example.com",
    "a@-b.com",
    "a@example.com.",
    "a\u0000@example.com",
    "a\r\nBcc: x@example.com",
    `${"a".repeat(65)}@example.com`,
    `a@${"b".repeat(260)}.com`,
    7,
    null,
    undefined,
    {},
  ];
  for (const bad of none) expect(normalizeEmail(bad), String(bad)).toBeNull();
});

test("windows are fixed, and waiting as long as told is enough", () => {
  const { signInAccount, mailAccount } = limitsOf(3);
  expect([signInAccount.quota, mailAccount.quota]).toEqual([30, 12]);
  for (const now of [0, 1, 899_999, 900_000, 1_763_600_123_456]) {
    const { start, end } = windowOf(signInAccount, now);
    expect([end - start, start % 900_000, start <= now, now < end]).toEqual([
      900_000,
      0,
      true,
      true,
    ]);
    expect(now + secondsLeft(signInAccount, now) * 1000).toBeGreaterThanOrEqual(end);
  }
});

test("durations are read as Go writes them", () => {
  expect(["24h", "1h30m", "1.5s", "300ms", "10us"].map(parseDuration)).toEqual([
    86_400_000, 5_400_000, 1500, 300, 0,
  ]);
  expect(parseDuration("99999999999h")).toBeLessThan(8.64e15 - Date.now());
  for (const bad of ["", "24", "h", "-1h", "1 h", "1d", "none", 24, null])
    expect(parseDuration(bad)).toBeNull();
});

test("codes are six digits, and each digit occurs everywhere", () => {
  const codes = Array.from({ length: 2000 }, randomCode);
  expect(codes.every((code) => /^\d{6}$/.test(code))).toBe(true);
  expect(new Set(codes).size).toBeGreaterThan(1980);
  for (let at = 0; at < 6; at++) expect(new Set(codes.map((code) => code[at])).size).toBe(10);
  expect([
    purposeOf("email"),
    purposeOf("signup"),
    purposeOf("pkce"),
    purposeOf("toString"),
    purposeOf(1),
  ]).toEqual(["signup", "signup", null, null, null]);
  const challenge = "a".repeat(43);
  expect(readChallenge(challenge, "S256")).toBe(challenge);
  expect([
    readChallenge(challenge, "plain"),
    readChallenge("short", "s256"),
    readChallenge(1, "s256"),
  ]).toEqual([null, null, null]);
});

test("a refresh token is read back as it was written, or not at all", () => {
  const mac = new Uint8Array(32).map((_, i) => i);
  const id = "0192f0c1-2b3c-7d4e-8f50-a1b2c3d4e5f6";
  const token = encodeRefreshToken(id, 4_000_000_000, mac);
  expect(token).toMatch(/^[\w-]{64}$/);
  expect(decodeRefreshToken(token)).toEqual({
    session: id,
    counter: 4_000_000_000,
    mac: mac.slice(0, 28),
  });
  for (const bad of [
    "",
    "x",
    `${token}A`,
    token.slice(1),
    `${token.slice(1)}=`,
    `${token.slice(1)}/`,
    null,
    7,
    {},
  ]) {
    expect(decodeRefreshToken(bad)).toBeNull();
  }
});

test("a presented counter is judged by the session alone", () => {
  const at = Date.parse("2026-11-20T12:00:00.000Z");
  const iso = (ms: number) => new Date(at + ms).toISOString();
  const limits = { idle_ms: 1_000_000, grace_ms: 10_000 };
  const session: Session = {
    id: "i",
    user_id: "u",
    key: "k",
    counter: 5,
    rotated_at: iso(0),
    ends_at: iso(900_000),
    ended_at: null,
    amr: [],
    created_at: iso(0),
  };
  const of = (
    counter: number,
    ms: number,
    changes: Partial<Session> = {},
    idle_ms = limits.idle_ms,
  ) => judge({ ...session, ...changes }, counter, at + ms, { ...limits, idle_ms });
  expect([of(5, 1), of(5, 899_999), of(5, 900_000)]).toEqual(["rotate", "rotate", "expired"]);
  expect([of(4, 0), of(4, 9_999), of(4, 10_000)]).toEqual(["repeat", "repeat", "reuse"]);
  expect([of(3, 1), of(0, 1), of(6, 1)]).toEqual(["reuse", "reuse", "reuse"]);
  expect([of(5, 1, { ended_at: iso(0) }), of(4, 1, { ended_at: iso(0) })]).toEqual([
    "ended",
    "ended",
  ]);
  expect([of(5, 499_999, {}, 500_000), of(5, 500_000, {}, 500_000)]).toEqual(["rotate", "expired"]);
});

test("redirects stay on the site and the list", () => {
  const site = "https://app.example";
  const to = (wanted: string | undefined, listed: string[] = []) =>
    allowedRedirect(wanted, site, listed, false);
  expect(to("https://app.example/x?y#z")).toBe("https://app.example/x?y#z");
  expect(to("https://b.example/cb?flow=1", ["https://b.example/cb"])).toBe(
    "https://b.example/cb?flow=1",
  );
  expect(to("https://b.example/cb/", ["https://b.example/cb"])).toBe("https://b.example/cb/");
  expect(to("https://a.b.example/", ["https://*.example"])).toBe(site);
  expect(to("https://a.example/", ["https://*.example"])).toBe("https://a.example/");
  expect(to("https://b.example/x/y", ["https://b.example/**"])).toBe("https://b.example/x/y");
  expect(to("myapp://in/x/y", ["myapp://**"])).toBe("myapp://in/x/y");
  expect(to("http://localhost:5173/x", ["http://localhost:*/**"])).toBe("http://localhost:5173/x");
  const reaching: [string, string][] = [
    ["https://b.example.evil.example/", "https://b.example**"],
    ["https://evil.example/", "https://**"],
    ["https://evil.example/x", "https://**/x"],
    ["https://a.evil.example/", "https://**.example"],
    ["https://evil.example/.b.example/", "https://**.b.example/**"],
  ];
  for (const [wanted, entry] of reaching) expect(to(wanted, [entry]), entry).toBe(site);
  expect(to("http://localhost:5173/")).toBe(site);
  expect(allowedRedirect("http://localhost:5173/", site, [], true)).toBe("http://localhost:5173/");
  expect(allowedRedirect("https://evil.example/", site, [], true)).toBe(site);
  for (const bad of [
    undefined,
    "",
    "/x",
    "http://app.example",
    "https://app.example:8443",
    "https://u@app.example",
    "data:text/html,x",
    "javascript://app.example/%0aalert(1)",
    "https://bxexample/cb",
  ]) {
    expect(to(bad, ["https://b.example/cb"]), bad).toBe(site);
  }
});

test("metadata merges one level deep, within its size", () => {
  expect(mergeMetadata({ a: 1, b: 2 }, { b: null, c: { d: null } })).toEqual({
    a: 1,
    c: { d: null },
  });
  expect(mergeMetadata({}, { a: "é".repeat(8_000) })).not.toBeNull();
  expect(mergeMetadata({}, { a: "é".repeat(8_200) })).toBeNull();
  expect(JSON.stringify(mergeMetadata({}, JSON.parse('{"__proto__":{"admin":true}}')))).toContain(
    "__proto__",
  );
});

test("settings have defaults, and a number that is none stops the start", () => {
  expect(settingsOf(() => undefined)).toMatchObject({
    autoconfirm: false,
    passwordMin: 8,
    apiUrl: undefined,
    redirectUrls: [],
    grace_ms: 60_000,
  });
  expect(settingsOf((name) => (name === "API_URL" ? "https://a.example/" : undefined)).apiUrl).toBe(
    "https://a.example",
  );
  const wrong: Record<string, string[]> = {
    LIMIT_SCALE: ["many", "0", "1.5", "1e99"],
    AUTOCONFIRM: ["TRUE", "1", "yes"],
    DISABLE_SIGNUP: ["on"],
    SITE_URL: ["app.example", "/x", "javascript://x"],
    REDIRECT_URLS: ["https://a.example,b.example", "*", "**://x"],
    API_URL: ["api.example", "myapp://x", "https://api.example/?x=1"],
  };
  for (const [setting, values] of Object.entries(wrong))
    for (const value of values)
      expect(
        () => settingsOf((name) => (name === setting ? value : undefined)),
        `${setting}=${value}`,
      ).toThrow(setting);
  const listed = "http://localhost:*/**, https://*.preview.example/**, myapp://callback, exp://**";
  const of = (name: string) => (name === "REDIRECT_URLS" ? listed : "");
  expect(settingsOf(of).redirectUrls).toHaveLength(4);
});
