// One-shot links and codes.

export type Purpose = "signup" | "recovery" | "email_change" | "reauthentication" | "pkce";

export const LINK_MS = 60 * 60 * 1000;
export const CODE_MS = 10 * 60 * 1000;
/** A code from a link, exchanged by the app that the link opened. */
export const PKCE_MS = 5 * 60 * 1000;
export const CODE_TRIES = 5;
const CODE_DIGITS = 6;

/** What clients call a link or code, and the purpose it was made for. */
const TYPES: Record<string, Purpose> = {
  signup: "signup",
  email: "signup",
  recovery: "recovery",
  email_change: "email_change",
};

/** The purpose that a client's `type` names; null for types that nobody is sent. */
export function purposeOf(type: unknown): Purpose | null {
  return typeof type === "string" && Object.hasOwn(TYPES, type) ? (TYPES[type] ?? null) : null;
}

/** A code of six digits, all of the million equally likely. */
export function randomCode(): string {
  const range = 10 ** CODE_DIGITS;
  const fair = Math.floor(2 ** 32 / range) * range;
  const draw = new Uint32Array(1);
  do crypto.getRandomValues(draw);
  while ((draw[0] ?? 0) >= fair);
  return String((draw[0] ?? 0) % range).padStart(CODE_DIGITS, "0");
}

/** What a code's MAC is over: a code is worth nothing for anybody or anything else. */
export function codeMessage(user: string, purpose: Purpose, code: string): string {
  return `code|${user}|${purpose}|${code}`;
}

/** The link in a mail. */
export function linkUrl(base: string, token: string, type: Purpose, redirectTo: string): string {
  const query = new URLSearchParams({ token, type, redirect_to: redirectTo });
  return `${base}/auth/v1/verify?${query}`;
}

/** A PKCE challenge (S256), or null where the text is none (RFC 7636 §4.2). */
export function readChallenge(challenge: unknown, method: unknown): string | null {
  if (typeof challenge !== "string" || typeof method !== "string") return null;
  const s256 = method.toLowerCase() === "s256";
  return s256 && /^[A-Za-z0-9_-]{43}$/.test(challenge) ? challenge : null;
}
