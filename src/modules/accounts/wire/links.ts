// Making one-shot links and codes: only a hash is kept, and only the newest of a purpose.

import { toBase64Url } from "../../../kernel/base64url.ts";
import type { Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { and, eq } from "../../../kernel/predicate.ts";
import { digest, mac, randomSecret } from "../encoding.ts";
import {
  CODE_MS,
  codeMessage,
  LINK_MS,
  linkUrl,
  PKCE_MS,
  type Purpose,
  randomCode,
} from "../link.ts";
import { oneTimeTokens } from "../tables.ts";
import { keysOf } from "./keys.ts";
import type { Asker, Setup } from "./setup.ts";

export interface Minting {
  userId: string;
  purpose: Purpose;
  /** Where it is sent. */
  email: string;
  challenge?: string | null;
}

/** A link, a code, and the steps that make them good and older ones of the purpose void. */
export async function mintLink({ kernel }: Setup, asker: Asker, minting: Minting) {
  const { userId, purpose, email, challenge = null } = minting;
  const now = kernel.clock.now();
  const [token, code] = [randomSecret(), randomCode()];
  const row = {
    user_id: userId,
    purpose,
    token_hash: await digest(token),
    code_hash: await codeHash({ kernel }, userId, purpose, code),
    email,
    code_challenge: challenge,
    expires_at: iso(now + LINK_MS),
    code_expires_at: iso(now + CODE_MS),
  };
  const link = linkUrl(asker.base(), token, purpose, asker.redirectTo);
  return { link, code, steps: replace(row) };
}

/** The code that a link with a challenge answers with, and the steps that make it good. */
export async function mintPkceCode({ kernel }: Setup, minting: Omit<Minting, "purpose">) {
  const code = randomSecret();
  const row = {
    user_id: minting.userId,
    purpose: "pkce",
    token_hash: await digest(code),
    email: minting.email,
    code_challenge: minting.challenge ?? null,
    expires_at: iso(kernel.clock.now() + PKCE_MS),
  };
  return { code, steps: replace(row) };
}

function replace(row: { user_id: string; purpose: string; [column: string]: unknown }): Step[] {
  const same = and(eq("user_id", row.user_id), eq("purpose", row.purpose));
  return [
    { delete: oneTimeTokens, where: same },
    { insert: oneTimeTokens, rows: [row] },
  ];
}

/** Every link and code of a person is void: after a new password or address. */
export function voidLinks(userId: string): Step {
  return { delete: oneTimeTokens, where: eq("user_id", userId) };
}

/** A million codes are guessed in a moment, so their hash needs the server's secret. */
export async function codeHash(
  { kernel }: Pick<Setup, "kernel">,
  userId: string,
  purpose: Purpose,
  code: string,
): Promise<string> {
  const { pepper } = await keysOf(kernel);
  return toBase64Url(await mac(pepper, codeMessage(userId, purpose, code)));
}
