// Rules on what may be said of a person, shared by everybody who says it: themselves and the admin.
import type { Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { and, eq, isNull, neq, type Predicate } from "../../../kernel/predicate.ts";
import { explainWeakness, weaknesses } from "../password.ts";
import type { Settings } from "../setting.ts";
import { sessions } from "../tables.ts";
import { METADATA_BYTES, mergeMetadata } from "../user.ts";
import { type Body, invalid, textField } from "./body.ts";
import type { Setup } from "./setup.ts";

/** The password in the body; refuses one that is no password for this person. */
export function acceptPassword(
  body: Body,
  { email, user_metadata }: { email: string | null; user_metadata: Body },
  settings: Settings,
): string {
  const password = textField(body, "password");
  if (!password) throw invalid("password is missing");
  const found = weaknesses(
    password,
    [email ?? "", ...namesIn(user_metadata)],
    settings.passwordMin,
  );
  if (found.length === 0) return password;
  const reason = explainWeakness(found, settings.passwordMin);
  throw new Refusal("weak_password", { reason, reasons: found.join(",") });
}

/** What apps keep in metadata as a person's name: `name`, `full_name`, `username` … */
function namesIn(metadata: Body): string[] {
  return Object.entries(metadata).flatMap(([key, value]) =>
    /name/i.test(key) && typeof value === "string" ? [value] : [],
  );
}

/** Metadata as it will be; refuses more than a token can carry. */
export function acceptMetadata(old: Body, changes: Body): Body {
  const merged = mergeMetadata(old, changes);
  if (!merged) throw invalid(`metadata may have ${METADATA_BYTES} bytes`);
  return merged;
}

/** Passes on what comes of `work`; a unique key that was taken is `code`. */
export async function refuseTaken<T>(work: Promise<T>, code: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Refusal && error.code === "23505")
      throw new Refusal(error.params.columns === "id" ? "user_id_exists" : code);
    throw error;
  }
}

/** Columns of a person of whom nothing is left; the row stays for what points at it. */
export function erased(now: number) {
  return {
    email: null,
    password_hash: null,
    email_confirmed_at: null,
    new_email: null,
    app_metadata: {},
    user_metadata: {},
    confirmation_sent_at: null,
    recovery_sent_at: null,
    email_change_sent_at: null,
    last_sign_in_at: null,
    deleted_at: iso(now),
  };
}

/** Ends a person's sessions: all, or all but one, or one. */
export function endSessions(
  { kernel }: Pick<Setup, "kernel">,
  userId: string,
  which: { not?: string; only?: string } = {},
): Step {
  const of: Predicate[] = [eq("user_id", userId), isNull("ended_at")];
  if (which.not) of.push(neq("id", which.not));
  if (which.only) of.push(eq("id", which.only));
  return {
    update: sessions,
    set: { ended_at: iso(kernel.clock.now()) },
    where: and(...of),
  };
}
