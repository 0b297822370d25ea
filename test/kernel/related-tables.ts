// More of the small world: tables joined to each other by rows of their own, and views of them.
import { and, everyone, gte, own, signedIn } from "../../src/kernel/predicate.ts";
import {
  type AnyTable,
  boolean,
  id,
  integer,
  json,
  real,
  table,
  text,
  timestamp,
  updatedAt,
  uuid,
} from "../../src/kernel/table.ts";
import { view } from "../../src/kernel/view.ts";
import { tables as first, lines, orders, shops } from "./tables.ts";

const example = () => ({});

/** What orders may be tagged with. */
export const tags = table(
  "tags",
  { id: id(), name: text({ fold: true }).notNull(), secret: text({ hidden: true }) },
  {
    policy: { select: everyone },
    example,
    indexes: [{ on: ["name"] }],
    computed: {
      loud: { kind: "text", sql: (column) => `upper(${column("name")})` },
      facts: { kind: "json", sql: (column) => `json_object('size',length(${column("name")}))` },
    },
  },
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
    count: integer(),
  },
  {
    policy: { select: signedIn },
    example,
    indexes: [{ on: ["follower_id", "followed_id"], unique: true }, { on: ["followed_id"] }],
  },
);

/** What the lines of an order come to, for whoever sees the order. */
export const orderSums = view(
  "order_sums",
  {
    order_id: uuid()
      .primaryKey()
      .references(() => orders.id),
    note: text(),
    gift: boolean(),
    lines: integer().notNull(),
    sum: integer(),
  },
  {
    policy: { select: everyone },
    sql: ({ visible }) =>
      `select o.id as order_id, o.note, o.gift, count(l.id) as lines, sum(l.n) as sum
       from ${visible(orders, "id", "order_id")} o
       left join ${visible(lines, "order_id")} l on l.order_id = o.id group by o.id`,
    example,
  },
);

/** How many follow a shop: signed-in people see it of every shop, whoever follows. */
export const fame = view(
  "fame",
  {
    shop_id: uuid()
      .primaryKey()
      .references(() => shops.id),
    followers: integer().notNull(),
  },
  {
    policy: { select: and(signedIn, gte("followers", 1)), service: "none" },
    sql: ({ visible, every }) =>
      `select s.id as shop_id, count(f.id) as followers
       from ${visible(shops, "id", "shop_id")} s
       left join ${every(follows, "followed_id", "shop_id")} f on f.followed_id = s.id
       group by s.id`,
    example,
    schema: "reports",
    exposed: true,
  },
);

/** Of a schema of its own, which protocols may name. */
export const memos = table(
  "memos",
  {
    id: id(),
    body: text().notNull(),
    shop_id: uuid().references(() => shops.id),
  },
  {
    policy: { select: everyone, insert: signedIn, update: { using: signedIn }, delete: signedIn },
    example,
    indexes: [{ on: ["shop_id"] }],
    schema: "reports",
    exposed: true,
  },
);

/** A view of a view. */
export const gifts = view(
  "gifts",
  { order_id: uuid().primaryKey(), sum: integer() },
  {
    policy: { select: signedIn },
    sql: ({ visible }) => `select order_id, sum from ${visible(orderSums, "order_id")} where gift`,
    example,
  },
);

/** What the server alone fills is of every kind, and may be null. */
export const tickets = table(
  "tickets",
  {
    id: id(),
    user_id: uuid({ fill: "actor", setOnce: true }).notNull(),
    note: text(),
    by_id: uuid({ fill: "actor", readOnly: true }),
    seen: boolean({ readOnly: true }),
    score: real({ readOnly: true }),
    log: json({ readOnly: true }),
    due: timestamp({ readOnly: true }),
    updated_at: updatedAt(),
  },
  {
    policy: {
      select: own("user_id"),
      insert: own("user_id"),
      update: { using: own("user_id") },
    },
    example,
    indexes: [{ on: ["user_id"] }],
  },
);

/** The whole world's. */
export const tables: AnyTable[] = [
  ...first,
  tags,
  taggings,
  follows,
  memos,
  orderSums,
  fame,
  gifts,
  tickets,
];
