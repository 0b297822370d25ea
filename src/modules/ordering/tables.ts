// Quotes and orders. Rows are written by operations alone, and never changed by a caller: that an
// order moves on is a row in order_events or cancellations. States are checked by transitions.ts
// and by no CHECK, which SQLite could not change without building the table anew.
import { and, or, own, signedIn, via } from "../../kernel/predicate.ts";
import {
  boolean,
  createdAt,
  type ExampleContext,
  id,
  integer,
  real,
  table,
  text,
  timestamp,
  updatedAt,
  uuid,
} from "../../kernel/table.ts";
import { users } from "../accounts/tables.ts";
import { menuItems, restaurants, worksAt } from "../restaurants/tables.ts";

const filled = { readOnly: true };
const amount = () => integer(filled).notNull();
const currency = () => text({ maxBytes: 3, ...filled }).notNull();
const reason = () => text({ maxBytes: 1000, setOnce: true });

/** Customer and restaurant of an order see its rows; both columns are the server's copies. */
const parties = or(own("user_id"), worksAt("restaurant_id"));

const priced = { items_minor: "items_minor >= 0", total_minor: "total_minor >= 0" };
const sold = { quantity: "quantity > 0", unit_price_minor: "unit_price_minor >= 0" };

/** What an order of two soups costs; the dish is that of the restaurants' example. */
const bill = {
  currency: "GBP",
  items_minor: 1300,
  delivery_fee_minor: 104,
  total_minor: 1404,
  eta_min_minutes: 20,
  eta_max_minutes: 32,
};
const soup = ({ canary, parent }: ExampleContext) => ({
  menu_item_id: parent(menuItems).id,
  position: 0,
  name: `Soup of the day ${canary}`,
  quantity: 2,
  unit_price_minor: 650,
  total_minor: 1300,
});

export const quotes = table(
  "quotes",
  {
    id: id(),
    user_id: uuid({ fill: "actor", setOnce: true })
      .notNull()
      .references(() => users.id),
    /** No foreign key: what somebody asked for must not keep a restaurant from closing down. */
    restaurant_id: uuid({ setOnce: true }).notNull(),
    lat: real({ setOnce: true }).notNull(),
    lng: real({ setOnce: true }).notNull(),
    distance_m: integer(filled).notNull(),
    currency: currency(),
    items_minor: amount(),
    delivery_fee_minor: amount(),
    total_minor: amount(),
    eta_min_minutes: integer(filled).notNull(),
    eta_max_minutes: integer(filled).notNull(),
    expires_at: timestamp(filled).notNull(),
    /** When it goes, if no order was made of it; null once it is known that it stays. */
    forget_at: timestamp({ hidden: true }),
    created_at: createdAt(),
  },
  {
    policy: {
      select: own("user_id"),
      insert: and(signedIn, own("user_id")),
      service: "read",
    },
    watch: false,
    indexes: [{ on: ["user_id"] }, { on: ["forget_at"] }],
    checks: { ...priced, lat: "lat between -90 and 90", lng: "lng between -180 and 180" },
    example: (context) => ({
      user_id: context.user,
      restaurant_id: context.parent(restaurants).id,
      lat: 55.9533,
      lng: -3.1883,
      lines: [{ menu_item_id: context.parent(menuItems).id, quantity: 2 }],
      ...bill,
      distance_m: 0,
      expires_at: "2999-12-31T00:00:00.000Z",
    }),
  },
);

export const quoteLines = table(
  "quote_lines",
  {
    id: id(),
    quote_id: uuid({ setOnce: true })
      .notNull()
      .references(() => quotes.id),
    menu_item_id: uuid({ setOnce: true }).notNull(),
    position: integer({ setOnce: true }).notNull(),
    name: text({ maxBytes: 400, setOnce: true }).notNull(),
    quantity: integer({ setOnce: true }).notNull(),
    unit_price_minor: integer({ setOnce: true }).notNull(),
    total_minor: integer({ setOnce: true }).notNull(),
  },
  {
    policy: { select: via("quote_id"), service: "read" },
    watch: false,
    indexes: [{ on: ["quote_id", "position"], unique: true }],
    checks: sold,
    example: (context) => ({ quote_id: context.parent(quotes).id, ...soup(context) }),
  },
);

