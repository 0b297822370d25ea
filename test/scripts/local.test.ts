// Keys and status in a folder of their own: the scripts find what they need beside themselves.
import { spawnSync } from "node:child_process";
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
} from "node:crypto";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { verify } from "@tsndr/cloudflare-worker-jwt";
import { afterEach, beforeEach, expect, test } from "vitest";

const project = path.join(import.meta.dirname, "..", "..");
let copy: string;

beforeEach(() => {
  copy = mkdtempSync(path.join(tmpdir(), "vertebra-local-"));
  cpSync(path.join(project, "scripts"), path.join(copy, "scripts"), { recursive: true });
  writeFileSync(path.join(copy, "package.json"), `{"type":"module"}`);
  mkdirSync(path.join(copy, ".wrangler"));
});

afterEach(() => rmSync(copy, { recursive: true }));

function node(...args: string[]) {
  return spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
}

function makeVars(): string[] {
  const code = `import { makeVars } from "./scripts/local.ts";
    console.log(JSON.stringify(makeVars()))`;
  const { stdout, stderr } = node("--input-type=module", "--eval", code);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const varsFile = () => path.join(copy, ".dev.vars");
const status = () => JSON.parse(node("scripts/status.ts", "--json").stdout);

test("keys are made once, for their owner's eyes only", () => {
  expect(makeVars()).toEqual([
    "VTB_PUBLISHABLE_KEY",
    "VTB_SECRET_KEY",
    "JWT_SECRET",
    "AUTH_SIGNING_KEY",
    "AUTOCONFIRM",
    "CARD_NETWORK",
  ]);
  expect(statSync(varsFile()).mode & 0o777).toBe(0o600);
  const first = readFileSync(varsFile(), "utf8");
  expect(makeVars()).toEqual([]);
  expect(readFileSync(varsFile(), "utf8")).toBe(first);
});

test("values that are there stay, also without a line end; only what is missing is added", () => {
  writeFileSync(varsFile(), "JWT_SECRET=mine\nAUTOCONFIRM=false");
  expect(makeVars()).toEqual([
    "VTB_PUBLISHABLE_KEY",
    "VTB_SECRET_KEY",
    "AUTH_SIGNING_KEY",
    "CARD_NETWORK",
  ]);
  const text = readFileSync(varsFile(), "utf8");
  expect(text).toMatch(
    /^JWT_SECRET=mine\nAUTOCONFIRM=false\nVTB_PUBLISHABLE_KEY='vtb_publishable_/,
  );
  expect(text.match(/JWT_SECRET/g)).toHaveLength(1);
  expect(statSync(varsFile()).mode & 0o777).toBe(0o600);
});

test("two machines never share a key", () => {
  makeVars();
  const one = status();
  rmSync(varsFile());
  makeVars();
  const two = status();
  for (const name of Object.keys(one)) {
    if (name !== "API_URL") expect(two[name], name).not.toBe(one[name]);
  }
});

test("the signing key is a private ES256 key named by its thumbprint", () => {
  makeVars();
  const line = readFileSync(varsFile(), "utf8").match(/^AUTH_SIGNING_KEY='(.*)'$/m)?.[1];
  const jwk = JSON.parse(String(line));
  expect(jwk).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" });
  const { crv, kty, x, y } = jwk;
  const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x, y }));
  expect(jwk.kid).toBe(thumbprint.digest("base64url"));
  const signature = createSign("sha256")
    .update("text")
    .sign(createPrivateKey({ key: jwk, format: "jwk" }));
  const { d: _, ...open } = jwk;
  const key = createPublicKey({ key: open, format: "jwk" });
  expect(createVerify("sha256").update("text").verify(key, signature)).toBe(true);
});

test("status --json is exactly six values; the legacy keys are stable HS256 tokens", async () => {
  makeVars();
  const shown = status();
  expect(Object.keys(shown)).toEqual([
    "API_URL",
    "PUBLISHABLE_KEY",
    "SECRET_KEY",
    "ANON_KEY",
    "SERVICE_ROLE_KEY",
    "JWT_SECRET",
  ]);
  expect(shown.API_URL).toBe("http://127.0.0.1:8787");
  expect(status()).toEqual(shown);
  for (const [name, role] of Object.entries({
    ANON_KEY: "anon",
    SERVICE_ROLE_KEY: "service_role",
  })) {
    const token = await verify<{ role: string }>(shown[name], shown.JWT_SECRET, {
      algorithm: "HS256",
      throwError: true,
    });
    expect(token?.header).toEqual({ alg: "HS256", typ: "JWT" });
    expect(token?.payload).toMatchObject({ role, iss: "vertebra" });
    const { iat = 0, exp = 0 } = token?.payload ?? {};
    expect(exp - iat).toBe(10 * 365 * 86_400);
    await expect(
      verify(shown[name], `${shown.JWT_SECRET}x`, { algorithm: "HS256", throwError: true }),
    ).rejects.toThrow();
  }
});

test("status tells where the running stack is", () => {
  makeVars();
  const state = { url: "http://127.0.0.1:9999", persist: "/nowhere", pid: 1 };
  writeFileSync(path.join(copy, ".wrangler", "vertebra.json"), JSON.stringify(state));
  expect(status().API_URL).toBe("http://127.0.0.1:9999");
});

test.each([["--json"], []])("status %s of a stack that has ended says so beside it", (...how) => {
  makeVars();
  const state = { url: "http://127.0.0.1:9", persist: "/nowhere", pid: 1 };
  writeFileSync(path.join(copy, ".wrangler", "vertebra.json"), JSON.stringify(state));
  const { status: code, stdout, stderr } = node("scripts/status.ts", ...how);
  expect(code).toBe(0);
  expect(stdout).toContain("http://127.0.0.1:9");
  expect(stderr).toBe("Nothing answers at http://127.0.0.1:9: npm start starts the stack.\n");
});

test("without keys, status says what to do and fails", () => {
  const { status: code, stdout, stderr } = node("scripts/status.ts", "--json");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("npm start");
});
