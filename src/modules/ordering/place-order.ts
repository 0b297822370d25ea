// Ordering what was quoted. What was read to decide is looked at again in the batch, so that no
// order is placed at a price, from a stock or at an hour that is gone.
import type { ModuleQuery, Step } from "../../kernel/change.ts";
import { iso } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Operation } from "../../kernel/module.ts";
import { and, eq, isNotNull, isNull, member, or, type Predicate } from "../../kernel/predicate.ts";
import type { Row } from "../../kernel/table.ts";
import { menuItems, places, takeStock } from "../restaurants/index.ts";
import { tellState } from "./move-order.ts";
import {
  type Item,
  type Line,
  minimumObstacle,
  type Obstacle,
  obstaclesOf,
  type Restaurant,
} from "./offer.ts";
import { orderLines, orders, quoteLines, quotes } from "./tables.ts";

const pay_within_ms = 15 * 60_000;
/** Two parameters each, of the hundred that a statement has. */
const dishes_per_guard = 40;

/** What an order hangs on of a restaurant, and the version in which that was read. */
const terms = [
  ...["id", "lat", "lng", "currency", "time_zone", "hours", "paused_until"],
  ...["delivery_radius_m", "min_order_minor", "prep_minutes", "_v"],
];

type Quote = Row & {
  id: string;
  user_id: string;
  restaurant_id: string;
  lat: number;
  lng: number;
  currency: string;
  items_minor: number;
  expires_at: string;
};
type QuoteLine = Row & Required<Line> & { position: number; total_minor: number };

interface Quoted {
  quote: Quote;
  lines: QuoteLine[];
  restaurant: Restaurant;
  items: Item[];
}

export const placeOrder: Operation = {
  on: orders,
  reads({ quote_id }) {
    if (quote_id == null) throw new Refusal("23502", { table: "orders", column: "quote_id" });
    const quote = eq("id", String(quote_id));
    const line = eq("quote_id", String(quote_id));
    const dishes: ModuleQuery = {
      from: menuItems,
      where: and(
        member("id", quoteLines, "menu_item_id", line),
        member("restaurant_id", quotes, "restaurant_id", quote),
      ),
    };
    return [
      { from: quotes, where: quote, as: "caller" },
      { from: quoteLines, where: line, order: [{ column: "position" }] },
      { from: places, where: member("id", quotes, "restaurant_id", quote), columns: terms },
      dishes,
    ];
  },
  decide(input, rows, { now, id }) {
    const quoted = quotedIn(rows, now);
    const { quote, lines, items } = quoted;
    const order = {
      ...input,
      id: String(input.id ?? id()),
      ...promised(quote),
      state: "placed" as const,
      pay_by: iso(now + pay_within_ms),
    };
    const counted = (line: QuoteLine) =>
      items.some(({ id, stock }) => id === line.menu_item_id && stock !== null);
    const snapshot = lines.map(({ id: _, quote_id: __, ...line }) => ({
      ...line,
      order_id: order.id,
      counted: counted(line as QuoteLine), // what was left out is none of it
    }));
    return [
      { insert: orders, rows: [order] },
      ...guardsOf(quoted),
      ...lines.flatMap((line) =>
        counted(line) ? takeStock(line.menu_item_id, line.quantity) : [],
      ),
      { insert: orderLines, rows: snapshot },
      tellState(order, "placed", "customer"),
    ];
  },
};

/** The columns of a quote that its order keeps. */
function promised(quote: Quote) {
  const { user_id, restaurant_id, currency, items_minor, delivery_fee_minor, total_minor } = quote;
  const { id: quote_id, eta_min_minutes, eta_max_minutes } = quote;
  const amounts = { currency, items_minor, delivery_fee_minor, total_minor };
  return { quote_id, user_id, restaurant_id, ...amounts, eta_min_minutes, eta_max_minutes };
}

/** What is ordered, if it can still be had as it was quoted. */
function quotedIn([found = [], quoted = [], places = [], menu = []]: Row[][], now: number): Quoted {
  const [quote] = found as Quote[]; // rows of the first query
  const lines = quoted as QuoteLine[]; // of the second
  const [restaurant] = places as Restaurant[]; // of the third
  const items = menu as Item[]; // of the fourth
  // A quote of somebody else's is none, and the policy would say no more.
  if (!quote) throw new Refusal("42501", { table: "orders" });
  if (now >= Date.parse(quote.expires_at)) {
    throw new Refusal("quote_expired", { expires_at: quote.expires_at });
  }
  const { lat, lng } = quote;
  const obstacles = obstaclesOf({ restaurant, items, lines, lat, lng, now });
  if (restaurant) {
    obstacles.push(...minimumObstacle(quote.items_minor, restaurant));
    if (restaurant.currency !== quote.currency) obstacles.push(soldIn(restaurant, quote));
  }
  if (obstacles.length > 0 || !restaurant) throw refusalOf(obstacles);
  return { quote, lines, restaurant, items };
}

function soldIn(restaurant: Restaurant, quote: Quote): Obstacle {
  const change = `the currency ${quote.currency} → ${restaurant.currency}`;
  return { code: "currency_mismatch", params: {}, change };
}

/** All that has changed; where dishes have merely run out, that is said by its own code. */
function refusalOf(obstacles: Obstacle[]): Refusal {
  const changes = obstacles.map(({ change }) => change).join("; ");
  const short = obstacles.every(({ code }) => code === "out_of_stock");
  return new Refusal(short ? "out_of_stock" : "quote_changed", {
    ...obstacles[0]?.params,
    changes,
  });
}

/** What was read is as it was read. */
function guardsOf({ restaurant, items }: Quoted): Step[] {
  // Whatever changes of a restaurant raises it: its hours, its pause, how far it delivers.
  const same = and(eq("id", restaurant.id), eq("_v", Number(restaurant._v)));
  const guards: Step[] = [{ expect: places, where: same, rows: 1, else: "quote_changed" }];
  const offered = and(eq("available", true), eq("currency", restaurant.currency));
  for (let i = 0; i < items.length; i += dishes_per_guard) {
    const some = items.slice(i, i + dishes_per_guard);
    const where = and(offered, or(...some.map(asRead)));
    guards.push({ expect: menuItems, where, rows: some.length, else: "quote_changed" });
  }
  return guards;
}

/** At that price; and one that was not counted still is not, one that was still is. */
function asRead({ id, price_minor, stock }: Item): Predicate {
  const dish = and(eq("id", id), eq("price_minor", price_minor));
  return and(dish, stock === null ? isNull("stock") : isNotNull("stock"));
}
