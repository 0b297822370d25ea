import { everyone, member, own } from "../../kernel/predicate.ts";
import {
  type AnyTable,
  boolean,
  createdAt,
  id,
  integer,
  json,
  real,
  table,
  text,
  timestamp,
  updatedAt,
  uuid,
} from "../../kernel/table.ts";
import { view } from "../../kernel/view.ts";
import { users } from "../accounts/tables.ts";
import { cellSql } from "./cells.ts";
import { amissOfZone } from "./clocks.ts";
import { amissOfHours, hoursOn, weekdays } from "./hours.ts";

const isCurrency = "currency glob '[A-Z][A-Z][A-Z]'";

/** The restaurant whose id stands in `column` is one the caller works for. */
export const worksAt = (column: string) =>
  member(column, (): AnyTable => staff, "restaurant_id", own("user_id"));

export const restaurants = table(
  "restaurants",
  {
    id: id(),
    name: text({ fold: true, search: "simple", maxBytes: 400 }).notNull(),
    cuisine: text({ maxBytes: 200 }).notNull(),
    description: text({ search: "simple", maxBytes: 8000 }),
    lat: real().notNull(),
    lng: real().notNull(),
    address: text({ maxBytes: 1000 }).notNull(),
    city: text({ maxBytes: 400 }),
    phone: text({ maxBytes: 64 }),
    time_zone: text({ maxBytes: 64, amiss: amissOfZone }).notNull(),
    hours: json({ amiss: amissOfHours }).notNull(),
    currency: text({ maxBytes: 3 }).notNull(),
    prep_minutes: integer().notNull().default(20),
    /** How far it delivers, as the crow flies. */
    delivery_radius_m: integer().notNull().default(5000),
    /** The least that is delivered for, in `currency`. */
    min_order_minor: integer().notNull().default(0),
    /** Until then it is not open, whatever its hours say. */
    paused_until: timestamp(),
    rating: real({ readOnly: true }),
    /** Its number on OpenStreetMap: `node/123`, `way/123`, `relation/123`. */
    osm_id: text({ maxBytes: 40, readOnly: true }),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  {
    policy: { select: everyone, update: { using: worksAt("id") }, delete: worksAt("id") },
    point: { lat: "lat", lng: "lng" },
    generated: { cell: cellSql("lat", "lng") },
    indexes: [
      { on: ["_cell"] },
      { on: ["cuisine", "_cell"] },
      { on: ["city", "name"] },
      { on: ["osm_id"], unique: true },
    ],
    checks: {
      name: "length(name) > 0",
      lat: "lat between -90 and 90",
      lng: "lng between -180 and 180",
      hours:
        "json_type(hours, '$.weekly') is 'object' and json_type(hours, '$.exceptions') is 'object'",
      currency: isCurrency,
      prep_minutes: "prep_minutes between 0 and 1440",
      delivery_radius_m: "delivery_radius_m between 0 and 100000",
      min_order_minor: "min_order_minor >= 0",
      rating: "rating between 0 and 5",
    },
    example: ({ canary }) => ({
      name: `Café ${canary}`,
      cuisine: "French",
      lat: 55.9533,
      lng: -3.1883,
      address: "1 High Street",
      city: "Edinburgh",
      time_zone: "Europe/London",
      hours: hoursOn(weekdays, { opens: "00:00", closes: "00:00" }),
      currency: "GBP",
    }),
  },
);

/** Who works for which restaurant. The service alone writes it: it is what other policies read. */
export const staff = table(
  "staff",
  {
    id: id(),
    restaurant_id: uuid({ setOnce: true })
      .notNull()
      .references(() => restaurants.id, { onDelete: "cascade" }),
    user_id: uuid({ setOnce: true })
      .notNull()
      .references(() => users.id),
    role: text({ maxBytes: 20 }).notNull().default("member"),
    created_at: createdAt(),
  },
  {
    policy: { select: worksAt("restaurant_id") },
    indexes: [{ on: ["restaurant_id", "user_id"], unique: true }, { on: ["user_id"] }],
    checks: { role: "role in ('manager', 'member')" },
    example: ({ user, parent }) => ({
      restaurant_id: parent(restaurants).id,
      user_id: user,
      role: "manager",
    }),
  },
);

export const menuItems = table(
  "menu_items",
  {
    id: id(),
    restaurant_id: uuid({ setOnce: true })
      .notNull()
      .references(() => restaurants.id, { onDelete: "cascade" }),
    name: text({ fold: true, search: "simple", maxBytes: 400 }).notNull(),
    description: text({ search: "simple", maxBytes: 8000 }),
    category: text({ maxBytes: 200 }),
    price_minor: integer().notNull(),
    currency: text({ maxBytes: 3 }).notNull(),
    stock: integer(),
    available: boolean().notNull().default(true),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  {
    policy: {
      select: everyone,
      insert: worksAt("restaurant_id"),
      update: { using: worksAt("restaurant_id") },
      delete: worksAt("restaurant_id"),
    },
    indexes: [{ on: ["restaurant_id", "name"] }],
    checks: {
      name: "length(name) > 0",
      price_minor: "price_minor >= 0",
      currency: isCurrency,
      stock: "stock >= 0",
    },
    computed: {
      sold_out: {
        kind: "boolean",
        sql: (column) => `not ${column("available")} or ${column("stock")} is 0`,
      },
    },
    example: ({ canary, parent }) => ({
      restaurant_id: parent(restaurants).id,
      name: `Soup of the day ${canary}`,
      category: "Starters",
      price_minor: 650,
      currency: "GBP",
      stock: 12,
    }),
  },
);

/** The parts of each menu: what they hold, and from what price. */
export const menuCategories = view(
  "menu_categories",
  {
    restaurant_id: uuid()
      .primaryKey()
      .references(() => restaurants.id),
    category: text().primaryKey(),
    items: integer().notNull(),
    cheapest_minor: integer().notNull(),
    currency: text().notNull(),
  },
  {
    policy: { select: everyone },
    sql: ({ visible }) =>
      `select restaurant_id, category, count(*) items, min(price_minor) cheapest_minor, currency
       from ${visible(menuItems, "restaurant_id")} where available and category is not null
       group by restaurant_id, category`,
    example: ({ parent }) => {
      const { restaurant_id, category } = parent(menuItems);
      return { restaurant_id, category };
    },
  },
);