export const orders = table(
  "orders",
  {
    id: id(),
    quote_id: uuid({ setOnce: true })
      .notNull()
      .references(() => quotes.id),
    user_id: uuid(filled)
      .notNull()
      .references(() => users.id),
    restaurant_id: uuid(filled)
      .notNull()
      .references(() => restaurants.id),
    state: text({ maxBytes: 40, ...filled }).notNull(),
    currency: currency(),
    items_minor: amount(),
    delivery_fee_minor: amount(),
    total_minor: amount(),
    eta_min_minutes: integer(filled).notNull(),
    eta_max_minutes: integer(filled).notNull(),
    /** Unpaid by then it expires; null as soon as that can no longer happen. */
    pay_by: timestamp(filled),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  {
    policy: { select: parties, insert: and(signedIn, own("user_id")), service: "read" },
    indexes: [
      { on: ["quote_id"], unique: true },
      { on: ["user_id", "created_at"] },
      { on: ["restaurant_id", "created_at"] },
      { on: ["pay_by"] },
    ],
    checks: priced,
    example: ({ user, parent }) => ({
      quote_id: parent(quotes).id,
      user_id: user,
      restaurant_id: parent(restaurants).id,
      state: "paid",
      ...bill,
    }),
  },
);

export const orderLines = table(
  "order_lines",
  {
    id: id(),
    order_id: uuid({ setOnce: true })
      .notNull()
      .references(() => orders.id),
    /** No foreign key: a dish may leave the menu, and what was sold stays sold. */
    menu_item_id: uuid({ setOnce: true }).notNull(),
    position: integer({ setOnce: true }).notNull(),
    name: text({ maxBytes: 400, setOnce: true }).notNull(),
    quantity: integer({ setOnce: true }).notNull(),
    unit_price_minor: integer({ setOnce: true }).notNull(),
    total_minor: integer({ setOnce: true }).notNull(),
    /** Was it taken from a stock that is counted, and so goes back there? */
    counted: boolean({ hidden: true }).notNull().default(false),
  },
  {
    policy: { select: via("order_id"), service: "read" },
    watch: false,
    indexes: [{ on: ["order_id", "position"], unique: true }],
    checks: sold,
    example: (context) => ({ order_id: context.parent(orders).id, ...soup(context) }),
  },
);

export const orderEvents = table(
  "order_events",
  {
    id: id(),
    order_id: uuid({ setOnce: true })
      .notNull()
      .references(() => orders.id),
    user_id: uuid(filled).notNull(),
    restaurant_id: uuid(filled).notNull(),
    state: text({ maxBytes: 40, setOnce: true }).notNull(),
    reason: reason(),
    /** `customer`, `staff` or `system`. */
    mover: text({ maxBytes: 20, ...filled }).notNull(),
    /** Which person; customers and staff do not learn each other's names. */
    actor_id: uuid({ hidden: true }),
    created_at: createdAt(),
  },
  {
    policy: { select: parties, insert: and(signedIn, worksAt("restaurant_id")), service: "read" },
    indexes: [{ on: ["order_id"] }, { on: ["user_id"] }, { on: ["restaurant_id"] }],
    example: ({ canary, user, parent }) => ({
      order_id: parent(orders).id,
      user_id: user,
      restaurant_id: parent(restaurants).id,
      state: "accepted",
      reason: canary,
      mover: "staff",
    }),
  },
);

export const cancellations = table(
  "cancellations",
  {
    id: id(),
    order_id: uuid({ setOnce: true })
      .notNull()
      .references(() => orders.id),
    user_id: uuid(filled).notNull(),
    restaurant_id: uuid(filled).notNull(),
    reason: reason(),
    mover: text({ maxBytes: 20, ...filled }).notNull(),
    created_at: createdAt(),
  },
  {
    policy: { select: parties, insert: and(signedIn, parties), service: "read" },
    indexes: [{ on: ["order_id"], unique: true }, { on: ["user_id"] }, { on: ["restaurant_id"] }],
    example: ({ canary, user, parent }) => ({
      order_id: parent(orders).id,
      user_id: user,
      restaurant_id: parent(restaurants).id,
      reason: canary,
      mover: "customer",
    }),
  },
);
