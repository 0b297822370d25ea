// The tables as Drizzle would have them declared for this app alone: what is shown, and no more.
import { relations } from "drizzle-orm";
import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Hours } from "../../../src/modules/restaurants/hours.ts";

const id = text().primaryKey();
const times = { created_at: text().notNull(), updated_at: text().notNull() };

export const restaurants = sqliteTable("restaurants", {
  id,
  name: text().notNull(),
  cuisine: text().notNull(),
  description: text(),
  lat: real().notNull(),
  lng: real().notNull(),
  address: text().notNull(),
  city: text(),
  phone: text(),
  time_zone: text().notNull(),
  hours: text({ mode: "json" }).$type<Hours>().notNull(),
  currency: text().notNull(),
  prep_minutes: integer().notNull(),
  delivery_radius_m: integer().notNull(),
  min_order_minor: integer().notNull(),
  paused_until: text(),
  rating: real(),
  osm_id: text(),
  ...times,
});

export const menuItems = sqliteTable("menu_items", {
  id,
  restaurant_id: text().notNull(),
  name: text().notNull(),
  description: text(),
  category: text(),
  price_minor: integer().notNull(),
  currency: text().notNull(),
  stock: integer(),
  available: integer({ mode: "boolean" }).notNull(),
  ...times,
});

export const staff = sqliteTable("staff", {
  id,
  restaurant_id: text().notNull(),
  user_id: text().notNull(),
});

export const favourites = sqliteTable("favourites", {
  id,
  user_id: text().notNull(),
  restaurant_id: text().notNull(),
});

export const schema = {
  restaurants,
  menuItems,
  favourites,
  restaurantRelations: relations(restaurants, ({ many }) => ({ menu_items: many(menuItems) })),
  menuRelations: relations(menuItems, ({ one }) => ({
    restaurant: one(restaurants, {
      fields: [menuItems.restaurant_id],
      references: [restaurants.id],
    }),
  })),
  favouriteRelations: relations(favourites, ({ one }) => ({
    restaurants: one(restaurants, {
      fields: [favourites.restaurant_id],
      references: [restaurants.id],
    }),
  })),
};
