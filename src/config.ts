// The environment, parsed once at the door. Below it nothing reads `env`.

/** What wrangler.toml binds; secrets and settings lie beside it, as text. */
interface Bindings {
  DB: D1Database;
  FILES: R2Bucket;
  RL_EDGE: RateLimit;
}

export interface Config {
  db: D1Database;
  files: R2Bucket;
  limiter: RateLimit;
  secrets: Readonly<Record<string, string>>;
  settings: Readonly<Record<string, string>>;
}

const MIN_CHARACTERS = 32;

/** What is wrong with a secret's value; undefined: nothing. */
const secretRules: Record<string, (value: string) => string | undefined> = {
  VTB_PUBLISHABLE_KEY: (value) => key(value, "vtb_publishable_"),
  VTB_SECRET_KEY: (value) => key(value, "vtb_secret_"),
  JWT_SECRET: longEnough,
  AUTH_SIGNING_KEY: signingKey,
};

/**
 * Bindings, secrets and settings of the Worker. Throws when a secret is missing or weak, naming
 * every such secret and no value: a Worker without its secrets does not start.
 */
export function readConfig(env: object): Config {
  const texts = Object.entries(env).filter(([, value]) => typeof value === "string");
  const secrets: Record<string, string> = {};
  const settings: Record<string, string> = {};
  for (const [name, value] of texts) (name in secretRules ? secrets : settings)[name] = value;
  const faults = Object.entries(secretRules).flatMap(([name, rule]) => {
    const value = secrets[name];
    const fault = value === undefined || value === "" ? "is missing" : rule(value);
    return fault ? [`${name} ${fault}`] : [];
  });
  if (faults.length > 0) throw new Error(`Vertebra does not start: ${faults.join("; ")}`);
  const { DB, FILES, RL_EDGE } = env as Bindings; // wrangler.toml's list
  return Object.freeze({
    db: DB,
    files: FILES,
    limiter: RL_EDGE,
    secrets: Object.freeze(secrets),
    settings: Object.freeze(settings),
  });
}

function key(value: string, prefix: string): string | undefined {
  return value.startsWith(prefix) ? longEnough(value) : `does not begin with ${prefix}`;
}

/** Beyond ASCII, the JWT library takes different secrets for the same one. */
function longEnough(value: string): string | undefined {
  if (value.length < MIN_CHARACTERS) return `has fewer than ${MIN_CHARACTERS} characters`;
  return /^[\x21-\x7e]+$/.test(value) ? undefined : "holds spaces or characters beyond ASCII";
}

/** One key, or several for rotation: the first signs, all verify. */
function signingKey(value: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    const keys: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    if (keys.length > 0 && keys.every(isSigningKey)) return undefined;
  } catch {
    // What is not JSON is answered like every other value that is not a key.
  }
  return "is not a private P-256 JWK with a kid, nor a list of them";
}

function isSigningKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const jwk = Object.fromEntries(Object.entries(value));
  const whole = ["x", "y", "d", "kid"].every((member) => typeof jwk[member] === "string");
  return whole && jwk.kty === "EC" && jwk.crv === "P-256";
}
