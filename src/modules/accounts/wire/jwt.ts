// The one place that touches the token library. What it leaves open is closed here: malformed
// tokens throw, a fourth segment is ignored, `exp` may be missing or a word.
import { decode, sign, verify } from "@tsndr/cloudflare-worker-jwt";

export type Algorithm = "ES256" | "HS256";
export type Claims = Record<string, unknown>;

const THREE_SEGMENTS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** Longer than any token of ours: metadata is bounded. */
const MAX_LENGTH = 64 * 1024;
/** The library's own reading of time is left out: ours follows the kernel's clock. */
const ANY_TIME = Number.MAX_SAFE_INTEGER;

/** The header of what looks like a token; null for everything else. Proves nothing. */
export function readHeader(token: string): Claims | null {
  if (token.length > MAX_LENGTH || !THREE_SEGMENTS.test(token)) return null;
  try {
    const { header, payload } = decode(token);
    return isObject(header) && isObject(payload) ? header : null;
  } catch {
    return null;
  }
}

/** The claims of a token signed with this key by this algorithm; null where it was not. */
export async function readClaims(token: string, key: CryptoKey, algorithm: Algorithm) {
  const header = readHeader(token);
  // RFC 7515 §4.1.11: an extension that must be understood is one that we do not understand.
  if (!header || header.alg !== algorithm || "crit" in header) return null;
  try {
    const verified = await verify(token, key, { algorithm, clockTolerance: ANY_TIME });
    const claims: unknown = verified?.payload;
    return isObject(claims) ? claims : null;
  } catch {
    return null;
  }
}

/** Why the claims do not hold at this second; null where they do. */
export function staleness(claims: Claims, now_s: number): string | null {
  if (!Number.isInteger(claims.exp)) return "exp is missing";
  if (Number(claims.exp) <= now_s) return "it has expired";
  if (claims.nbf !== undefined && !(Number.isInteger(claims.nbf) && Number(claims.nbf) <= now_s)) {
    return "it is not valid yet";
  }
  return null;
}

/** Signs a copy of the claims. */
export function signClaims(claims: Claims, key: CryptoKey, header: { kid: string; typ: string }) {
  return sign({ ...claims }, key, { algorithm: "ES256", header });
}

function isObject(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
