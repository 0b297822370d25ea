// Tables of a small world for kernel tests, declared like any module's. Each is there for a rule.
import {
  actorId,
  actorSession,
  and,
  eq,
  everyone,
  gt,
  gte,
  member,
  not,
  now,
  or,
  own,
  signedIn,
  via,
} from "../../src/kernel/predicate.ts";
import {
  type AnyTable,
  boolean,
  createdAt,
  date,
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
import { searched } from "./searched-tables.ts";

const example = () => ({});

/** Own rows, every kind of column, every rule of a column. */
export const orders = table(
  "orders",
  {
    id: id(),
    user_id: uuid({ fill: "actor", setOnce: true }).notNull(),
    state: text({ readOnly: true }).notNull().default("open"),
    note: text({ fold: true }),
    label: text({ maxBytes: 100 }),
    total: integer().notNull().default(0),
    weight: real(),
    gift: boolean().notNull().default(false),
    doc: json(),
    secret: text({ hidden: true }),
    blob: text({ large: true }),
    due: timestamp(),
    day: date(),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  {
    policy: {
      select: own("user_id"),
      insert: and(own("user_id"), gte("total", 0)),
      update: { using: own("user_id") },
      delete: own("user_id"),
    },
    example,
    indexes: [{ on: ["user_id", "created_at"] }],
    checks: { total: "total <= 1000000" },
  },
);

/** As the parent row; a natural key besides its id. */
export const lines = table(
  "lines",
  {
    id: id(),
    order_id: uuid({ setOnce: true })
      .notNull()
      .references(() => orders.id, { onDelete: "cascade" }),
    name: text().notNull(),
    n: integer().notNull().default(1),
  },
  {
    policy: {
      select: via("order_id"),
      insert: via("order_id", "update"),
      update: { using: via("order_id", "update") },
      delete: via("order_id", "update"),
    },
    example,
    indexes: [{ on: ["order_id", "name"], unique: true }],
  },
);

/** Seen by everyone, changed by its keepers, made by the service. */
export const shops = table(
  "shops",
  {
    id: id(),
    name: text({ fold: true }).notNull(),
    stock: integer().notNull().default(0),
    opened: date(),
  },
  {
    policy: {
      select: everyone,
      update: { using: member("id", (): AnyTable => keepers, "shop_id", eq("user_id", actorId)) },
    },
    example,
    indexes: [{ on: ["name"] }],
    checks: { stock: "stock >= 0" },
    computed: { sold_out: { kind: "boolean", sql: (column) => `${column("stock")} = 0` } },
  },
);

/** Not watched. */
export const keepers = table(
  "keepers",
  {
    id: id(),
    shop_id: uuid()
      .notNull()
      .references(() => shops.id),
    user_id: uuid().notNull(),
  },
  {
    policy: {
      select: member("shop_id", (): AnyTable => keepers, "shop_id", own("user_id")),
      delete: own("user_id"),
    },
    example,
    indexes: [{ on: ["user_id"] }, { on: ["shop_id"] }],
    watch: false,
  },
);

/** One for each shop. */
export const badges = table(
  "badges",
  {
    id: id(),
    shop_id: uuid()
      .notNull()
      .references(() => shops.id),
    title: text().notNull(),
  },
  { policy: { select: signedIn }, example, indexes: [{ on: ["shop_id"], unique: true }] },
);

/** Two ways to a shop, and one to itself. */
export const transfers = table(
  "transfers",
  {
    id: id(),
    from_shop: uuid()
      .notNull()
      .references(() => shops.id),
    to_shop: uuid()
      .notNull()
      .references(() => shops.id),
    after: uuid().references((): never => transfers.id as never), // it points at itself
    hidden_shop: uuid({ hidden: true }).references(() => shops.id),
  },
  {
    policy: { select: everyone },
    example,
    indexes: [
      { on: ["from_shop"] },
      { on: ["to_shop"] },
      { on: ["after"] },
      { on: ["hidden_shop"] },
    ],
  },
);

/** May change hands, but only by its owner and never to another owner. */
export const tasks = table(
  "tasks",
  {
    id: id(),
    owner_id: uuid({ fill: "actor" }).notNull(),
    reviewer_id: uuid(),
    slug: text().notNull(),
    stage: integer().notNull().default(1),
    born: text({ setOnce: true }),
  },
  {
    policy: {
      select: or(own("owner_id"), own("reviewer_id")),
      insert: own("owner_id"),
      update: { using: own("owner_id"), check: and(own("owner_id"), gte("stage", 1)) },
      delete: own("owner_id"),
    },
    example,
    indexes: [{ on: ["slug"], unique: true }, { on: ["owner_id"] }, { on: ["reviewer_id"] }],
  },
);

/** Written by one person, read by another: what is written need not be seen. */
export const letters = table(
  "letters",
  {
    id: id(),
    from_id: uuid({ fill: "actor" }).notNull(),
    to_id: uuid().notNull(),
    body: text().notNull(),
  },
  {
    policy: {
      select: own("to_id"),
      insert: own("from_id"),
      update: { using: or(own("to_id"), own("from_id")), check: everyone },
      delete: signedIn,
    },
    example,
    indexes: [{ on: ["to_id"] }],
  },
);

/** Made by who may update the parent row, which takes more than to see it. */
export const shelves = table(
  "shelves",
  {
    id: id(),
    shop_id: uuid().references(() => shops.id),
    letter_id: uuid().references(() => letters.id),
  },
  {
    policy: { select: everyone, insert: or(via("shop_id", "update"), via("letter_id", "update")) },
    example,
    indexes: [{ on: ["shop_id"] }, { on: ["letter_id"] }],
  },
);

/** Whom a person does not want to read, which may be nobody yet. */
export const blocks = table(
  "blocks",
  { id: id(), user_id: uuid({ fill: "actor" }).notNull(), blocked_id: uuid() },
  { policy: { insert: own("user_id") }, example, indexes: [{ on: ["user_id"] }] },
);

export const posts = table(
  "posts",
  { id: id(), author_id: uuid().notNull(), body: text().notNull() },
  {
    policy: { select: not(member("author_id", blocks, "blocked_id", own("user_id"))) },
    example,
    indexes: [{ on: ["author_id"] }],
  },
);

/** A policy that a NULL makes neither true nor false, and a key that may be NULL. */
export const notices = table(
  "notices",
  {
    id: id(),
    user_id: uuid({ fill: "actor" }).notNull(),
    slug: text(),
    topic: text(),
  },
  {
    policy: {
      select: own("user_id"),
      insert: not(eq("topic", "secret")),
      update: { using: own("user_id"), check: not(eq("topic", "secret")) },
    },
    example,
    indexes: [{ on: ["slug"], unique: true }, { on: ["user_id"] }],
  },
);

/** Anybody puts something in; nobody but the service takes it out. */
export const suggestions = table(
  "suggestions",
  { id: id(), body: text().notNull() },
  { policy: { insert: everyone }, example },
);

export const ledger = table(
  "ledger",
  { id: id(), amount: integer().notNull() },
  { policy: { select: everyone, service: "read" }, example },
);

export const vault = table(
  "vault",
  { id: id(), amount: integer().notNull() },
  { policy: { select: everyone, insert: everyone, service: "none" }, example },
);

/** Of a schema that no protocol may name. */
export const sessions = table(
  "sessions",
  {
    id: id(),
    user_id: uuid().notNull(),
    ends_at: timestamp().notNull(),
    order_id: uuid().references(() => orders.id),
  },
  { schema: "private", policy: {}, example, indexes: [{ on: ["order_id"] }] },
);

export const aliveSessions = {
  table: sessions,
  where: and(eq("id", actorSession), gt("ends_at", now)),
};

/** More columns than two calls of a JSON function hold. */
export const wide = table(
  "wide",
  {
    id: id(),
    user_id: uuid({ fill: "actor" }).notNull(),
    ...Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `c${i}`,
        i % 3 === 0 ? json() : text({ fold: i === 1 }),
      ]),
    ),
  },
  {
    policy: {
      select: own("user_id"),
      insert: own("user_id"),
      update: { using: own("user_id") },
      delete: own("user_id"),
    },
    example,
    indexes: [{ on: ["user_id"] }],
  },
);

