import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";

const good = { ...env };

test("secrets and settings are told apart, and frozen", () => {
  const config = readConfig(good);
  expect(Object.keys(config.secrets).sort()).toEqual([
    "AUTH_SIGNING_KEY",
    "JWT_SECRET",
    "VTB_PUBLISHABLE_KEY",
    "VTB_SECRET_KEY",
  ]);
  expect(config.settings).toMatchObject({ AUTOCONFIRM: "true" });
  expect(JSON.stringify(config.settings)).not.toContain("vtb_secret_");
  expect(Object.isFrozen(config) && Object.isFrozen(config.secrets)).toBe(true);
});

test("without its secrets the Worker does not start, and says which are missing", () => {
  expect(() => readConfig({ DB: env.DB })).toThrow(
    /PUBLISHABLE_KEY is missing; VTB_SECRET_KEY is missing; JWT_SECRET is missing; AUTH_SIGN/,
  );
});

test("signing keys may be a list, so that they can be rotated", () => {
  const key: unknown = JSON.parse(env.AUTH_SIGNING_KEY);
  const start = (keys: unknown[]) => () =>
    readConfig({ ...good, AUTH_SIGNING_KEY: JSON.stringify(keys) });
  expect(start([key, { ...Object(key), kid: "next" }])).not.toThrow();
  expect(start([key, key])).toThrow(/the same kid/);
  expect(start([])).toThrow(/nor a list of them/);
  expect(start([key, { kty: "EC" }])).toThrow(/nor a list of them/);
});

describe("a weak secret is named, and its value is not", () => {
  const weak: [name: string, value: string, fault: RegExp][] = [
    ["VTB_SECRET_KEY", "", /is missing/],
    ["VTB_SECRET_KEY", `vtb_publishable_${"x".repeat(40)}`, /begin with vtb_secret_/],
    ["VTB_PUBLISHABLE_KEY", "vtb_publishable_short", /fewer than 32/],
    ["JWT_SECRET", "x".repeat(31), /fewer than 32/],
    ["JWT_SECRET", `${"x".repeat(40)} ü`, /beyond ASCII/],
    ["JWT_SECRET", "0123456789".repeat(4), /repeats itself/],
    ["JWT_SECRET", "aabbccddee".repeat(4), /different characters/],
    ["JWT_SECRET", "super-secret-jwt-token-with-at-least-32-characters-long", /published/],
    ["JWT_SECRET", env.VTB_SECRET_KEY, /the same as a key/],
    ["VTB_SECRET_KEY", `vtb_secret_${"x".repeat(40)}`, /different characters/],
    [
      "AUTH_SIGNING_KEY",
      JSON.stringify({ ...Object(JSON.parse(env.AUTH_SIGNING_KEY)), kid: "" }),
      /P-256 JWK with a kid/,
    ],
    ["AUTH_SIGNING_KEY", "{", /private P-256 JWK/],
    ["AUTH_SIGNING_KEY", '{"kty":"EC","crv":"P-256","x":"a","y":"b","kid":"k"}', /private P-256/],
    ["AUTH_SIGNING_KEY", '{"kty":"oct","k":"c2VjcmV0","kid":"k"}', /private P-256 JWK/],
  ];
  test.each(weak)("%s", (name, value, fault) => {
    const start = () => readConfig({ ...good, [name]: value });
    expect(start).toThrow(fault);
    expect(start).toThrow(name);
    if (value.length > 8) expect(start).not.toThrow(value);
  });
});
