import type { Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { emailChangedNotice, emailChangeNotice, passwordChangedNotice } from "../mail.ts";
import { FRESH_MS, type Session } from "../session.ts";
import { outbox } from "../tables.ts";
import type { User } from "../user.ts";
import { hashPassword, verifyPassword } from "./hash.ts";
import { raise } from "./limits.ts";
import { voidLinks } from "./links.ts";
import { limitMail, linkSteps } from "./mailing.ts";
import { endSessions } from "./person.ts";
import { proveNonce } from "./reauthenticate.ts";
import { asUser, userByEmail } from "./rows.ts";
import type { Asker, Setup } from "./setup.ts";
import type { Wanted } from "./update-user.ts";

interface Changing {
  user: User;
  wanted: Wanted;
  /** Columns of the person to be set, to be added to. */
  set: Record<string, object | string | null>;
}

type Proving = Pick<Changing, "user" | "wanted"> & { session: Session };

/**
 * Refuses all but a fresh sign-in, the current password or a nonce. Guesses at the password are
 * counted before they are checked, the new one's likeness to the old one among them.
 */
export async function provePresence(
  setup: Setup,
  asker: Asker,
  { user, session, wanted }: Proving,
): Promise<Step[]> {
  const { presence, hashing } = setup.settings.limits;
  const { current, nonce, password } = wanted;
  const steps: Step[] = [];
  if (current || password) {
    const from = asker.actor.address;
    steps.push(await raise(setup, asker, [presence, user.id], [hashing, from]));
  }
  if (current && !(await verifyPassword(current, user.password_hash)))
    throw new Refusal("invalid_credentials");
  const fresh = setup.kernel.clock.now() - Date.parse(session.created_at) < FRESH_MS;
  if (!fresh && !current && !nonce) throw new Refusal("reauthentication_needed");
  if (nonce) steps.push(await proveNonce(setup, asker, user, nonce));
  return steps;
}

/** Ends the person's other sessions. */
export async function changePassword(
  setup: Setup,
  { user, session, wanted, set }: Changing & { session: Session },
): Promise<Step[]> {
  const password = String(wanted.password);
  if (await verifyPassword(password, user.password_hash)) throw new Refusal("same_password");
  set.password_hash = await hashPassword(password);
  const mail = passwordChangedNotice(String(user.email), setup.settings.siteUrl);
  return [
    voidLinks(user.id),
    endSessions(setup, user.id, { not: session.id }),
    { insert: outbox, rows: [{ ...mail }] },
  ];
}

export async function changeEmail(
  setup: Setup,
  asker: Asker,
  { user, wanted, set }: Changing,
): Promise<Step[]> {
  const { kernel, settings } = setup;
  const [email, at] = [String(wanted.email), iso(kernel.clock.now())];
  if (settings.autoconfirm) {
    Object.assign(set, { email, new_email: null, email_confirmed_at: at });
    return [voidLinks(user.id), ...notice(user, (to) => emailChangedNotice(to, settings.siteUrl))];
  }
  await limitMail(setup, asker, `email_change|${email}`, `notice|${user.email}`);
  const [rows = []] = await kernel.read([userByEmail(email)], asker.actor);
  Object.assign(set, { new_email: email, email_change_sent_at: at });
  const steps = await linkSteps(setup, asker, {
    userId: user.id,
    purpose: "email_change",
    email,
    challenge: wanted.challenge,
  });
  // An address that somebody proved gets no link, and the asker is not told why.
  const taken = Boolean(asUser(rows[0])?.email_confirmed_at);
  const told = notice(user, (to) => emailChangeNotice(to, settings.siteUrl));
  return [...(taken ? [] : steps), ...told];
}

function notice(user: User, letter: (to: string) => { recipient: string }): Step[] {
  return user.email ? [{ insert: outbox, rows: [{ ...letter(user.email) }] }] : [];
}
