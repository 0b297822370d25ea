// The demo city: the same 200 restaurants and 2,000 dishes each time, sent as an app would.
import { createHash } from "node:crypto";
import {
  type Hours,
  hoursOn,
  type Opening,
  type Weekday,
  weekdays,
} from "../src/modules/restaurants/hours.ts";
import { type Kitchen, kitchens } from "./city-menus.ts";

const perKitchen = 10;
const perMenu = 10;
const rowsPerRequest = 500;

const quarters: [name: string, lat: number, lng: number][] = [
  ["Old Town", 55.9486, -3.1905],
  ["New Town", 55.9556, -3.1969],
  ["Leith", 55.9756, -3.1665],
  ["Stockbridge", 55.9586, -3.2107],
  ["Bruntsfield", 55.9371, -3.2047],
  ["Newington", 55.9385, -3.1791],
  ["Gorgie", 55.9369, -3.2353],
  ["Portobello", 55.9531, -3.1138],
];
const streets =
  "Candlemaker|Fishmarket|Rowan|Blackfriars|Coburg|Hope|Lamb's|Orchard|Salamander|Gayfield".split(
    "|",
  );
const ways = ["Street", "Lane", "Close", "Wynd", "Place", "Row"];
const blurbs = [
  "A small room with an open kitchen and a short menu that follows the market.",
  "Family run, loud on Fridays, and kind to children.",
  "Twelve tables, a long counter, and the same cook since the doors opened.",
  "Food for sharing, served until the last tram.",
  "Neighbourhood cooking; half the tables are kept for those who just walk in.",
];

/** Somebody is always hungry: these three of the Old Town are open day and night. */
const neverClose = new Set(["The Early Loaf", "Smoke & Lane", "Crumb & Rye"]);

export interface City {
  restaurants: Record<string, unknown>[];
  menuItems: Record<string, unknown>[];
}

/** The rows of the city. Nothing in them depends on when or where they are made. */
export function city(): City {
  const restaurants: City["restaurants"] = [];
  const menuItems: City["menuItems"] = [];
  for (const kitchen of kitchens)
    for (let n = 0; n < perKitchen; n++) {
      const restaurant = restaurantOf(kitchen, n);
      restaurants.push(restaurant);
      menuItems.push(...menuOf(kitchen, restaurant.id));
    }
  return { restaurants, menuItems };
}

/** Sends the city to a running stack; repeating it changes nothing. */
export async function seedCity(url: string, secretKey: string): Promise<City> {
  const rows = city();
  await send(url, secretKey, "restaurants", rows.restaurants);
  await send(url, secretKey, "menu_items", rows.menuItems);
  return rows;
}

async function send(url: string, secretKey: string, table: string, rows: object[]): Promise<void> {
  for (let at = 0; at < rows.length; at += rowsPerRequest) {
    const answer = await fetch(`${url}/rest/v1/${table}`, {
      method: "POST",
      headers: {
        apikey: secretKey,
        "content-type": "application/json",
        prefer: "resolution=ignore-duplicates,return=minimal",
      },
      body: JSON.stringify(rows.slice(at, at + rowsPerRequest)),
    });
    if (!answer.ok) throw new Error(`seeding ${table}: ${answer.status} ${await answer.text()}`);
    await answer.text();
  }
}

