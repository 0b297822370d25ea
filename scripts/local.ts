// What the scripts share: where the local stack keeps things, and its keys.
import { createHash, createHmac, generateKeyPairSync, randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type ParseArgsConfig, parseArgs } from "node:util";

export const root = path.join(import.meta.dirname, "..");
export const configPath = path.join(root, "wrangler.toml");
const defaultPersist = path.join(root, ".wrangler", "state");
const stateFile = path.join(root, ".wrangler", "vertebra.json");
export const defaultPort = 8787;

/** The running (or last) local stack, as `npm start` wrote it down. */
export interface State {
  url: string;
  persist: string;
  pid: number;
}

export function readState(): State | null {
  return existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, "utf8")) as State) : null;
}

export function writeState(state: State): void {
  writeFileSync(stateFile, `${JSON.stringify(state, null, 2)}\n`);
}

/** The folder of the local store: as asked, or the default. */
export function persistDir(asked: string | undefined): string {
  return asked ? path.resolve(asked) : defaultPersist;
}

/** The folder of the store to work on: as asked, or that of the running or last stack. */
export function currentPersistDir(asked: string | undefined): string {
  return persistDir(asked ?? readState()?.persist);
}

/** The database of the local store, without a server; call `dispose` when done. */
export async function openStore(persist: string) {
  quiet(process.env);
  const { getPlatformProxy, unstable_splitSqlQuery: split } = await import("wrangler");
  const proxy = await getPlatformProxy<{ DB: D1Database }>({
    configPath,
    persist: { path: path.join(persist, "v3") },
    remoteBindings: false,
  });
  return { db: proxy.env.DB, split, dispose: () => proxy.dispose() };
}

/** Wrangler without a word to or from the network, and without small talk. */
export function quiet(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
  env.WRANGLER_SEND_METRICS = "false";
  env.X_LOCAL_OBSERVABILITY = "false";
  env.X_LOCAL_EXPLORER = "false";
  env.WRANGLER_LOG ??= "error";
  return env;
}

const varsFile = path.join(root, ".dev.vars");
const makers: Record<string, () => string> = {
  VTB_PUBLISHABLE_KEY: () => `vtb_publishable_${randomBytes(24).toString("base64url")}`,
  VTB_SECRET_KEY: () => `vtb_secret_${randomBytes(32).toString("base64url")}`,
  JWT_SECRET: () => randomBytes(48).toString("base64url"),
  AUTH_SIGNING_KEY: () => JSON.stringify(newSigningKey()),
  AUTOCONFIRM: () => "true",
  CARD_NETWORK: () => "sandbox",
};

/** The local keys and settings; empty before the first `npm start`. */
export function readVars(): Record<string, string> {
  if (!existsSync(varsFile)) return {};
  const lines = readFileSync(varsFile, "utf8").split("\n");
  const pairs = lines.flatMap((line) => {
    const [, name, value] = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return name ? [[name, (value ?? "").replace(/^(['"])(.*)\1$/, "$2")]] : [];
  });
  return Object.fromEntries(pairs);
}

/** Makes the keys that are missing; values that are there stay. Answers with the names it made. */
export function makeVars(): string[] {
  const vars = readVars();
  const missing = Object.keys(makers).filter((name) => vars[name] === undefined);
  const lines = missing.map((name) => `${name}='${makers[name]?.()}'\n`);
  const old = existsSync(varsFile)
    ? readFileSync(varsFile, "utf8").replace(/([^\n])$/, "$1\n")
    : "";
  const head = old || "# Keys of the local stack alone. Never commit or deploy them.\n";
  if (missing.length > 0) writeFileSync(varsFile, head + lines.join(""), { mode: 0o600 });
  if (existsSync(varsFile)) chmodSync(varsFile, 0o600);
  return missing;
}

/** A private ES256 key; `kid` is the thumbprint of RFC 7638. */
function newSigningKey(): object {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { crv, kty, x, y, d } = privateKey.export({ format: "jwk" });
  const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x, y }));
  return { kty, crv, x, y, d, kid: thumbprint.digest("base64url"), alg: "ES256", use: "sig" };
}

/** What an app or a tool needs to reach the local stack. */
export function statusOf(vars: Record<string, string>, url: string): Record<string, string> {
  const { VTB_PUBLISHABLE_KEY = "", VTB_SECRET_KEY = "", JWT_SECRET = "" } = vars;
  return {
    API_URL: url,
    PUBLISHABLE_KEY: VTB_PUBLISHABLE_KEY,
    SECRET_KEY: VTB_SECRET_KEY,
    ANON_KEY: legacyKey("anon", JWT_SECRET),
    SERVICE_ROLE_KEY: legacyKey("service_role", JWT_SECRET),
    JWT_SECRET,
  };
}

// One fixed moment, so that a secret always gives the same keys: 2026-01-01, and ten years on.
const issued_at = 1_767_225_600;
const ten_years = 315_360_000;

/** A key in the form older clients expect: an HS256 JWT that says its role, without `kid`. */
function legacyKey(role: "anon" | "service_role", secret: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { role, iss: "vertebra", iat: issued_at, exp: issued_at + ten_years };
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** A script's options; where they make no sense, it ends with the reason and its help. */
export function optionsOf<T extends ParseArgsConfig>(help: string, config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    const [reason] = error instanceof Error ? error.message.split(". ") : [String(error)];
    process.stderr.write(`${reason}\n\n${help}\n`);
    process.exit(2);
  }
}

/** Ends a script with a sentence and no stack. */
export function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
