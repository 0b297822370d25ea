// Opening sessions and answering with their tokens.
import type { Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { and, eq, gt, isNull, lte, now } from "../../../kernel/predicate.ts";
import { mac, randomSecret } from "../encoding.ts";
import { ACCESS_TOKEN_S, encodeRefreshToken, refreshMessage, type Session } from "../session.ts";
import { sessions, users } from "../tables.ts";
import { isBanned, type User, viewUser } from "../user.ts";
import { AUDIENCE, ISSUER_PATH, TOKEN_TYPE } from "./authenticate.ts";
import { signClaims } from "./jwt.ts";
import { keysOf } from "./keys.ts";
import { asSession, asUser, lives, sessionById, userById } from "./rows.ts";
import type { Asker, Setup } from "./setup.ts";

export type Method = "password" | "otp";

/** A session's row, not yet written. */
function newSession({ kernel, settings }: Setup, asker: Asker, userId: string, method: Method) {
  const at = kernel.clock.now();
  return {
    id: kernel.id(),
    user_id: userId,
    key: randomSecret(),
    counter: 0,
    rotated_at: iso(at),
    ends_at: iso(at + settings.lifetime_ms),
    amr: [{ method, timestamp: Math.floor(at / 1000) }],
    address: asker.actor.address,
    user_agent: asker.userAgent,
  };
}

/** A person who is banned meanwhile gets nothing, however much was proven before. */
export function notBanned(userId: string): Step {
  const where = and(eq("id", userId), gt("banned_until", now));
  return { expect: users, where, rows: 0, else: "user_banned" };
}

type Crowd = Record<string, unknown>[];

/** From the oldest session that a full crowd (rows.ts) leaves room for, all older ones end. */
function thinOut({ kernel }: Setup, userId: string, [last]: Crowd = []): Step[] {
  if (!last) return [];
  const where = and(eq("user_id", userId), lives, lte("id", String(last.id)));
  return [{ update: sessions, set: { ended_at: iso(kernel.clock.now()) }, where }];
}

/**
 * Commits `proof` (guards) and `steps`, and in the same batch a session for the person they leave
 * behind; answers with its tokens.
 */
export async function openSession(
  setup: Setup,
  asker: Asker,
  opening: {
    userId: string;
    method: Method;
    steps?: Step[];
    proof?: Step[];
    after?: Step[];
    /** What crowdOf() found; a new person has none. */
    crowd?: Crowd | undefined;
  },
) {
  const { kernel } = setup;
  const session = newSession(setup, asker, opening.userId, opening.method);
  const where = and(eq("id", opening.userId), isNull("deleted_at"));
  const signedIn: Step[] = [
    {
      update: users,
      set: { last_sign_in_at: iso(kernel.clock.now()) },
      where,
      rows: 1,
      else: "user_not_found",
    },
    { insert: sessions, rows: [session] },
    notBanned(opening.userId),
    ...thinOut(setup, opening.userId, opening.crowd),
  ];
  const before = [...(opening.proof ?? []), ...(opening.steps ?? [])];
  const change = [...before, ...signedIn, ...(opening.after ?? [])];
  const answers = await kernel.commit(change, asker.actor).catch(async (error) => {
    if (!isLost(error)) throw error;
    // It was committed, and we know what we named it.
    const reads = [userById(opening.userId), sessionById(session.id)];
    return [...before.map(() => []), ...(await kernel.read(reads, asker.actor))];
  });
  const user = asUser(answers[before.length]?.[0]);
  const opened = asSession(answers[before.length + 1]?.[0]);
  if (!user || !opened) throw new Refusal("internal");
  return tokenAnswer(setup, asker, user, opened);
}

/** The write stands, but the database's answer to it was lost on the way. */
export function isLost(error: unknown): boolean {
  return error instanceof Refusal && error.code === "answer_lost";
}

/** The tokens of a session at its present counter, with the person they are for. */
export async function tokenAnswer(setup: Setup, asker: Asker, user: User, session: Session) {
  const { kernel } = setup;
  const now_s = Math.floor(kernel.clock.now() / 1000);
  const keys = await keysOf(kernel);
  const claims = {
    iss: asker.base() + ISSUER_PATH,
    sub: user.id,
    aud: AUDIENCE,
    exp: now_s + ACCESS_TOKEN_S,
    iat: now_s,
    jti: kernel.id(),
    email: user.email ?? "",
    phone: "",
    role: "authenticated",
    aal: "aal1",
    amr: session.amr,
    session_id: session.id,
    app_metadata: user.app_metadata,
    user_metadata: user.user_metadata,
    is_anonymous: false,
  };
  const { kid, key } = keys.signing;
  const refreshMac = await mac(keys.pepper, refreshMessage(session, session.counter));
  return {
    access_token: await signClaims(claims, key, { kid, typ: TOKEN_TYPE }),
    token_type: "bearer",
    expires_in: ACCESS_TOKEN_S,
    expires_at: claims.exp,
    refresh_token: encodeRefreshToken(session.id, session.counter, refreshMac),
    user: viewUser(user),
  };
}

export function refuseBanned(user: User, at: number): void {
  if (isBanned(user, at)) throw new Refusal("user_banned");
}
