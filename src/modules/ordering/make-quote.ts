// Asking what it would cost. Prices are the menu's, whatever was sent.
import { iso } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Operation } from "../../kernel/module.ts";
import { and, eq, oneOf } from "../../kernel/predicate.ts";
import type { Row } from "../../kernel/table.ts";
import { deliveryTime, distance, hourAt, menuItems, places } from "../restaurants/index.ts";
import { basketOf, type Wanted } from "./basket.ts";
import { deliveryFee } from "./delivery-fee.ts";
import {
  type Item,
  itemsTotal,
  minimumObstacle,
  obstaclesOf,
  type Restaurant,
  refuseAny,
} from "./offer.ts";
import { quoteLines, quotes } from "./tables.ts";

const holds_ms = 15 * 60_000;
const kept_ms = 24 * 3_600_000;
/** What a client thinks it costs counts for nothing, and is no reason to refuse either. */
const ignored = () => undefined;

interface Asked extends Row {
  restaurant_id: string;
  lat: number;
  lng: number;
  lines: Wanted[];
}

export const makeQuote: Operation = {
  on: quotes,
  inputs: {
    lines: basketOf,
    items_minor: ignored,
    delivery_fee_minor: ignored,
    total_minor: ignored,
  },
  inputTypes: {
    lines: "{ menu_item_id: string; quantity: number }[]",
    items_minor: "never",
    delivery_fee_minor: "never",
    total_minor: "never",
  },
  reads(input) {
    const { restaurant_id, lines } = asked(input);
    const dishes = lines.map(({ menu_item_id }) => menu_item_id);
    return [
      { from: places, where: eq("id", restaurant_id) },
      { from: menuItems, where: and(eq("restaurant_id", restaurant_id), oneOf("id", dishes)) },
    ];
  },
  decide(input, [found = [], menu = []], { actor, now, id }) {
    const { lines: wanted, ...given } = asked(input);
    const { lat, lng } = given;
    const [restaurant] = found as Restaurant[]; // rows of the first query
    const items = menu as Item[]; // rows of the second
    refuseAny(obstaclesOf({ restaurant, items, lines: wanted, lat, lng, now }));
    if (!restaurant) throw new Refusal("restaurant_unknown");
    const lines = linesOf(wanted, items);
    const items_minor = itemsTotal(lines);
    refuseAny(minimumObstacle(items_minor, restaurant));
    const distance_m = distance(restaurant.lat, restaurant.lng, lat, lng);
    const delivery_fee_minor = deliveryFee(items_minor, distance_m);
    const hour = hourAt(restaurant.time_zone, now);
    const eta = deliveryTime(restaurant.prep_minutes, distance_m, hour);
    const quote = {
      user_id: actor.id,
      ...given,
      id: given.id ?? id(),
      distance_m,
      currency: restaurant.currency,
      items_minor,
      delivery_fee_minor,
      total_minor: items_minor + delivery_fee_minor,
      eta_min_minutes: eta.min,
      eta_max_minutes: eta.max,
      expires_at: iso(now + holds_ms),
      forget_at: iso(now + holds_ms + kept_ms),
    };
    const rows = lines.map((line) => ({ ...line, quote_id: quote.id }));
    return [
      { insert: quotes, rows: [quote] },
      { insert: quoteLines, rows },
    ];
  },
};

/** What was sent, once it is whole: the kernel asks for NOT NULL columns only after deciding. */
function asked(input: Row): Asked {
  for (const column of ["restaurant_id", "lat", "lng"]) {
    if (input[column] == null) throw new Refusal("23502", { table: "quotes", column });
  }
  for (const [type, most] of [
    ["lat", 90],
    ["lng", 180],
  ] as const) {
    const value = `"${input[type]}"`;
    if (Math.abs(Number(input[type])) > most) throw new Refusal("22003", { type, value });
  }
  return input as Asked; // the kernel has parsed each by its kind
}

/** Lines as they are quoted: names and prices as they are now. */
function linesOf(wanted: Wanted[], items: Item[]) {
  const byId = new Map(items.map((item) => [item.id, item]));
  return wanted.flatMap(({ menu_item_id, quantity }, position) => {
    const item = byId.get(menu_item_id);
    if (!item) return [];
    const { name, price_minor: unit_price_minor } = item;
    const total_minor = unit_price_minor * quantity;
    return [{ menu_item_id, position, name, quantity, unit_price_minor, total_minor }];
  });
}
