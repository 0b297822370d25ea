// Accounts: people, their sessions and their keys. Speaks GoTrue's API at /auth/v1.
import type { Module } from "../../kernel/module.ts";
import { actorId, actorSession, and, eq, gt, isNull, now } from "../../kernel/predicate.ts";
import { accountErrors } from "./errors.ts";
import { sweepAccounts } from "./sweep-accounts.ts";
import { limits, oneTimeTokens, outbox, sessions, users } from "./tables.ts";
import { accountsApp } from "./wire/app.ts";
import { authenticator } from "./wire/authenticate.ts";
import { refuse } from "./wire/refusals.ts";

export { users };

export const accounts: Module = {
  name: "accounts",
  tables: [users, sessions, oneTimeTokens, limits, outbox],
  errors: accountErrors,
  sweep: sweepAccounts,
  authenticate: {
    actor: authenticator,
    alive: {
      table: sessions,
      where: and(
        eq("id", actorSession),
        eq("user_id", actorId),
        isNull("ended_at"),
        gt("ends_at", now),
      ),
    },
  },
  routes: { path: "/auth/v1", app: accountsApp, refuse },
};
