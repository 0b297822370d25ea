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
import { hashPassword } from "./hash.ts";
import { openSession } from "./issue.ts";
import { type Counted, raise } from "./limits.ts";
import { mintLink } from "./links.ts";
import { acceptMetadata, acceptPassword, refuseTaken } from "./person.ts";
import { asUser, userByEmail } from "./rows.ts";
import { type Asker, askerOf, type Setup } from "./setup.ts";

export function signUpRoutes(setup: Setup): Hono<Wire> {
  return new Hono<Wire>().post("/signup", async (c) => {
    const body = await readBody(c);
    return c.json(await signUp(setup, askerOf(c, setup.settings), body));
  });
}

async function signUp(setup: Setup, asker: Asker, body: Body) {
  const { settings } = setup;
  if (settings.signUpDisabled) throw new Refusal("signup_disabled");
  if (!body.email && !body.phone) throw new Refusal("anonymous_provider_disabled");
  const email = emailField(body);
  const password = acceptPassword(body, email, settings);
  const metadata = acceptMetadata({}, objectField(body, "data") ?? {});
  const challenge = challengeField(body);
  const { signUp, mailAccount } = settings.limits;
  const counted: Counted[] = [[signUp, asker.actor.address]];
  if (!settings.autoconfirm) counted.push([mailAccount, email]);
  await raise(setup, asker, ...counted);
  const person = newUser(setup, email, await hashPassword(password), metadata);
  return settings.autoconfirm
    ? registerAtOnce(setup, asker, person)
    : askToConfirm(setup, asker, person, challenge);
}

type NewUser = Omit<User, "created_at" | "updated_at">;

function newUser(
  setup: Setup,
  email: string,
  hash: string,
  metadata: User["user_metadata"],
): NewUser {
  return {
    id: setup.kernel.id(),
    email,
    password_hash: hash,
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

async function registerAtOnce(setup: Setup, asker: Asker, person: NewUser) {
  const confirmed = {
    ...person,
    email_confirmed_at: iso(setup.kernel.clock.now()),
  };
  const steps: Step[] = [{ insert: users, rows: [confirmed] }];
  const opened = openSession(setup, asker, {
    userId: person.id,
    method: "password",
    steps,
  });
  return refuseTaken(opened, "user_already_exists");
}

/**
 * What is answered tells nothing about the address: it is made from the request alone, and each
 * case hashes once, reads once and commits one batch with one mail.
 */
async function askToConfirm(
  setup: Setup,
  asker: Asker,
  person: NewUser,
  challenge: string | null,
): Promise<Record<string, unknown>> {
  const { kernel, settings } = setup;
  const email = String(person.email);
  const sent = iso(kernel.clock.now());
  const [rows = []] = await kernel.read([userByEmail(email)], asker.actor);
  const known = asUser(rows[0]);
  if (known?.email_confirmed_at) {
    const mail = alreadyRegistered(email, settings.siteUrl);
    await kernel.commit([{ insert: outbox, rows: [{ ...mail }] }], asker.actor);
  } else {
    const userId = known?.id ?? person.id;
    const { steps, link, code } = await mintLink(setup, asker, {
      userId,
      purpose: "signup",
      email,
      challenge,
    });
    const { password_hash, user_metadata } = person;
    const kept: Step = known
      ? {
          update: users,
          set: { password_hash, user_metadata, confirmation_sent_at: sent },
          where: and(eq("id", userId), isNull("email_confirmed_at")),
        }
      : { insert: users, rows: [{ ...person, confirmation_sent_at: sent }] };
    const mail: Step = {
      insert: outbox,
      rows: [{ ...confirmation(email, link, code) }],
    };
    await kernel.commit([kept, ...steps, mail], asker.actor);
  }
  return viewUser({
    ...person,
    confirmation_sent_at: sent,
    created_at: sent,
    updated_at: sent,
  });
}