function restaurantOf(kitchen: Kitchen, n: number) {
  const chance = dice(`${kitchen.cuisine} ${n}`);
  const [first, last] = [kitchen.first.split("|"), kitchen.last.split("|")];
  const [quarter, lat, lng] = chance.of(quarters);
  const nth = n + Math.floor(n / first.length);
  const name = `${first[n % first.length]} ${last[nth % last.length]}`;
  return {
    id: uuid(`restaurant ${kitchen.cuisine} ${n}`),
    name,
    cuisine: kitchen.cuisine,
    description: chance.of(blurbs),
    lat: round(lat + chance.between(-0.008, 0.008), 6),
    lng: round(lng + chance.between(-0.014, 0.014), 6),
    address: `${1 + chance.below(120)} ${chance.of(streets)} ${chance.of(ways)}, ${quarter}`,
    city: "Edinburgh",
    phone: `+44 131 496 ${String(chance.below(1000)).padStart(4, "0")}`,
    time_zone: "Europe/London",
    hours: neverClose.has(name) ? dayAndNight : hoursOf(kitchen.cuisine, chance),
    currency: "GBP",
    prep_minutes: 10 + 5 * chance.below(6),
    rating: round(chance.between(3.4, 4.9), 1),
  };
}

function menuOf(kitchen: Kitchen, restaurant_id: string) {
  const chance = dice(restaurant_id);
  const dishes = Object.entries(kitchen.menu).flatMap(([category, list]) =>
    list.split("|").map((dish) => ({ category, dish })),
  );
  while (dishes.length > perMenu) dishes.splice(chance.below(dishes.length), 1);
  return dishes.map(({ category, dish }) => {
    const at = dish.lastIndexOf(" ");
    const price = Number(dish.slice(at + 1)) * chance.between(0.9, 1.15);
    return {
      id: uuid(`dish ${restaurant_id} ${dish}`),
      restaurant_id,
      name: dish.slice(0, at),
      category,
      price_minor: 10 * Math.round(price / 10),
      currency: "GBP",
      stock: chance.below(4) === 0 ? 5 + chance.below(30) : null,
      available: chance.below(20) > 0,
    };
  });
}

const dayAndNight = hoursOn(weekdays, { opens: "00:00", closes: "00:00" });

/** Bakeries by day, burgers into the night, the others in between; many rest one day a week. */
function hoursOf(cuisine: string, chance: Dice): Hours {
  const rest = chance.of<Weekday | "none">(["none", "mon", "mon", "tue", "sun"]);
  const days = weekdays.filter((day) => day !== rest);
  const hours = hoursOn(days, ...openingsOf(cuisine, chance));
  for (const day of ["fri", "sat"] as const) {
    const openings = hours.weekly[day] ?? [];
    const late = (o: Opening) => (o.closes >= "21:00" ? { ...o, closes: "01:00" } : o);
    if (openings.length > 0) hours.weekly[day] = openings.map(late);
  }
  return { ...hours, exceptions: { "2026-12-25": [], "2027-01-01": [] } };
}

function openingsOf(cuisine: string, chance: Dice) {
  if (cuisine === "Bakery") return [{ opens: "07:00", closes: chance.of(["15:00", "16:30"]) }];
  if (cuisine === "Burgers") return [{ opens: "12:00", closes: chance.of(["02:00", "03:00"]) }];
  if (chance.below(3) > 0)
    return [{ opens: "12:00", closes: chance.of(["21:30", "22:00", "23:00"]) }];
  return [
    { opens: "12:00", closes: "14:30" },
    { opens: "17:30", closes: "22:30" },
  ];
}

interface Dice {
  below(n: number): number;
  between(low: number, high: number): number;
  of<T>(list: readonly T[]): T;
}

/** Numbers that look random and follow from the seed alone. */
function dice(seed: string): Dice {
  let rolls = 0;
  const roll = () => digest(`${seed}#${rolls++}`).readUInt32BE(0) / 2 ** 32;
  const below = (n: number) => Math.floor(roll() * n);
  return {
    below,
    between: (low, high) => low + roll() * (high - low),
    of: <T>(list: readonly T[]) => list[below(list.length)] as T,
  };
}

/** A UUID (version 8) that follows from a name. */
function uuid(name: string): string {
  const bytes = digest(name).subarray(0, 16);
  bytes[6] = 0x80 | (Number(bytes[6]) & 0x0f);
  bytes[8] = 0x80 | (Number(bytes[8]) & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
