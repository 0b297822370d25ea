// What a link or code does, once: it proves an address, and signs its holder in.
import type { Change, Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import {
  and,
  eq,
  gt,
  isNull,
  member,
  neq,
  now,
  type Predicate,
} from "../../../kernel/predicate.ts";
import { emailChangedNotice } from "../mail.ts";
import { oneTimeTokens, outbox, users } from "../tables.ts";
import type { User } from "../user.ts";
import { notBanned, openSession, refuseBanned } from "./issue.ts";
import { failuresOf } from "./limits.ts";
import { mintPkceCode, voidLinks } from "./links.ts";
import { erased, refuseTaken } from "./person.ts";
import { asUser, crowdOf, type OneTimeToken, userById } from "./rows.ts";
import type { Asker, Setup } from "./setup.ts";

/** Spends it, and answers with a session. */
export async function redeem(setup: Setup, asker: Asker, token: OneTimeToken) {
  const { user, crowd } = await holderOf(setup, asker, token);
  const opening = {
    userId: user.id,
    method: "otp" as const,
    proof: [spend(token)],
    steps: await effectOf(setup, token, user),
    crowd,
  };
  return refuseTaken(openSession(setup, asker, opening), "email_exists");
}

/** Spends it, and answers with a code that the holder of the verifier can exchange. */
export async function redeemForCode(setup: Setup, asker: Asker, token: OneTimeToken) {
  const { user } = await holderOf(setup, asker, token);
  const { code, steps } = await mintPkceCode(setup, {
    userId: user.id,
    email: token.email,
    challenge: token.code_challenge,
  });
  const effect = await effectOf(setup, token, user);
  const change: Change = [spend(token), notBanned(user.id), ...effect, ...steps];
  await refuseTaken(setup.kernel.commit(change, asker.actor), "email_exists");
  return code;
}

async function holderOf({ kernel }: Setup, { actor }: Asker, token: OneTimeToken) {
  const reads = [userById(token.user_id), crowdOf(eq("user_id", token.user_id))];
  const [rows = [], crowd] = await kernel.read(reads, actor);
  const user = asUser(rows[0]);
  if (!user) throw new Refusal("otp_expired");
  refuseBanned(user, kernel.clock.now());
  return { user, crowd };
}

function spend({ id, token_hash }: OneTimeToken): Step {
  return {
    delete: oneTimeTokens,
    where: and(eq("id", id), eq("token_hash", token_hash), gt("expires_at", now)),
    rows: 1,
    else: "otp_expired",
  };
}

async function effectOf(setup: Setup, token: OneTimeToken, user: User): Promise<Step[]> {
  const { kernel, settings } = setup;
  const email_confirmed_at = user.email_confirmed_at ?? iso(kernel.clock.now());
  const change = (set: Record<string, string | null>, where: Predicate): Step => ({
    update: users,
    set,
    where: and(eq("id", user.id), where, isNull("deleted_at")),
    rows: 1,
    else: "otp_expired",
  });
  if (token.purpose !== "email_change") {
    // Whoever chose the password of an address that nobody had confirmed may not be its holder.
    const unproven = token.purpose === "recovery" && !user.email_confirmed_at;
    const set = {
      email_confirmed_at,
      ...(unproven && { password_hash: null }),
    };
    // Whoever reads the mail may guess again at what they forgot.
    const failures = await failuresOf(setup, [settings.limits.signInFailures, token.email]);
    const clearing = token.purpose === "recovery" ? [failures.cleared] : [];
    return [change(set, eq("email", token.email)), ...clearing];
  }
  const old = user.email_confirmed_at ? user.email : null;
  const set = { email: token.email, new_email: null, email_confirmed_at };
  return [
    ...giveWay(setup, token.email, user.id),
    change(set, eq("new_email", token.email)),
    voidLinks(user.id),
    ...(old
      ? [
          {
            insert: outbox,
            rows: [{ ...emailChangedNotice(old, settings.siteUrl) }],
          },
        ]
      : []),
  ];
}

/** Who named an address and never proved it does not keep it from who did: they are erased. */
function giveWay({ kernel }: Setup, email: string, to: string): Step[] {
  const unproven = and(
    eq("email", email),
    neq("id", to),
    isNull("email_confirmed_at"),
    isNull("deleted_at"),
  );
  return [
    { delete: oneTimeTokens, where: member("user_id", users, "id", unproven) },
    { update: users, set: erased(kernel.clock.now()), where: unproven },
  ];
}
