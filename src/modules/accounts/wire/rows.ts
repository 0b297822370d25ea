// What endpoints look up, and the rows they get, typed as the tables declare them.
import type { ModuleQuery } from "../../../kernel/change.ts";
import {
  and,
  eq,
  gt,
  isNotNull,
  isNull,
  member,
  now,
  type Predicate,
} from "../../../kernel/predicate.ts";
import type { Row } from "../../../kernel/table.ts";
import type { Session } from "../session.ts";
import { oneTimeTokens, sessions, users } from "../tables.ts";
import type { User } from "../user.ts";

export interface OneTimeToken {
  id: string;
  user_id: string;
  purpose: string;
  token_hash: string;
  code_hash: string | null;
  email: string;
  code_challenge: string | null;
}

// The kernel answers with rows of the table that was asked.
type Found = Row | undefined;
export const asUser = (row: Found) => row as unknown as User | undefined; // a row of users
export const asSession = (row: Found) => row as unknown as Session | undefined; // of sessions
export const asToken = (row: Found) => row as unknown as OneTimeToken | undefined; // of its table

function person(...where: Predicate[]): ModuleQuery {
  return { from: users, where: and(...where, isNull("deleted_at")), limit: 1 };
}

export const userById = (id: string) => person(eq("id", id));
export const userByEmail = (email: string) => person(eq("email", email));

/** The row's person is the holder of this address. */
export const ofHolder = (email: string) => member("user_id", users, "id", eq("email", email));

/** The person whose session this is. */
export const userOfSession = (session: string) =>
  person(member("id", sessions, "user_id", eq("id", session)));

/** Who proved the address that the holder of another one wants to have instead. */
export const holderOfWanted = (email: string) =>
  person(isNotNull("email_confirmed_at"), member("email", users, "new_email", eq("email", email)));

/** The person a link was sent to. */
export const userOfToken = (hash: string) =>
  person(member("id", oneTimeTokens, "user_id", eq("token_hash", hash)));

export const sessionById = (id: string): ModuleQuery => ({
  from: sessions,
  where: eq("id", id),
  limit: 1,
});

/** The session lives: it was not ended, and its longest life is not over. */
export const lives = and(isNull("ended_at"), gt("ends_at", now));

export const livingSession = (id: string): ModuleQuery => ({
  from: sessions,
  where: and(eq("id", id), lives),
  limit: 1,
});

/** More living sessions than anybody has devices: a further one ends the oldest. */
const MAX_SESSIONS = 100;

/** The oldest living session that stays when there is one more; none while there is room. */
export const crowdOf = (where: Predicate): ModuleQuery => ({
  from: sessions,
  where: and(where, lives),
  columns: ["id"],
  order: [{ column: "id", descending: true }],
  offset: MAX_SESSIONS - 1,
  limit: 1,
});

/** Sessions that the holder of an address opened from this network in a session's lifetime. */
export const sessionsFrom = (email: string, address: string): ModuleQuery => ({
  from: sessions,
  where: and(ofHolder(email), eq("address", address), gt("ends_at", now)),
  columns: ["id"],
  limit: 1,
});

/** The link of a purpose that the holder of an address was sent last, while it is good. */
export const liveLink = (email: string, purpose: string): ModuleQuery => ({
  from: oneTimeTokens,
  where: and(ofHolder(email), eq("purpose", purpose), gt("expires_at", now)),
  limit: 1,
});

export const tokenByHash = (hash: string, purpose: string): ModuleQuery => ({
  from: oneTimeTokens,
  where: and(eq("token_hash", hash), eq("purpose", purpose), gt("expires_at", now)),
  limit: 1,
});
