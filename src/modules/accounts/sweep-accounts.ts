import { service } from "../../kernel/actor.ts";
import { iso } from "../../kernel/clock.ts";
import type { Kernel } from "../../kernel/module.ts";
import { lt } from "../../kernel/predicate.ts";
import { limits, oneTimeTokens, outbox, sessions } from "./tables.ts";

/** Mail is kept this long; its links and codes are over within the hour. */
const MAIL_MS = 7 * 24 * 3_600_000;

/** An ended session stays as long as it could have lived: it tells where somebody has been. */
export async function sweepAccounts(kernel: Kernel): Promise<void> {
  const now = kernel.clock.now();
  const over = [
    { delete: oneTimeTokens, where: lt("expires_at", iso(now)) },
    { delete: sessions, where: lt("ends_at", iso(now)) },
    { delete: outbox, where: lt("created_at", iso(now - MAIL_MS)) },
    { delete: limits, where: lt("expires_at", iso(now)) },
  ];
  await kernel.commit(over, service());
}
