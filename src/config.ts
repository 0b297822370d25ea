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
/** Random hexadecimal has no more than 16, and of 32 digits some do not occur. */
const MIN_DISTINCT = 10;
/** Secrets that examples of this field print, and that get copied. */
const PUBLISHED = /^(?:super-secret-jwt-token|your-(?:super-)?secret)-/i;

/** What is wrong with a secret's value; undefined: nothing. */
const secretRules: Record<string, (value: string) => string | undefined> = {
  VTB_PUBLISHABLE_KEY: (value) => key(value, "vtb_publishable_"),
  VTB_SECRET_KEY: (value) => key(value, "vtb_secret_"),
  JWT_SECRET: sharedSecret,
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
  if (faults.length > 0) throw refusal(faults);
  const known = new Set([secrets.VTB_PUBLISHABLE_KEY, secrets.VTB_SECRET_KEY]);
  if (known.has(secrets.JWT_SECRET)) throw refusal(["JWT_SECRET is the same as a key"]);
  const { DB, FILES, RL_EDGE } = env as Bindings; // wrangler.toml's list
  return Object.freeze({
    db: DB,
    files: FILES,
    limiter: RL_EDGE,
    secrets: Object.freeze(secrets),
    settings: Object.freeze(settings),
  });
}

function refusal(faults: string[]): Error {
  return new Error(`Vertebra does not start: ${faults.join("; ")}`);
}

function key(value: string, prefix: string): string | undefined {
  if (!value.startsWith(prefix)) return `does not begin with ${prefix}`;
  return tooShort(value) ?? guessable(value.slice(prefix.length));
}

function sharedSecret(value: string): string | undefined {
  return tooShort(value) ?? guessable(value);
}

function tooShort(value: string): string | undefined {
  return value.length < MIN_CHARACTERS ? `has fewer than ${MIN_CHARACTERS} characters` : undefined;
}

/** Beyond ASCII, the JWT library takes different secrets for the same one. */
function guessable(value: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(value)) return "holds spaces or characters beyond ASCII";
  if (new Set(value).size < MIN_DISTINCT)
    return `has fewer than ${MIN_DISTINCT} different characters`;
  const periods = Array.from({ length: value.length / 2 }, (_, i) => i + 1);
  if (periods.some((n) => value.slice(n) === value.slice(0, -n))) return "repeats itself";
  return PUBLISHED.test(value) ? "is a published example" : undefined;
}

/** One key, or several for rotation: the first signs, all verify. */
function signingKey(value: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    const keys: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    if (keys.length > 0 && keys.every(isSigningKey)) {
      const kids = new Set(keys.map(({ kid }) => kid));
      return kids.size < keys.length ? "names two keys by the same kid" : undefined;
    }
  } catch {
    // What is not JSON is answered like every other value that is not a key.
  }
  return "is not a private P-256 JWK with a kid, nor a list of them";
}

function isSigningKey(value: unknown): value is { kid: string } {
  if (typeof value !== "object" || value === null) return false;
  const jwk = Object.fromEntries(Object.entries(value));
  const whole = ["x", "y", "d", "kid"].every(
    (member) => typeof jwk[member] === "string" && jwk[member],
  );
  return whole && jwk.kty === "EC" && jwk.crv === "P-256";
}
