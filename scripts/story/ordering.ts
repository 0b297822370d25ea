import { ownedBy } from "../secrecy.ts";
import { type Chapter, expects, fact, granted, refused, type Stage, type Step } from "../stage.ts";
import { minutes, money } from "../words.ts";
import { ada, eve, kim } from "./accounts.ts";
import { type Dish, here, menu, restaurant } from "./restaurants.ts";

export interface Order {
  id: string;
  state: string;
  currency: string;
  total_minor: number;
}

interface Line {
  menu_item_id: string;
  name: string;
  quantity: number;
  total_minor: number;
}

interface Quote {
  id: string;
  currency: string;
  items_minor: number;
  delivery_fee_minor: number;
  total_minor: number;
  eta_min_minutes: number;
  eta_max_minutes: number;
  quote_lines: Line[];
}

const quote = fact<Quote>("a quote");
/** The order that was placed last. */
export const order = fact<Order>("an order");

/** Of each of three dishes. */
const quantities = [1, 2, 1];

export const ordering: Chapter = {
  orders: [
    {
      says: "asks for a quote; prices are the menu's",
      async does(stage) {
        const quoted = await asksForQuote(stage);
        quote.is(stage, quoted);
        const { currency, total_minor, eta_min_minutes, eta_max_minutes } = quoted;
        const list = quoted.quote_lines.map((line) => [
          `${line.quantity} × ${line.name}`,
          money(line.total_minor, currency),
        ]);
        list.push(["delivery", money(quoted.delivery_fee_minor, currency)]);
        const eta = minutes(eta_min_minutes, eta_max_minutes);
        return { came: `${money(total_minor, currency)}, ${eta}`, list };
      },
    },
    {
      says: "orders what was quoted",
      does: (stage) => placesOrder(stage, quote.of(stage)),
    },
  ],
  repeats: [
    {
      says: "orders the same again, by a new quote",
      does: async (stage) => placesOrder(stage, await asksForQuote(stage)),
    },
  ],
  regrets: [
    {
      says: "changes her mind and cancels it",
      async does(stage) {
        const { client } = ada.of(stage);
        const row = { order_id: order.of(stage).id, reason: "the neighbours brought soup" };
        await granted(client.from("cancellations").insert(row).select().single());
        return `she reads “${await adaReads(stage, "cancelled")}”`;
      },
    },
  ],
  ...withStranger(),
};

/** No kitchen begins before it is paid: this is told where payments are. */
export const kitchen: Step[] = [
  {
    says: "finds the order",
    async does(stage) {
      const { id } = order.of(stage);
      const columns = "state, currency, total_minor, order_lines(name, quantity)";
      const asked = kim.of(stage).client.from("orders").select(columns).eq("id", id).single();
      const found = await granted<Order & { order_lines: Line[] }>(asked);
      expects(found.state === "paid", "a paid order", found);
      const dishes = found.order_lines.map((line) => `${line.quantity} × ${line.name}`);
      return `${found.state}, ${dishes.join(", ")}`;
    },
  },
  moves("accepts it", "accepted"),
  moves("begins to cook", "preparing"),
  moves("puts it on the counter", "ready"),
  moves("sends the rider off", "picked_up"),
  moves("hears that it arrived", "delivered"),
  {
    says: "leaves a record that Ada reads",
    async does(stage) {
      const { client } = ada.of(stage);
      const { id } = order.of(stage);
      const asked = client.from("order_events").select("state").eq("order_id", id).order("id");
      const events = (await granted<{ state: string }[]>(asked)).map(({ state }) => state);
      const due = "placed paid accepted preparing ready picked_up delivered";
      expects(events.join(" ") === due, due, events);
      return events.map(spoken).join(", ");
    },
  },
];

function moves(says: string, state: string): Step {
  return {
    says,
    async does(stage) {
      const event = { order_id: order.of(stage).id, state };
      await granted(kim.of(stage).client.from("order_events").insert(event).select().single());
      return `Ada reads “${spoken(await adaReads(stage, state))}”`;
    },
  };
}

/** The state of the order as Ada sees it, if it is this one. */
export async function adaReads(stage: Stage, due: string): Promise<string> {
  const { id } = order.of(stage);
  const asked = ada.of(stage).client.from("orders").select("state").eq("id", id).single();
  const { state } = await granted<{ state: string }>(asked);
  expects(state === due, `an order that is ${due}`, state);
  return state;
}

function spoken(state: string): string {
  return state.replaceAll("_", " ");
}

/** Quoted by the menu: the price that is sent along is not read. */
async function asksForQuote(stage: Stage): Promise<Quote> {
  const dishes = threeOf(menu.of(stage));
  const lines = dishes.map(({ id }, i) => ({
    menu_item_id: id,
    quantity: quantities[i],
    price_minor: 1,
  }));
  const asked = ada
    .of(stage)
    .client.from("quotes")
    .insert({ restaurant_id: restaurant.of(stage).id, ...here, lines })
    .select("*, quote_lines(*)")
    .single();
  const quoted = await granted<Quote>(asked);
  const due = dishes.reduce((sum, dish, i) => sum + dish.price_minor * (quantities[i] ?? 0), 0);
  expects(quoted.items_minor === due, `the menu's prices, ${due}`, quoted.items_minor);
  const total = quoted.items_minor + quoted.delivery_fee_minor;
  expects(quoted.total_minor === total, `${total} in all`, quoted.total_minor);
  expects(quoted.quote_lines.length === 3, "three lines", quoted.quote_lines);
  return quoted;
}

/** From all over the menu, and such as will not run out. */
function threeOf(dishes: Dish[]): [Dish, Dish, Dish] {
  const had = dishes.filter(({ available, stock }) => available && (stock === null || stock > 9));
  const [first, middle, last] = [had[0], had[Math.floor(had.length / 2)], had.at(-1)];
  expects(had.length > 2 && !!first && !!middle && !!last, "three dishes to be had", dishes);
  return [first, middle, last];
}

async function placesOrder(stage: Stage, quoted: Quote): Promise<string> {
  const asked = ada
    .of(stage)
    .client.from("orders")
    .insert({ quote_id: quoted.id })
    .select("*, order_lines(*)")
    .single();
  const placed = await granted<Order & { order_lines: Line[] }>(asked);
  const what = (lines: Line[]) => lines.map((l) => [l.quantity, l.name, l.total_minor]).join("; ");
  expects(placed.state === "placed", "a placed order", placed.state);
  expects(placed.total_minor === quoted.total_minor, "the quoted price", placed.total_minor);
  const [due, came] = [what(quoted.quote_lines), what(placed.order_lines)];
  expects(came === due, due, came);
  order.is(stage, placed);
  return `${placed.state}, ${money(placed.total_minor, placed.currency)}`;
}

function withStranger(): Chapter {
  const tables = ["quotes", "quote_lines", "orders", "order_lines", "order_events"];
  const { stranger, guest } = ownedBy(ada, ...tables, "cancellations");
  const meddles: Step = {
    says: "tries to cancel Ada's order, then to deliver it",
    async does(stage) {
      const { client } = eve.of(stage);
      const order_id = order.of(stage).id;
      await refused(client.from("cancellations").insert({ order_id }), "42501");
      const event = { order_id, state: "delivered" };
      await refused(client.from("order_events").insert(event), "42501");
      stage.kept.attempts += 2;
      return "refused (42501)";
    },
  };
  return { stranger: [...stranger, meddles], guest };
}
