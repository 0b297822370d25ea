import { Hono } from "hono";
import type { Change, Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Wire } from "../../../kernel/module.ts";
import { and, eq, isNull } from "../../../kernel/predicate.ts";
import { emailChangedNotice, emailChangeNotice, passwordChangedNotice } from "../mail.ts";
import { FRESH_MS, type Session } from "../session.ts";
import { outbox, users } from "../tables.ts";
import { type User, viewUser } from "../user.ts";
import {
  type Body,
  challengeField,
  emailField,
  invalid,
  objectField,
  readBody,
  readQuery,
  textField,
} from "./body.ts";
import { hashPassword, verifyPassword } from "./hash.ts";
import { raise } from "./limits.ts";
import { voidLinks } from "./links.ts";
import { limitMail, linkSteps } from "./mailing.ts";
import { acceptMetadata, acceptPassword, endSessions, refuseTaken } from "./person.ts";
import { proveNonce } from "./reauthenticate.ts";
import { asUser, userByEmail } from "./rows.ts";
import { type Asker, askerOf, type Setup } from "./setup.ts";
import { signedInPerson } from "./signed-in.ts";

const SCOPES = ["global", "local", "others"];

export function userRoutes(setup: Setup): Hono<Wire> {
  return new Hono<Wire>()
    .get("/user", async (c) => {
      const { user } = await signedInPerson(setup, askerOf(c, setup.settings));
      return c.json(viewUser(user));
    })
    .put("/user", async (c) => {
      const body = await readBody(c);
      return c.json(viewUser(await updateUser(setup, askerOf(c, setup.settings), body)));
    })
    .post("/logout", async (c) => {
      const scope = readQuery(c, "scope") ?? "global";
      if (!SCOPES.includes(scope)) throw invalid("scope must be global, local or others");
      await signOut(setup, askerOf(c, setup.settings), scope);
      return c.body(null, 204);
    });
}

async function signOut(setup: Setup, asker: Asker, scope: string): Promise<void> {
  const { user, session } = await signedInPerson(setup, asker);
  const which = { local: { only: session.id }, others: { not: session.id } }[scope] ?? {};
  await setup.kernel.commit([endSessions(setup, user.id, which)], asker.actor);
}

/** Parallel updates of metadata are merged one after another. */
const MERGES = 5;

async function updateUser(setup: Setup, asker: Asker, body: Body): Promise<User> {
  const again = body.password || body.email ? 1 : MERGES;
  for (let merge = 1; merge < again; merge++) {
    try {
      return await updateOnce(setup, asker, body);
    } catch (error) {
      if (!(error instanceof Refusal && error.code === "conflict")) throw error;
    }
  }
  return updateOnce(setup, asker, body);
}

async function updateOnce(setup: Setup, asker: Asker, body: Body): Promise<User> {
  const { user, session } = await signedInPerson(setup, asker);
  if (body.phone) throw new Refusal("phone_provider_disabled");
  const set: Record<string, object | string | null> = {};
  const data = objectField(body, "data");
  if (data) set.user_metadata = acceptMetadata(user.user_metadata, data);
  const change: Change = [];
  if (body.password)
    change.push(...(await changePassword(setup, asker, { user, session, body, set })));
  if (body.email) change.push(...(await changeEmail(setup, asker, { user, body, set })));
  if (Object.keys(set).length > 0) {
    // What was merged or compared must still be as it was read.
    const where = and(eq("id", user.id), eq("updated_at", user.updated_at), isNull("deleted_at"));
    change.unshift({ update: users, set, where, rows: 1, else: "conflict" });
  }
  if (change.length === 0) return user;
  const answers = await refuseTaken(setup.kernel.commit(change, asker.actor), "email_exists");
  return asUser(answers[0]?.[0]) ?? user;
}

interface Changing {
  user: User;
  body: Body;
  /** Columns of the person to be set, to be added to. */
  set: Record<string, object | string | null>;
}

/** Needs a fresh sign-in, the old password or a nonce; ends the person's other sessions. */
async function changePassword(
  setup: Setup,
  asker: Asker,
  { user, session, body, set }: Changing & { session: Session },
): Promise<Step[]> {
  const { kernel, settings } = setup;
  const password = acceptPassword(body, user.email ?? "", settings);
  const nonce = textField(body, "nonce");
  const fresh = kernel.clock.now() - Date.parse(session.created_at) < FRESH_MS;
  const old = textField(body, "current_password");
  if (old) await proveCurrent(setup, asker, user, old);
  if (!fresh && !old && !nonce) throw new Refusal("reauthentication_needed");
  const proof = nonce ? [await proveNonce(setup, asker, user, nonce)] : [];
  if (await verifyPassword(password, user.password_hash)) throw new Refusal("same_password");
  set.password_hash = await hashPassword(password);
  const mail = passwordChangedNotice(String(user.email), settings.siteUrl);
  return [
    ...proof,
    voidLinks(user.id),
    endSessions(setup, user.id, { not: session.id }),
    { insert: outbox, rows: [{ ...mail }] },
  ];
}

/** Guessing here is guessing at a sign-in, and counts like it. */
async function proveCurrent(setup: Setup, asker: Asker, user: User, old: string): Promise<void> {
  const { signInDevice } = setup.settings.limits;
  const giveBack = await raise(setup, asker, [
    signInDevice,
    `${user.email}|${asker.actor.address}`,
  ]);
  const right = await verifyPassword(old, user.password_hash);
  if (!right) throw new Refusal("invalid_credentials");
  await setup.kernel.commit([giveBack], asker.actor);
}

async function changeEmail(setup: Setup, asker: Asker, changing: Changing): Promise<Step[]> {
  const { kernel, settings } = setup;
  const { user, body, set } = changing;
  const [email, challenge] = [emailField(body), challengeField(body)];
  if (email === user.email) return [];
  if (settings.autoconfirm) {
    Object.assign(set, {
      email,
      new_email: null,
      email_confirmed_at: iso(kernel.clock.now()),
    });
    return [voidLinks(user.id), ...notice(user, (to) => emailChangedNotice(to, settings.siteUrl))];
  }
  await limitMail(setup, asker, email, ...(user.email ? [user.email] : []));
  const [rows = []] = await kernel.read([userByEmail(email)], asker.actor);
  Object.assign(set, {
    new_email: email,
    email_change_sent_at: iso(kernel.clock.now()),
  });
  // Somebody else's address gets no link, and the asker is not told why.
  const sending = {
    userId: user.id,
    purpose: "email_change",
    email,
    challenge,
  } as const;
  const steps = await linkSteps(setup, asker, sending);
  const told = notice(user, (to) => emailChangeNotice(to, settings.siteUrl));
  return [...(rows.length > 0 ? [] : steps), ...told];
}

function notice(user: User, letter: (to: string) => { recipient: string }): Step[] {
  return user.email ? [{ insert: outbox, rows: [{ ...letter(user.email) }] }] : [];
}
