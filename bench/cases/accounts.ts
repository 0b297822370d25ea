// Signing in and staying so.
import { refreshToken } from "../data/world.ts";
import type { Case } from "./case.ts";

export const accounts: Case[] = [
  {
    name: "sign-in",
    title: "sign-in with a password",
    kind: "account",
    caller: "guest",
    variants: 1,
    ask: (_, { visitor: { email, password } }) => ({
      method: "POST",
      path: "/auth/v1/token?grant_type=password",
      body: { email, password },
    }),
    pocketbase: (_, { visitor: { email, password } }) => ({
      method: "POST",
      path: "/api/collections/users/auth-with-password",
      body: { identity: email, password },
    }),
    expects: { trips: 3, statements: 15, rowsWritten: 9 },
  },
  {
    name: "refresh",
    title: "refresh of a session",
    kind: "account",
    caller: "guest",
    variants: 1,
    needs: "sessions",
    carries: {
      first: (connection, world) => world.refreshTokens[connection] ?? "",
      next: refreshToken,
    },
    ask: (_, { carried }) => ({
      method: "POST",
      path: "/auth/v1/token?grant_type=refresh_token",
      body: { refresh_token: carried },
    }),
    pocketbase: (_, { customer }) => ({
      method: "POST",
      path: "/api/collections/users/auth-refresh",
      headers: { authorization: `Bearer ${customer.token}` },
    }),
    expects: { trips: 2, statements: 4, rowsRead: 6, rowsWritten: 2 },
  },
];
