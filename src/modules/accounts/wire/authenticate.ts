// A token or key becomes an actor here, without the database. The bearer decides; a key beside it
// must be good all the same.
import { type Actor, guest, service } from "../../../kernel/actor.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Credentials, Kernel } from "../../../kernel/module.ts";
import { sameBytes } from "../encoding.ts";
import { settingsOf } from "../setting.ts";
import { type Claims, readClaims, readHeader, staleness } from "./jwt.ts";
import { type Keys, keysOf, sha256 } from "./keys.ts";

export const AUDIENCE = "authenticated";
export const TOKEN_TYPE = "at+jwt";
/** Where tokens say they are from, below the origin. */
export const ISSUER_PATH = "/auth/v1";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Tokens, and keys, remembered per isolate: a warm check costs no signature and no digest. */
const REMEMBERED = 1000;
/** Longer ones carry unusual metadata, and are verified each time. */
const REMEMBERED_LENGTH = 4096;

type Identity = Pick<Actor, "role" | "id" | "session">;
type Found = { identity: Identity; exp: number };
type Remembered = Map<string, Found>;
/** The exp of what never expires. */
const LASTING = Number.POSITIVE_INFINITY;

const anon: Identity = { role: "anon", id: null, session: null };
const secretHolder: Identity = {
  role: "service_role",
  id: null,
  session: null,
};

/** Turns what a request carries into an actor; refuses with PGRST301 or PGRST303. */
export function authenticator(kernel: Kernel) {
  const [tokens, known]: [Remembered, Remembered] = [new Map(), new Map()];
  const apiUrl = settingsOf((name) => kernel.setting(name)).apiUrl;
  return async ({ bearer, apikey, address }: Credentials): Promise<Actor> => {
    if (bearer === undefined && apikey === undefined) return guest(address);
    const now_s = Math.floor(kernel.clock.now() / 1000);
    const check = { kernel, now_s, tokens, known, apiUrl };
    // What is remembered is not waited for.
    const byKey =
      apikey === undefined || apikey === bearer
        ? null
        : (recall(apikey, known, check) ?? (await identifyKey(apikey, check)));
    const identity =
      bearer === undefined
        ? byKey
        : (recall(bearer, tokens, check) ?? (await identify(bearer, check)));
    if (!identity) throw new Refusal("PGRST301");
    if (identity.role === "service_role") return service(address);
    return { ...identity, address };
  };
}

interface Check {
  kernel: Kernel;
  now_s: number;
  /** People's tokens; and keys apart from them, since a token is no key. */
  tokens: Remembered;
  known: Remembered;
  apiUrl: string | undefined;
}

async function identify(bearer: string, check: Check): Promise<Identity> {
  const header = readHeader(bearer);
  if (header && "kid" in header) {
    return remember(bearer, check.tokens, await readUserToken(bearer, check));
  }
  return recall(bearer, check.known, check) ?? identifyKey(bearer, check);
}

async function identifyKey(key: string, check: Check): Promise<Identity> {
  return remember(key, check.known, await readKey(key, check));
}

async function readKey(key: string, check: Check): Promise<Found> {
  const header = readHeader(key);
  if (!header)
    return { identity: await comparePlainKey(key, await keysOf(check.kernel)), exp: LASTING };
  if ("kid" in header) throw new Refusal("PGRST301");
  return readLegacyKey(key, check);
}

/** Both comparisons are made whatever the first says, over digests: time tells nothing. */
async function comparePlainKey(key: string, keys: Keys): Promise<Identity> {
  const digest = await sha256(key);
  const [publishable, secret] = [
    sameBytes(digest, keys.publishable),
    sameBytes(digest, keys.secret),
  ];
  if (secret) return secretHolder;
  if (publishable) return anon;
  throw new Refusal("PGRST301");
}

/** Only what was found right is here: how soon this answers tells what its answer tells. */
function recall(token: string, remembered: Remembered, { now_s }: Check): Identity | undefined {
  const found = remembered.get(token);
  return found && found.exp > now_s ? found.identity : undefined;
}

function remember(token: string, remembered: Remembered, found: Found): Identity {
  if (token.length > REMEMBERED_LENGTH) return found.identity;
  remembered.delete(token);
  const oldest = remembered.size >= REMEMBERED ? remembered.keys().next().value : undefined;
  if (oldest !== undefined) remembered.delete(oldest);
  remembered.set(token, found);
  return found.identity;
}

async function readUserToken(token: string, { kernel, now_s, apiUrl }: Check) {
  const keys = await keysOf(kernel);
  const header = readHeader(token);
  const key = typeof header?.kid === "string" ? keys.verifying.get(header.kid) : undefined;
  if (!key || header?.typ !== TOKEN_TYPE) throw new Refusal("PGRST301");
  const claims = await readClaims(token, key, "ES256");
  if (!claims) throw new Refusal("PGRST301");
  const reason = staleness(claims, now_s) ?? wrongClaim(claims, apiUrl);
  if (reason) throw new Refusal("PGRST303", { reason });
  return {
    identity: {
      role: "authenticated",
      id: String(claims.sub),
      session: String(claims.session_id),
    } satisfies Identity,
    exp: Number(claims.exp),
  };
}

function wrongClaim(claims: Claims, apiUrl: string | undefined): string | null {
  const issuer = String(claims.iss);
  const ours = apiUrl ? issuer === apiUrl + ISSUER_PATH : issuer.endsWith(ISSUER_PATH);
  if (!ours) return "iss is not this server";
  if (claims.aud !== AUDIENCE || claims.role !== "authenticated") return "aud or role is wrong";
  return isUuid(claims.sub) && isUuid(claims.session_id) ? null : "sub or session_id is missing";
}

function isUuid(value: unknown): boolean {
  return typeof value === "string" && UUID.test(value);
}

async function readLegacyKey(token: string, { kernel, now_s }: Check) {
  const keys = await keysOf(kernel);
  const claims = await readClaims(token, keys.legacy, "HS256");
  if (!claims) throw new Refusal("PGRST301");
  const reason = staleness(claims, now_s);
  if (reason) throw new Refusal("PGRST303", { reason });
  if (claims.role === "anon") return { identity: anon, exp: Number(claims.exp) };
  if (claims.role === "service_role") return { identity: secretHolder, exp: Number(claims.exp) };
  throw new Refusal("PGRST303", { reason: "role is not one of a key's" });
}
