// Questions about restaurants, as an app's first screens ask them.

import { scrambled } from "../data/dice.ts";
import { restaurantId, restaurantRow, type Town } from "../data/places.ts";
import { favourite, type World } from "../data/world.ts";
import type { Case } from "./case.ts";

const page = 20;
const deep = 5000;
/** A page of a table, its lookups in an index included. */
const page_rows = 25;
/** Each with ten dishes, and the look that finds there are no more. */
const with_menus = page * 12;
/** For a page of places, as DESIGN.md has it. */
const nearest_rows = 400;
const variants = 32;

const some = (n: number, world: World) => restaurantId(scrambled(n) % world.restaurants);
/** One of the ten largest towns. */
const town = (n: number, { towns }: World) => encodeURIComponent((towns[n % 10] as Town).name);
const columns = "id,name,cuisine,rating,address";
const listed = (n: number, world: World) =>
  `city=eq.${town(n, world)}&order=name.asc&limit=${page}`;
const nearWhom = (n: number, world: World) => {
  const { lat, lng } = restaurantRow(scrambled(n) % world.restaurants, world.towns);
  return `lat=${Number(lat).toFixed(5)}&lng=${Number(lng).toFixed(5)}`;
};

/** The same, to PocketBase; `fields` is its select, `expand` its embed. */
const ofPeer = (collection: string, ...query: string[]) =>
  peer(`${collection}/records?perPage=${page}&${query.join("&")}`);
const inTown = (n: number, world: World) => `filter=(city='${town(n, world)}')&sort=name`;
const uncounted = "skipTotal=1";
const shown = (under: string, names: string) =>
  names
    .split(",")
    .map((name) => `${under}${name}`)
    .join();
const menus = "menu_items_via_restaurant";
const dishes = `expand.${menus}.`;
const dish = "id,name,price_minor";

const common = { kind: "read", limit: "database", variants } as const;