/** Made only by its operation, which takes stock from its shop. */
export const sales = table(
  "sales",
  {
    id: id(),
    user_id: uuid({ fill: "actor", readOnly: true }).notNull(),
    shop_id: uuid()
      .notNull()
      .references(() => shops.id),
    n: integer({ readOnly: true }).notNull(),
    memo: text({ maxBytes: 500_000 }),
    created_at: createdAt(),
  },
  {
    policy: { select: own("user_id"), insert: and(own("user_id"), gte("n", 1)) },
    example,
    indexes: [{ on: ["user_id"] }, { on: ["shop_id"] }],
  },
);

/** Made only by its operation, which must ask the world outside. */
export const charges = table(
  "charges",
  {
    id: id(),
    user_id: uuid({ fill: "actor", readOnly: true }).notNull(),
    amount: integer().notNull(),
    state: text({ readOnly: true }).notNull().default("pending"),
    token: text({ hidden: true }),
    created_at: createdAt(),
  },
  {
    policy: { select: own("user_id"), insert: own("user_id") },
    example,
    indexes: [{ on: ["user_id"] }, { on: ["state", "created_at"] }],
  },
);

export const tables: AnyTable[] = [
  orders,
  lines,
  shops,
  keepers,
  badges,
  transfers,
  tasks,
  letters,
  shelves,
  blocks,
  posts,
  notices,
  suggestions,
  ledger,
  vault,
  sessions,
  wide,
  sales,
  charges,
  ...searched,
];
