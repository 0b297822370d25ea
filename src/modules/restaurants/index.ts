import type { Module } from "../../kernel/module.ts";
import { cuisines } from "./cuisines.ts";
import { menus } from "./menus.ts";
import { nearbyRestaurants } from "./nearby-restaurants.ts";
import { menuItems, restaurants as places, staff } from "./tables.ts";

export const restaurants: Module = {
  name: "restaurants",
  tables: [places, staff, menuItems],
  functions: [cuisines, nearbyRestaurants],
  buckets: [menus],
};
