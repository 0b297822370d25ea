import { plus, type Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { and, eq, isNull } from "../../../kernel/predicate.ts";
import { mac, sameBytes } from "../encoding.ts";
import { reuseNotice } from "../mail.ts";
import { decodeRefreshToken, judge, macPart, refreshMessage, type Session } from "../session.ts";
import { outbox, sessions } from "../tables.ts";
import type { User } from "../user.ts";
import { type Body, invalid, textField } from "./body.ts";
import { isLost, refuseBanned, tokenAnswer } from "./issue.ts";
import { keysOf } from "./keys.ts";
import { asSession, asUser, lives, sessionById, userOfSession } from "./rows.ts";
import type { Asker, Setup } from "./setup.ts";

/** How often a lost race is looked at again; the second look finds the winner's counter. */
const LOOKS = 3;

/** New tokens for a refresh token. */
export async function refresh(setup: Setup, asker: Asker, body: Body): Promise<object> {
  const presented = textField(body, "refresh_token");
  if (!presented) throw invalid("refresh_token is missing");
  const token = decodeRefreshToken(presented);
  if (!token) throw new Refusal("refresh_token_not_found");
  for (let look = 0; look < LOOKS; look++) {
    const { session, user } = await find(setup, asker, token.session);
    const { pepper } = await keysOf(setup.kernel);
    const made = macPart(await mac(pepper, refreshMessage(session, token.counter)));
    if (!sameBytes(made, token.mac)) throw new Refusal("refresh_token_not_found");
    const answered = await turn(setup, asker, {
      session,
      user,
      counter: token.counter,
    });
    if (answered) return answered;
  }
  throw new Refusal("conflict");
}

async function find({ kernel }: Setup, { actor }: Asker, id: string) {
  const found = await kernel.read([sessionById(id), userOfSession(id)], actor);
  const [session, user] = [asSession(found[0]?.[0]), asUser(found[1]?.[0])];
  if (!session || !user) throw new Refusal("refresh_token_not_found");
  return { session, user };
}

interface Turn {
  session: Session;
  user: User;
  counter: number;
}

/** The answer; null where another request was faster. */
async function turn(setup: Setup, asker: Asker, { session, user, counter }: Turn) {
  const { kernel, settings } = setup;
  const now = kernel.clock.now();
  refuseBanned(user, now);
  switch (judge(session, counter, now, settings)) {
    case "ended":
      throw new Refusal("refresh_token_not_found");
    case "expired":
      throw new Refusal("session_expired");
    case "reuse":
      await endReused(setup, asker, session, user);
      throw new Refusal("refresh_token_already_used");
    case "repeat":
      return tokenAnswer(setup, asker, user, session);
    case "rotate": {
      const rotated = await rotate(setup, asker, session);
      return rotated ? tokenAnswer(setup, asker, user, rotated) : null;
    }
  }
}

/** One conditional statement, so that of many only one rotates; undefined for all others. */
async function rotate({ kernel }: Setup, { actor }: Asker, session: Session) {
  const step: Step = {
    update: sessions,
    set: { counter: plus(1), rotated_at: iso(kernel.clock.now()) },
    where: and(eq("id", session.id), eq("counter", session.counter), lives),
  };
  const [rows = []] = await kernel.commit([step], actor).catch((error) => {
    // The next look finds the counter raised, and repeats what is then the current token.
    if (isLost(error)) return [];
    throw error;
  });
  return asSession(rows[0]);
}

async function endReused(
  { kernel, settings }: Setup,
  { actor }: Asker,
  session: Session,
  user: User,
) {
  const mail = reuseNotice(String(user.email), settings.siteUrl);
  await kernel.commit(
    [
      {
        update: sessions,
        set: { ended_at: iso(kernel.clock.now()) },
        where: and(eq("id", session.id), isNull("ended_at")),
        rows: 1,
        else: "refresh_token_already_used",
      },
      { insert: outbox, rows: [{ ...mail }] },
    ],
    actor,
  );
}
