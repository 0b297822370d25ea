// More tables of the small world: joined to each other by rows of their own.
import { everyone, own, signedIn } from "../../src/kernel/predicate.ts";
import { type AnyTable, id, integer, table, text, uuid } from "../../src/kernel/table.ts";
import { tables as first, orders, shops } from "./tables.ts";

const example = () => ({});

/** What orders may be tagged with. */
export const tags = table(
  "tags",
  { id: id(), name: text({ fold: true }).notNull(), secret: text({ hidden: true }) },
  { policy: { select: everyone }, example, indexes: [{ on: ["name"] }] },
);

/** Joins orders and tags; who made it sees it, and nobody else. */
export const taggings = table(
  "taggings",
  {
    id: id(),
    user_id: uuid({ fill: "actor" }).notNull(),
    order_id: uuid()
      .notNull()
      .references(() => orders.id),
    tag_id: uuid()
      .notNull()
      .references(() => tags.id),
    weight: integer().notNull().default(1),
  },
  {
    policy: { select: own("user_id"), insert: own("user_id") },
    example,
    indexes: [
      { on: ["order_id", "tag_id"], unique: true },
      { on: ["tag_id"] },
      { on: ["user_id"] },
    ],
  },
);

/** Joins shops to shops. */
export const follows = table(
  "follows",
  {
    id: id(),
    follower_id: uuid()
      .notNull()
      .references(() => shops.id),
    followed_id: uuid()
      .notNull()
      .references(() => shops.id),
  },
  {
    policy: { select: signedIn },
    example,
    indexes: [{ on: ["follower_id", "followed_id"], unique: true }, { on: ["followed_id"] }],
  },
);

/** The whole world's. */
export const tables: AnyTable[] = [...first, tags, taggings, follows];
