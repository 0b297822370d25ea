// Restaurants as they lie on the map: in towns of very different sizes, most of them in a few
// streets of each, some all around.
import { kitchens } from "../../scripts/city-menus.ts";
import { fold } from "../../src/kernel/pattern.ts";
import { hoursOn, weekdays } from "../../src/modules/restaurants/hours.ts";
import { type Dice, dice, idOf } from "./dice.ts";

const restaurants_per_town = 1000;
const fewest_towns = 20;
/** One degree of latitude in metres. */
const degree_m = 111_320;
const kinds = { restaurant: 1, dish: 2 };
/** Every so many restaurants, one is open day and night: quotes and orders are for these. */
export const always_open_every = 10;
export const menu_length = 10;
/** Enough for every order of a run. */
const plenty = 1_000_000;

export interface Town {
  name: string;
  lat: number;
  lng: number;
  /** Centres of its busy streets. */
  streets: { lat: number; lng: number }[];
}

export const restaurantId = (n: number) => idOf(kinds.restaurant, n);
export const dishId = (restaurant: number, nth: number) =>
  idOf(kinds.dish, restaurant * menu_length + nth);

/** The towns of so many restaurants, the largest first. */
export function townsFor(restaurants: number): Town[] {
  const count = Math.max(fewest_towns, Math.round(restaurants / restaurants_per_town));
  return Array.from({ length: count }, (_, i) => {
    const chance = dice(1_000_003 * (i + 1));
    const lat = 37 + 22 * chance.roll();
    const lng = -9 + 38 * chance.roll();
    const around = { lat, lng };
    const streets = Array.from({ length: 3 + chance.below(6) }, () => near(around, 2_500, chance));
    return { name: `Town ${i + 1}`, lat, lng, streets };
  });
}

function near(centre: { lat: number; lng: number }, spread_m: number, chance: Dice) {
  const lat = centre.lat + (chance.bell() * spread_m) / degree_m;
  const shrunk = Math.cos((centre.lat * Math.PI) / 180);
  return { lat, lng: centre.lng + (chance.bell() * spread_m) / degree_m / shrunk };
}

/** The second town has half as many as the first, the third a third: as towns are. */
function townOf(towns: Town[], chance: Dice): Town {
  const at = Math.floor((towns.length + 1) ** chance.roll()) - 1;
  return towns[Math.min(at, towns.length - 1)] as Town;
}

const hours = Array.from({ length: 24 }, (_, hour) => {
  const clock = (h: number) => `${String(h % 24).padStart(2, "0")}:00`;
  return JSON.stringify(hoursOn(weekdays, { opens: clock(hour), closes: clock(hour + 14) }));
});
const dayAndNight = JSON.stringify(hoursOn(weekdays, { opens: "00:00", closes: "00:00" }));
const made_at = "2026-01-01T00:00:00.000Z";

/** The nth restaurant's columns, as stored. Three of five are open, whatever the hour. */
export function restaurantRow(n: number, towns: Town[]): Record<string, string | number> {
  const chance = dice(n + 1);
  const kitchen = kitchens[n % kitchens.length] as (typeof kitchens)[number];
  const town = townOf(towns, chance);
  const inStreet = chance.roll() < 0.7;
  const at = inStreet ? near(chance.of(town.streets), 250, chance) : near(town, 4_000, chance);
  const [first, last] = [chance.of(kitchen.first.split("|")), chance.of(kitchen.last.split("|"))];
  const name = `${first} ${last} ${n}`;
  return {
    id: restaurantId(n),
    name,
    cuisine: kitchen.cuisine,
    description: "A small room with an open kitchen and a short menu that follows the market.",
    lat: at.lat,
    lng: at.lng,
    address: `${1 + chance.below(120)} High Street, ${town.name}`,
    city: town.name,
    phone: `+44 131 496 ${String(n % 10_000).padStart(4, "0")}`,
    time_zone: "Europe/London",
    hours: n % always_open_every === 0 ? dayAndNight : String(chance.of(hours)),
    currency: "GBP",
    prep_minutes: 10 + 5 * chance.below(6),
    rating: Math.round(34 + chance.below(16)) / 10,
    created_at: made_at,
    updated_at: made_at,
    _fold_name: fold(name),
  };
}

/** The dishes of the nth restaurant; of the second of each menu, stock is counted. */
export function dishRows(n: number, length: number): Record<string, string | number | null>[] {
  const kitchen = kitchens[n % kitchens.length] as (typeof kitchens)[number];
  const menu = Object.entries(kitchen.menu).flatMap(([category, list]) =>
    list.split("|").map((dish) => ({ category, dish })),
  );
  return Array.from({ length }, (_, nth) => {
    const { category, dish } = menu[nth % menu.length] as (typeof menu)[number];
    const at = dish.lastIndexOf(" ");
    const name = `${dish.slice(0, at)} ${nth}`;
    return {
      id: dishId(n, nth),
      restaurant_id: restaurantId(n),
      name,
      category,
      price_minor: Number(dish.slice(at + 1)),
      currency: "GBP",
      stock: nth === 1 ? plenty : null,
      available: 1,
      created_at: made_at,
      updated_at: made_at,
      _fold_name: fold(name),
    };
  });
}

/** Whether an id is of a restaurant or dish that was loaded: later ones are of later times. */
export function isLoaded(id: string): boolean {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) < Date.parse(made_at);
}
