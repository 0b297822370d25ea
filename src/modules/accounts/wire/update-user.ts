// A person changes what is kept of them. All fields are looked at before any password is: what is
// answered about a field must not depend on a guess at the password.
import type { Step } from "../../../kernel/change.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { and, eq, isNull, type Predicate } from "../../../kernel/predicate.ts";
import type { Session } from "../session.ts";
import type { Settings } from "../setting.ts";
import { sessions, users } from "../tables.ts";
import type { User } from "../user.ts";
import { type Body, challengeField, emailField, objectField, textField } from "./body.ts";
import { changeEmail, changePassword, provePresence } from "./change-credentials.ts";
import { acceptMetadata, acceptPassword, refuseTaken } from "./person.ts";
import { asUser, lives } from "./rows.ts";
import type { Asker, Setup } from "./setup.ts";
import { signedInPerson } from "./signed-in.ts";

/** Parallel updates of metadata are merged one after another: of many, one wins each round. */
const MERGES = 20;

export async function updateUser(setup: Setup, asker: Asker, body: Body): Promise<User> {
  const merges = body.password || body.email ? 1 : MERGES;
  for (let merge = 1; merge < merges; merge++) {
    try {
      return await updateOnce(setup, asker, body);
    } catch (error) {
      if (!(error instanceof Refusal && error.code === "conflict")) throw error;
    }
  }
  return updateOnce(setup, asker, body);
}

/** What is asked for, and found acceptable. */
export interface Wanted {
  user_metadata?: Body | undefined;
  password?: string | undefined;
  email?: string | undefined;
  challenge: string | null;
  current?: string | undefined;
  nonce?: string | undefined;
}

function accept(body: Body, user: User, settings: Settings): Wanted {
  if (body.phone) throw new Refusal("phone_provider_disabled");
  const data = objectField(body, "data");
  const email = body.email ? emailField(body) : undefined;
  return {
    user_metadata: data && acceptMetadata(user.user_metadata, data),
    email: email === user.email ? undefined : email,
    challenge: challengeField(body),
    current: textField(body, "current_password"),
    nonce: textField(body, "nonce"),
    password: body.password ? acceptPassword(body, user, settings) : undefined,
  };
}

async function updateOnce(setup: Setup, asker: Asker, body: Body): Promise<User> {
  const { user, session } = await signedInPerson(setup, asker);
  const wanted = accept(body, user, setup.settings);
  const change: Step[] = [];
  const set: Record<string, object | string | null> = {};
  if (wanted.password || wanted.email)
    change.push(...(await provePresence(setup, asker, { user, session, wanted })));
  if (wanted.password)
    change.push(...(await changePassword(setup, { user, session, wanted, set })));
  if (wanted.email) change.push(...(await changeEmail(setup, asker, { user, wanted, set })));
  if (wanted.user_metadata) set.user_metadata = wanted.user_metadata;
  if (Object.keys(set).length === 0) return user;
  const own: Step = { update: users, set, where: asRead(user, wanted), rows: 1, else: "conflict" };
  const living = sessionLives(session);
  const commit = setup.kernel.commit([own, living, ...change], asker.actor);
  const answers = await refuseTaken(commit, "email_exists");
  return asUser(answers[0]?.[0]) ?? user;
}

/** What was merged or compared is still as it was read. */
function asRead(user: User, { user_metadata, password, email }: Wanted): Predicate {
  const same = (column: string, value: string | null) =>
    value === null ? isNull(column) : eq(column, value);
  const merged = user_metadata ? [eq("updated_at", user.updated_at)] : [];
  const proven =
    password || email ? [same("password_hash", user.password_hash), same("email", user.email)] : [];
  return and(eq("id", user.id), isNull("deleted_at"), ...merged, ...proven);
}

/** A session that was ended meanwhile changes nothing any more. */
function sessionLives({ id }: Session): Step {
  return { expect: sessions, where: and(eq("id", id), lives), rows: 1, else: "session_not_found" };
}
