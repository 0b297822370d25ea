// The server's secrets, imported once per isolate.
import type { Kernel } from "../../../kernel/module.ts";
import { mac } from "../encoding.ts";

export interface Keys {
  /** Signs access tokens: the first of AUTH_SIGNING_KEY. */
  signing: { kid: string; key: CryptoKey };
  /** Verifies them: all of AUTH_SIGNING_KEY, by kid. */
  verifying: Map<string, CryptoKey>;
  /** Their public members. */
  published: { keys: Record<string, unknown>[] };
  /** Verifies HS256 keys of the older kind. */
  legacy: CryptoKey;
  /** Goes into every MAC that is not a token's signature. */
  pepper: CryptoKey;
  /** SHA-256 of the publishable and of the secret key. */
  publishable: Uint8Array;
  secret: Uint8Array;
}

const loaded = new WeakMap<Kernel, Keys>();

/** The keys of this kernel; throws for a key that cannot be read. */
export async function keysOf(kernel: Kernel): Promise<Keys> {
  // The value is kept, not the promise: no request waits for another that may be cancelled.
  const known = loaded.get(kernel);
  if (known) return known;
  const keys = await load(kernel);
  loaded.set(kernel, keys);
  return keys;
}

async function load(kernel: Kernel): Promise<Keys> {
  const pairs = signingKeys(kernel.secret("AUTH_SIGNING_KEY"));
  const [first] = pairs;
  if (!first) throw new Error("AUTH_SIGNING_KEY holds no key");
  const verifying = await Promise.all(
    pairs.map(async (jwk) => [jwk.kid, await importEs256(publicHalf(jwk), "verify")] as const),
  );
  const shared = new TextEncoder().encode(kernel.secret("JWT_SECRET"));
  const legacy = await importHmac(shared, ["verify", "sign"]);
  return {
    signing: { kid: first.kid, key: await importEs256(first, "sign") },
    verifying: new Map(verifying),
    published: {
      keys: pairs.map((jwk) => ({
        ...publicHalf(jwk),
        kid: jwk.kid,
        alg: "ES256",
        use: "sig",
      })),
    },
    legacy,
    pepper: await importHmac(await mac(legacy, "pepper of accounts"), ["sign"]),
    publishable: await sha256(kernel.secret("VTB_PUBLISHABLE_KEY")),
    secret: await sha256(kernel.secret("VTB_SECRET_KEY")),
  };
}

export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

interface PrivateJwk extends JsonWebKey {
  kid: string;
}

/** One JWK, or an array for rotation: the first signs, all verify. */
function signingKeys(text: string): PrivateJwk[] {
  const value: unknown = JSON.parse(text);
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((jwk) => {
    const named = jwk as Partial<PrivateJwk>; // members are checked here and on import
    if (!named.kid || named.kty !== "EC" || named.crv !== "P-256" || !named.d) {
      throw new Error("AUTH_SIGNING_KEY must hold private P-256 JWKs with a kid");
    }
    return named as PrivateJwk; // checked just above
  });
}

function publicHalf({ kty, crv, x, y }: JsonWebKey): JsonWebKey {
  return { kty, ...(crv && { crv }), ...(x && { x }), ...(y && { y }) };
}

/** Nothing but the key itself is imported: what else its JWK says is ours to know. */
function importEs256(key: JsonWebKey, use: "sign" | "verify") {
  const jwk: JsonWebKey = { ...publicHalf(key), ...(key.d && { d: key.d }) };
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return crypto.subtle.importKey("jwk", jwk, algorithm, false, [use]);
}

function importHmac(bytes: BufferSource, uses: string[]) {
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, uses);
}
