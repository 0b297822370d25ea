// Files, as rows. What decides about them is the policy of their bucket, which every query and
// every guard adds; no protocol can name these tables.
import { everyone } from "../../kernel/predicate.ts";
import {
  boolean,
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
import { users } from "../accounts/tables.ts";
import { maxNameBytes } from "./name.ts";

const ours = { schema: "storage", policy: { service: "none" } } as const;

/** Buckets made over the API; the declared ones are in code alone. */
export const buckets = table(
  "buckets",
  {
    name: text({ maxBytes: 100 }).primaryKey().notNull(),
    public: boolean().notNull().default(false),
    max_bytes: integer(),
    types: json(),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  { ...ours, example: ({ canary }) => ({ name: canary }) },
);

/** What a policy may name, of a file that is there and of one that is on its way. */
const common = () => ({
  bucket_id: text({ maxBytes: 100 }).notNull(),
  /** The whole path. */
  name: text({ maxBytes: maxNameBytes }).notNull(),
  /** The first segment of the path; null where the file lies in no folder. */
  folder: text({ maxBytes: maxNameBytes }),
  owner_id: uuid().references(() => users.id),
  size: integer().notNull(),
  mime_type: text({ maxBytes: 255 }).notNull(),
  created_at: createdAt(),
});

/** What each person keeps, and has on its way. Nothing writes here but the triggers of both. */
export const usage = table(
  "usage",
  {
    owner_id: uuid()
      .primaryKey()
      .notNull()
      .references(() => users.id),
    files: integer().notNull(),
    bytes: integer().notNull(),
  },
  { ...ours, example: ({ user }) => ({ owner_id: user, files: 0, bytes: 0 }) },
);

const tally = (bytes: string) =>
  ({ in: usage, by: "owner_id", sums: { files: 1, bytes } }) as const;

export const objects = table(
  "objects",
  {
    id: id(),
    ...common(),
    /** The upload it came by, and the key of its bytes in R2. */
    version: uuid().notNull(),
    etag: text({ maxBytes: 255 }).notNull(),
    cache_control: text({ maxBytes: 255 }).notNull(),
    user_metadata: json(),
    updated_at: updatedAt(),
  },
  {
    ...ours,
    policy: { select: everyone, service: "read" },
    indexes: [
      { on: ["bucket_id", "name"], unique: true },
      { on: ["version"], unique: true },
      { on: ["bucket_id", "folder", "name"] },
      { on: ["owner_id"] },
    ],
    tallies: [tally("size")],
    example: ({ user, canary }) => ({
      bucket_id: "photos",
      name: `${user}/${canary}.png`,
      folder: user,
      owner_id: user,
      size: 68,
      mime_type: "image/png",
      version: user,
      etag: '"0"',
      cache_control: "max-age=3600",
    }),
  },
);

/** Uploads that are not finished. The id is the key of the bytes in R2. */
export const uploads = table(
  "uploads",
  {
    id: id(),
    ...common(),
    multipart_id: text({ maxBytes: 2048 }),
    /** Bytes that its owner has room for: at least as many as lie in R2. */
    reserved: integer().notNull().default(0),
  },
  {
    ...ours,
    tallies: [tally("reserved")],
    indexes: [{ on: ["created_at"] }, { on: ["bucket_id"] }, { on: ["owner_id"] }],
    example: ({ user, canary }) => ({
      bucket_id: "photos",
      name: `${user}/${canary}.png`,
      folder: user,
      owner_id: user,
      size: 0,
      mime_type: "image/png",
    }),
  },
);

/** Bytes in R2 that no row needs any more. */
export const trash = table(
  "trash",
  { id: id(), multipart_id: text({ maxBytes: 2048 }), thrown_at: timestamp().notNull() },
  {
    ...ours,
    indexes: [{ on: ["thrown_at"] }],
    example: () => ({ thrown_at: "2026-01-01T00:00:00.000Z" }),
  },
);

/** People who were deleted, and whose files are gone as well. */
export const erasures = table(
  "erasures",
  {
    user_id: uuid()
      .primaryKey()
      .notNull()
      .references(() => users.id),
    deleted_at: timestamp().notNull(),
    erased_at: timestamp().notNull(),
  },
  {
    ...ours,
    indexes: [{ on: ["deleted_at", "user_id"] }],
    example: ({ user }) => ({
      user_id: user,
      deleted_at: "2026-01-01T00:00:00.000Z",
      erased_at: "2026-01-01T00:01:00.000Z",
    }),
  },
);
