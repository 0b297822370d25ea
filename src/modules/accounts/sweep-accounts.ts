import type { Change } from "../../kernel/change.ts";
import { iso } from "../../kernel/clock.ts";
import { lt } from "../../kernel/predicate.ts";
import { limits, oneTimeTokens, outbox, sessions } from "./tables.ts";

/** Mail is kept this long; its links and codes are over within the hour. */
const MAIL_MS = 7 * 24 * 3_600_000;

/** An ended session stays as long as it could have lived: it tells where somebody has been. */
export function sweepAccounts(now: string): Change {
  return [
    { delete: oneTimeTokens, where: lt("expires_at", now) },
    { delete: sessions, where: lt("ends_at", now) },
    { delete: outbox, where: lt("created_at", iso(Date.parse(now) - MAIL_MS)) },
    { delete: limits, where: lt("expires_at", now) },
  ];
}
