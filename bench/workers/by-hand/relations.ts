// What Drizzle needs to embed.
import { relations } from "drizzle-orm";
import { favourites } from "../../../src/modules/favourites/tables.ts";
import { menuItems, restaurants } from "../../../src/modules/restaurants/tables.ts";

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
