import { Refusal } from "../../../kernel/errors.ts";
import type { Session } from "../session.ts";
import type { User } from "../user.ts";
import { asSession, asUser, livingSession, userById } from "./rows.ts";
import type { Asker, Setup } from "./setup.ts";

const credentials = "a signed-in user's access token";

/** The person who asks, and their living session, in one round trip. */
export async function signedInPerson(
  { kernel }: Setup,
  { actor }: Asker,
): Promise<{ user: User; session: Session }> {
  if (!actor.id || !actor.session) throw new Refusal("no_authorization", { credentials });
  const found = await kernel.read([userById(actor.id), livingSession(actor.session)], actor);
  const [user, session] = [asUser(found[0]?.[0]), asSession(found[1]?.[0])];
  if (!user || !session || session.user_id !== user.id) throw new Refusal("session_not_found");
  return { user, session };
}
