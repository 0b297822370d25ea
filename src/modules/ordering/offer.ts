// Whether a restaurant can cook and deliver something now: asked for a quote, and again for its
// order, by the same rule.
import { Refusal, type RefusalParams } from "../../kernel/errors.ts";
import type { Row } from "../../kernel/table.ts";
import { distance, isOpenAt } from "../restaurants/index.ts";

/** A dish somebody wants; name and price as they were quoted, where they were. */
export interface Line {
  menu_item_id: string;
  quantity: number;
  name?: string;
  unit_price_minor?: number;
}

export interface Offer {
  restaurant: Restaurant | undefined;
  /** Dishes of that restaurant. */
  items: Item[];
  lines: Line[];
  lat: number;
  lng: number;
  /** Milliseconds since 1970. */
  now: number;
}

export type Restaurant = Row & {
  id: string;
  lat: number;
  lng: number;
  currency: string;
  time_zone: string;
  hours: Parameters<typeof isOpenAt>[0];
  paused_until: string | null;
  delivery_radius_m: number;
  min_order_minor: number;
  prep_minutes: number;
};

export type Item = Row & {
  id: string;
  name: string;
  price_minor: number;
  currency: string;
  stock: number | null;
  available: boolean;
};

/** Why it can not: a refusal, and the same in words for who was quoted something else. */
export interface Obstacle {
  code: string;
  params: RefusalParams;
  change: string;
}

/** All that stands against it, the restaurant's own first; none means that it can be delivered. */
export function obstaclesOf(offer: Offer): Obstacle[] {
  const { restaurant, items, lines } = offer;
  if (!restaurant) {
    return [{ code: "restaurant_unknown", params: {}, change: "the restaurant is gone" }];
  }
  const byId = new Map(items.map((item) => [item.id, item]));
  const dishes = lines.flatMap((line) =>
    dishObstacle(line, byId.get(line.menu_item_id), restaurant),
  );
  return [...timeObstacle(restaurant, offer.now), ...zoneObstacle(offer, restaurant), ...dishes];
}

/** What the dishes of a basket cost together. */
export function itemsTotal(lines: { total_minor: number }[]): number {
  return lines.reduce((sum, { total_minor }) => sum + total_minor, 0);
}

/** An order below the restaurant's minimum is not delivered. */
export function minimumObstacle(items_minor: number, restaurant: Restaurant): Obstacle[] {
  const { min_order_minor, currency } = restaurant;
  if (items_minor >= min_order_minor) return [];
  const params = { items_minor, min_order_minor, currency };
  const change = `the restaurant's minimum is ${min_order_minor}, the dishes cost ${items_minor}`;
  return [{ code: "below_minimum", params, change }];
}

function timeObstacle(restaurant: Restaurant, now: number): Obstacle[] {
  const { hours, time_zone, paused_until } = restaurant;
  const open = isOpenAt(hours, time_zone, paused_until, now);
  if (open) return [];
  if (open === null) {
    return [{ code: "hours_unknown", params: {}, change: "the restaurant's hours are not known" }];
  }
  if (paused_until !== null && now < Date.parse(paused_until)) {
    const change = `the restaurant: open → paused until ${paused_until}`;
    return [{ code: "restaurant_paused", params: { paused_until }, change }];
  }
  return [{ code: "restaurant_closed", params: {}, change: "the restaurant: open → closed" }];
}

function zoneObstacle({ lat, lng }: Offer, restaurant: Restaurant): Obstacle[] {
  const { delivery_radius_m } = restaurant;
  const distance_m = distance(restaurant.lat, restaurant.lng, lat, lng);
  if (distance_m <= delivery_radius_m) return [];
  const params = { distance_m, delivery_radius_m };
  const change = `the restaurant delivers ${delivery_radius_m} m far, and this is ${distance_m} m`;
  return [{ code: "outside_delivery_area", params, change }];
}

function dishObstacle(line: Line, item: Item | undefined, { currency }: Restaurant): Obstacle[] {
  const named = line.name ?? item?.name ?? line.menu_item_id;
  const refuse = (code: string, change: string, params: RefusalParams = {}): Obstacle[] => [
    { code, params: { item: named, ...params }, change: `${named}: ${change}` },
  ];
  if (!item) return refuse("item_unknown", "is no longer on the menu");
  if (item.currency !== currency) {
    return refuse("currency_mismatch", `is sold in ${item.currency}, not in ${currency}`);
  }
  if (!item.available) return refuse("item_unavailable", "available → unavailable");
  const { quantity, unit_price_minor: from = item.price_minor } = line;
  const { price_minor: to, stock } = item;
  if (from !== to) return refuse("quote_changed", `price ${from} → ${to}`);
  if (stock === null || stock >= quantity) return [];
  const change = `${quantity} wanted, ${stock} left`;
  return refuse("out_of_stock", change, { quantity, stock });
}

/** The first of what stands against it, as the refusal that names it. */
export function refuseAny([first]: Obstacle[]): void {
  if (first) throw new Refusal(first.code, { ...first.params, changes: first.change });
}
