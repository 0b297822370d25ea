import type { Module } from "../../kernel/module.ts";
import { cuisines } from "./cuisines.ts";
import { menus } from "./menus.ts";
import { nearbyRestaurants } from "./nearby-restaurants.ts";
import { stockErrors } from "./stock.ts";
import { menuCategories, menuItems, restaurants as places, staff } from "./tables.ts";

export { hourAt } from "./clocks.ts";
export { deliveryTime } from "./delivery-time.ts";
export { distance } from "./distance.ts";
export { isOpenAt } from "./hours.ts";
export { returnStock, takeStock } from "./stock.ts";
export { menuItems, restaurants as places } from "./tables.ts";

export const restaurants: Module = {
  name: "restaurants",
  tables: [places, staff, menuItems, menuCategories],
  functions: [cuisines, nearbyRestaurants],
  buckets: [menus],
  errors: stockErrors,
};