export const reads: Case[] = [
  {
    ...common,
    name: "row-guest",
    title: "row by key, as a guest",
    caller: "guest",
    ask: (n, world) => get(`restaurants?id=eq.${some(n, world)}`),
    byHand: (n, world) => hand(`restaurants/${some(n, world)}`),
    pocketbase: (n, world) => peer(`restaurants/records/${some(n, world)}`),
    expects: { trips: 1, statements: 1, rowsRead: 1, rowsWritten: 0 },
    mostRowsRead: 1,
  },
  {
    ...common,
    name: "row-person",
    title: "row by key, as a person",
    caller: "customer",
    quick: true,
    ask: (n, world) => get(`restaurants?id=eq.${some(n, world)}`),
    byHand: (n, world) => hand(`restaurants/${some(n, world)}`),
    pocketbase: (n, world) => peer(`restaurants/records/${some(n, world)}`),
    expects: { trips: 1, statements: 1, rowsRead: 1, rowsWritten: 0 },
    mostRowsRead: 1,
  },
  {
    ...common,
    name: "page",
    title: `filtered, sorted page of ${page}`,
    caller: "customer",
    quick: true,
    ask: (n, world) => get(`restaurants?select=${columns}&${listed(n, world)}`),
    byHand: (n, world) => hand(`restaurants?city=${town(n, world)}`),
    pocketbase: (n, world) =>
      ofPeer("restaurants", inTown(n, world), `fields=${columns}`, uncounted),
    expects: { trips: 1, statements: 1, rowsRead: 20, rowsWritten: 0 },
    mostRowsRead: page_rows,
  },
  {
    ...common,
    name: "page-count",
    title: "the same with an exact count",
    caller: "customer",
    ask: (n, world) => ({
      ...get(`restaurants?select=${columns}&${listed(n, world)}`),
      headers: { prefer: "count=exact" },
    }),
    byHand: (n, world) => hand(`restaurants?city=${town(n, world)}&count=1`),
    pocketbase: (n, world) => ofPeer("restaurants", inTown(n, world), `fields=${columns}`),
    expects: { trips: 1, statements: 2, rowsRead: 2298, rowsWritten: 0 },
  },
  {
    ...common,
    name: "page-offset",
    title: `page at depth ${deep}, by offset`,
    caller: "guest",
    ask: (n) => get(`restaurants?select=${columns}&order=id.asc&limit=${page}&offset=${deep + n}`),
    byHand: (n) => hand(`all-restaurants?offset=${deep + n}`),
    // It knows pages alone: each lies a page further.
    pocketbase: (n) =>
      ofPeer("restaurants", `sort=id&page=${deep / page + 1 + n}&fields=${columns}`, uncounted),
    expects: { trips: 1, statements: 1, rowsRead: 5020, rowsWritten: 0 },
  },
  {
    ...common,
    name: "page-cursor",
    title: `page at depth ${deep}, by cursor`,
    caller: "guest",
    variants: 1,
    ask: (_, { cursor }) =>
      get(`restaurants?select=${columns}&order=id.asc&limit=${page}&cursor=${cursor}`),
    byHand: (_, { lastId }) => hand(`all-restaurants?after=${lastId}`),
    pocketbase: (_, { lastId }) =>
      ofPeer("restaurants", `filter=(id>'${lastId}')&sort=id&fields=${columns}`, uncounted),
    expects: { trips: 1, statements: 1, rowsRead: 21, rowsWritten: 0 },
    mostRowsRead: page_rows,
  },
  {
    ...common,
    name: "embed",
    title: "page of 20 with their menus",
    caller: "customer",
    quick: true,
    ask: (n, world) => get(`restaurants?select=${columns},menu_items(${dish})&${listed(n, world)}`),
    byHand: (n, world) => hand(`restaurants?city=${town(n, world)}&menus=1`),
    pocketbase: (n, world) => {
      const fields = `fields=${columns},${shown(dishes, dish)}`;
      return ofPeer("restaurants", inTown(n, world), `expand=${menus}`, fields, uncounted);
    },
    expects: { trips: 1, statements: 1, rowsRead: 240, rowsWritten: 0 },
    mostRowsRead: with_menus,
  },
  {
    ...common,
    name: "embed-two",
    title: "20 favourites with restaurants and menus",
    caller: "customer",
    ask: (n) =>
      get(
        `favourites?select=id,restaurants(${columns},menu_items(${dish}))` +
          `&order=restaurant_id.asc&limit=${page}&offset=${n + 1}`,
      ),
    byHand: (n) => hand(`favourites?offset=${n + 1}`),
    pocketbase: (n, world) => {
      const of = shown("expand.restaurant.", `${columns},${shown(dishes, dish)}`);
      const after = `filter=(restaurant>'${favourite(n, world)}')&sort=restaurant`;
      const embedded = `expand=restaurant.${menus}&fields=id,${of}`;
      return ofPeer("favourites", after, embedded, uncounted);
    },
    expects: { trips: 1, statements: 1, rowsRead: 261, rowsWritten: 0 },
    mostRowsRead: page + with_menus + variants,
  },
  {
    ...common,
    name: "nearest",
    title: "nearest 20 that are open",
    caller: "guest",
    quick: true,
    ask: (n, world) =>
      get(
        `rpc/nearby_restaurants?${nearWhom(n, world)}&open_only=true` +
          `&select=id,name,distance_m,eta_min_minutes,eta_max_minutes&limit=${page}`,
      ),
    byHand: (n, world) => hand(`nearest?${nearWhom(n, world)}`),
    expects: { trips: 1, statements: 1, rowsWritten: 0 },
    medianRowsRead: nearest_rows,
  },
];

function get(path: string) {
  return { method: "GET", path: `/rest/v1/${path}` };
}

function peer(path: string) {
  return { method: "GET", path: `/api/collections/${path}` };
}

function hand(path: string) {
  return { method: "GET", path: `/${path}` };
}
