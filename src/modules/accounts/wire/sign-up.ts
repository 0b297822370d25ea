import { Hono } from "hono";
import type { Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Wire } from "../../../kernel/module.ts";
import { and, eq, isNull } from "../../../kernel/predicate.ts";
import { alreadyRegistered, confirmation } from "../mail.ts";
import { outbox, users } from "../tables.ts";
import { emailApp, type User, viewUser } from "../user.ts";
import { type Body, challengeField, emailField, objectField, readBody } from "./body.ts";
import { hashPassword, verifyPassword } from "./hash.ts";
import { openSession } from "./issue.ts";
import { type Counted, raise } from "./limits.ts";
import { mintLink } from "./links.ts";
import { acceptMetadata, acceptPassword, refuseTaken } from "./person.ts";
import { asToken, asUser, liveLink, userByEmail } from "./rows.ts";
import { type Asker, askerOf, type Setup } from "./setup.ts";

export function signUpRoutes(setup: Setup): Hono<Wire> {
  return new Hono<Wire>().post("/signup", async (c) => {
    const body = await readBody(c);
    return c.json(await signUp(setup, askerOf(c, setup.settings), body));
  });
}

/** What somebody asks to be known by. */
interface Asked {
  email: string;
  password: string;
  metadata: Body;
  challenge: string | null;
}

async function signUp(setup: Setup, asker: Asker, body: Body) {
  const { settings } = setup;
  if (settings.signUpDisabled) throw new Refusal("signup_disabled");
  if (!body.email && !body.phone) throw new Refusal("anonymous_provider_disabled");
  const email = emailField(body);
  const metadata = acceptMetadata({}, objectField(body, "data") ?? {});
  const password = acceptPassword(body, { email, user_metadata: metadata }, settings);
  const asked = { email, password, metadata, challenge: challengeField(body) };
  const { signUp, mailAccount } = settings.limits;
  const counted: Counted[] = [[signUp, asker.actor.address]];
  if (!settings.autoconfirm) counted.push([mailAccount, `signup|${email}`]);
  await raise(setup, asker, ...counted);
  if (settings.autoconfirm) return registerAtOnce(setup, asker, asked);
  try {
    return await askToConfirm(setup, asker, asked);
  } catch (error) {
    if (!(error instanceof Refusal && error.code === "23505")) throw error;
    // Another sign-up of the address was faster; this one is now a repetition.
    return askToConfirm(setup, asker, asked);
  }
}

type NewUser = Omit<User, "created_at" | "updated_at">;

function newUser({ kernel }: Setup, { email, metadata }: Asked): NewUser {
  return {
    id: kernel.id(),
    email,
    password_hash: null,
    email_confirmed_at: null,
    new_email: null,
    app_metadata: emailApp,
    user_metadata: metadata,
    confirmation_sent_at: null,
    recovery_sent_at: null,
    email_change_sent_at: null,
    last_sign_in_at: null,
    banned_until: null,
    deleted_at: null,
  };
}

async function registerAtOnce(setup: Setup, asker: Asker, asked: Asked) {
  const person = {
    ...newUser(setup, asked),
    password_hash: await hashPassword(asked.password),
    email_confirmed_at: iso(setup.kernel.clock.now()),
  };
  const steps: Step[] = [{ insert: users, rows: [person] }];
  const opened = openSession(setup, asker, {
    userId: person.id,
    method: "password",
    steps,
  });
  return refuseTaken(opened, "user_already_exists");
}

/**
 * What is answered tells nothing about the address: it is made from the request alone, and each
 * case reads once, hashes once and commits one batch with one mail.
 */
async function askToConfirm(setup: Setup, asker: Asker, asked: Asked) {
  const { kernel, settings } = setup;
  const { email } = asked;
  const sent = iso(kernel.clock.now());
  const person = { ...newUser(setup, asked), confirmation_sent_at: sent };
  const reads = [userByEmail(email), liveLink(email, "signup")];
  const [rows = [], links = []] = await kernel.read(reads, asker.actor);
  const known = asUser(rows[0]);
  const kept = await keeping(person, asked, known);
  if (known?.email_confirmed_at) {
    const mail = alreadyRegistered(email, settings.siteUrl);
    await kernel.commit([{ insert: outbox, rows: [{ ...mail }] }], asker.actor);
  } else {
    const { steps, link, code } = await mintLink(setup, asker, {
      userId: known?.id ?? person.id,
      purpose: "signup",
      email,
      challenge: asked.challenge ?? asToken(links[0])?.code_challenge ?? null,
    });
    const mail = confirmation(email, link, code);
    const change = [kept, ...steps, { insert: outbox, rows: [{ ...mail }] }];
    await kernel.commit(change, asker.actor);
  }
  return viewUser({ ...person, created_at: sent, updated_at: sent });
}

/**
 * Until an address is proven, anybody may have named it: where two sign-ups differ, neither one's
 * password nor metadata stands, and who reads the mail decides.
 */
async function keeping(person: NewUser, asked: Asked, known: User | undefined): Promise<Step> {
  if (!known || known.email_confirmed_at) {
    const password_hash = await hashPassword(asked.password);
    return { insert: users, rows: [{ ...person, password_hash }] };
  }
  const samePassword = await verifyPassword(asked.password, known.password_hash);
  const sameMetadata = JSON.stringify(asked.metadata) === JSON.stringify(known.user_metadata);
  const set = {
    confirmation_sent_at: person.confirmation_sent_at,
    ...(!samePassword && { password_hash: null }),
    ...(!sameMetadata && { user_metadata: {} }),
  };
  return {
    update: users,
    set,
    where: and(eq("id", known.id), isNull("email_confirmed_at"), isNull("deleted_at")),
  };
}
