// A person as GoTrue's clients see them.

export interface User {
  id: string;
  email: string | null;
  password_hash: string | null;
  email_confirmed_at: string | null;
  new_email: string | null;
  app_metadata: Record<string, unknown>;
  user_metadata: Record<string, unknown>;
  confirmation_sent_at: string | null;
  recovery_sent_at: string | null;
  email_change_sent_at: string | null;
  last_sign_in_at: string | null;
  banned_until: string | null;
  deleted_at: string | null;
  created_at: string;
  updated_at: string;
}

/** Bytes of a person's metadata as JSON; access tokens carry it. */
export const METADATA_BYTES = 16 * 1024;

export const emailApp = { provider: "email", providers: ["email"] };

/** The person, as sent: no hash, and nothing that is not theirs to see. */
export function viewUser(user: User): Record<string, unknown> {
  const sent = {
    confirmation_sent_at: user.confirmation_sent_at,
    recovery_sent_at: user.recovery_sent_at,
    email_change_sent_at: user.email_change_sent_at,
    new_email: user.new_email,
    email_confirmed_at: user.email_confirmed_at,
    confirmed_at: user.email_confirmed_at,
    last_sign_in_at: user.last_sign_in_at,
    banned_until: user.banned_until,
  };
  return {
    id: user.id,
    aud: "authenticated",
    role: "authenticated",
    email: user.email ?? "",
    phone: "",
    ...Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null)),
    app_metadata: user.app_metadata,
    user_metadata: user.user_metadata,
    identities: user.email === null ? [] : [identityOf(user)],
    created_at: user.created_at,
    updated_at: user.updated_at,
    is_anonymous: false,
  };
}

/** The one identity everybody has, their address. */
function identityOf(user: User) {
  return {
    identity_id: user.id,
    id: user.id,
    user_id: user.id,
    identity_data: {
      email: user.email,
      email_verified: user.email_confirmed_at !== null,
      phone_verified: false,
      sub: user.id,
    },
    provider: "email",
    last_sign_in_at: user.last_sign_in_at ?? user.created_at,
    created_at: user.created_at,
    updated_at: user.updated_at,
  };
}

/** Members of `changes` win; null takes a member away. Null where the result is too large. */
export function mergeMetadata(
  old: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> | null {
  const merged = Object.entries({ ...old, ...changes }).filter(([, value]) => value !== null);
  const result = Object.fromEntries(merged);
  const bytes = new TextEncoder().encode(JSON.stringify(result)).byteLength;
  return bytes <= METADATA_BYTES ? result : null;
}

export function isBanned(user: Pick<User, "banned_until">, now: number): boolean {
  return user.banned_until !== null && Date.parse(user.banned_until) > now;
}
