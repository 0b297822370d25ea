import { plus, type Step } from "../../../kernel/change.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { and, eq, gt, lt, now } from "../../../kernel/predicate.ts";
import { CODE_TRIES } from "../link.ts";
import { oneTimeTokens } from "../tables.ts";
import type { User } from "../user.ts";
import { codeHash } from "./links.ts";
import { asToken } from "./rows.ts";
import type { Asker, Setup } from "./setup.ts";

/** Counts a try, and answers with the step that spends the nonce; refuses a wrong one. */
export async function proveNonce(
  setup: Setup,
  { actor }: Asker,
  user: User,
  nonce: string,
): Promise<Step> {
  const purpose = "reauthentication";
  const [rows = []] = await setup.kernel.commit(
    [
      {
        update: oneTimeTokens,
        set: { tries: plus(1) },
        where: and(
          eq("user_id", user.id),
          eq("purpose", purpose),
          lt("tries", CODE_TRIES),
          gt("code_expires_at", now),
        ),
      },
    ],
    actor,
  );
  const token = asToken(rows[0]);
  const hash = await codeHash(setup, user.id, purpose, nonce);
  if (!token || token.code_hash !== hash) throw new Refusal("reauthentication_not_valid");
  return {
    delete: oneTimeTokens,
    where: and(eq("id", token.id), eq("code_hash", hash)),
    rows: 1,
    else: "reauthentication_not_valid",
  };
}
