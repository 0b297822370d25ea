// People, their sessions and what is on its way to them. Nobody but this module touches any of it.
import {
  createdAt,
  id,
  integer,
  json,
  table,
  text,
  timestamp,
  updatedAt,
  uuid,
} from "../../kernel/table.ts";

const ours = { schema: "auth", policy: { service: "none" } } as const;

/** People. One who was deleted stays as an empty row, so that what points at it still may. */
export const users = table(
  "users",
  {
    id: id(),
    /** Normalised (email.ts); null once deleted. */
    email: text({ maxBytes: 320 }),
    password_hash: text({ hidden: true, maxBytes: 256 }),
    email_confirmed_at: timestamp(),
    /** The address that waits for its confirmation. */
    new_email: text({ maxBytes: 320 }),
    app_metadata: json().notNull().default("{}"),
    user_metadata: json().notNull().default("{}"),
    confirmation_sent_at: timestamp(),
    recovery_sent_at: timestamp(),
    email_change_sent_at: timestamp(),
    last_sign_in_at: timestamp(),
    banned_until: timestamp(),
    deleted_at: timestamp(),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  {
    ...ours,
    indexes: [{ on: ["email"], unique: true }, { on: ["deleted_at", "created_at"] }],
    example: ({ user, canary }) => ({
      id: user,
      email: `${canary}@example.com`,
    }),
  },
);

/** Sessions: a refresh token is this row's counter under a MAC, so none is ever stored. */
export const sessions = table(
  "sessions",
  {
    id: id(),
    user_id: uuid({ setOnce: true })
      .notNull()
      .references(() => users.id),
    /** Half of the MAC's key; the other half is the server's secret. */
    key: text({ hidden: true, setOnce: true, maxBytes: 64 }).notNull(),
    counter: integer().notNull().default(0),
    rotated_at: timestamp().notNull(),
    ends_at: timestamp().notNull(),
    ended_at: timestamp(),
    amr: json().notNull(),
    /** The network it was opened from. */
    address: text({ maxBytes: 64 }).notNull(),
    user_agent: text({ maxBytes: 512 }),
    created_at: createdAt(),
  },
  {
    ...ours,
    indexes: [{ on: ["user_id", "ended_at"] }, { on: ["ends_at"] }],
    example: ({ parent }) => ({
      user_id: parent(users).id,
      key: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      rotated_at: "2026-01-01T00:00:00.000Z",
      ends_at: "2026-04-01T00:00:00.000Z",
      amr: [{ method: "password", timestamp: 1767225600 }],
      address: "192.0.2.1",
    }),
  },
);

/** One-shot links and codes, as hashes; a person has one per purpose, the newest. */
export const oneTimeTokens = table(
  "one_time_tokens",
  {
    id: id(),
    user_id: uuid({ setOnce: true })
      .notNull()
      .references(() => users.id),
    purpose: text({ maxBytes: 32 }).notNull(),
    token_hash: text({ hidden: true, maxBytes: 64 }).notNull(),
    code_hash: text({ hidden: true, maxBytes: 64 }),
    tries: integer().notNull().default(0),
    /** The address it was sent to. */
    email: text({ maxBytes: 320 }).notNull(),
    /** PKCE: the link answers with a code that only the holder of the verifier can use. */
    code_challenge: text({ maxBytes: 128 }),
    expires_at: timestamp().notNull(),
    code_expires_at: timestamp(),
    created_at: createdAt(),
  },
  {
    ...ours,
    indexes: [
      { on: ["user_id", "purpose"], unique: true },
      { on: ["token_hash"], unique: true },
      { on: ["email"] },
      { on: ["expires_at"] },
    ],
    example: ({ parent, canary }) => ({
      user_id: parent(users).id,
      purpose: "recovery",
      token_hash: canary,
      email: "someone@example.com",
      expires_at: "2026-01-01T01:00:00.000Z",
    }),
  },
);

/** Counters of fixed windows; a key is a hash, so that no address of anybody is kept here. */
export const limits = table(
  "limits",
  {
    key: text({ setOnce: true, maxBytes: 64 }).primaryKey().notNull(),
    n: integer().notNull(),
    expires_at: timestamp().notNull(),
  },
  {
    ...ours,
    watch: false,
    indexes: [{ on: ["expires_at"] }],
    example: ({ canary }) => ({
      key: canary,
      n: 1,
      expires_at: "2026-01-01T00:15:00.000Z",
    }),
  },
);

/** Mail on its way: written in the batch of what it tells about, sent after it. */
export const outbox = table(
  "outbox",
  {
    id: id(),
    recipient: text({ maxBytes: 320 }).notNull(),
    subject: text({ maxBytes: 256 }).notNull(),
    body: text({ maxBytes: 16_384 }).notNull(),
    created_at: createdAt(),
  },
  {
    ...ours,
    watch: false,
    indexes: [{ on: ["recipient"] }, { on: ["created_at"] }],
    example: ({ canary }) => ({
      recipient: "someone@example.com",
      subject: "Confirm your address",
      body: canary,
    }),
  },
);
