// A restaurant that is always open, its staff, its menu, and somebody hungry.
import { env } from "cloudflare:workers";

import { readConfig } from "../../../src/config.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { type AssembledKernel, createKernel } from "../../../src/kernel/kernel.ts";
import { modules } from "../../../src/modules/index.ts";
import { openPlace, type Person, person, service } from "../people.ts";

export const always = [{ opens: "00:00", closes: "00:00" }];
export const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
export const openHours = {
  weekly: Object.fromEntries(days.map((day) => [day, always])),
  exceptions: {},
};
export const closedHours = { weekly: {}, exceptions: {} };
/** Some 560 m from where the restaurant is. */
export const home = { lat: 55.955, lng: -3.19 };

export interface Kitchen {
  id: string;
  staff: Person;
  guest: Person;
  /** Ids of dishes by their names. */
  dishes: Record<string, string>;
}

export interface Dish {
  name: string;
  price_minor: number;
  stock?: number | null;
  [column: string]: unknown;
}

const menu: Dish[] = [
  { name: "Soup", price_minor: 650, stock: 10 },
  { name: "Bread", price_minor: 199 },
];

export async function openKitchen(
  different: Record<string, unknown> = {},
  dishes: Dish[] = menu,
): Promise<Kitchen> {
  const [staff, guest] = await Promise.all([person("cook"), person("guest")]);
  const id = await openPlace({ hours: openHours, ...different }, staff);
  return { id, staff, guest, dishes: await addDishes(id, dishes) };
}

export async function addDishes(id: string, dishes: Dish[]): Promise<Record<string, string>> {
  const rows = dishes.map((d) => ({
    restaurant_id: id,
    currency: "GBP",
    stock: null,
    available: true,
    ...d,
  }));
  const { data } = await service().from("menu_items").insert(rows).select("id,name").throwOnError();
  return Object.fromEntries(data.map((d) => [d.name, d.id]));
}

/** The body of a quote: so many of each dish. */
export function basket(kitchen: Kitchen, quantities: Record<string, number>, at = home) {
  const lines = Object.entries(quantities).map(([name, quantity]) => ({
    menu_item_id: kitchen.dishes[name] ?? name,
    quantity,
  }));
  return { restaurant_id: kitchen.id, ...at, lines };
}

export async function tokenOf({ db }: Person): Promise<string> {
  const { data } = await db.auth.getSession();
  return data.session?.access_token ?? "";
}

export async function quoteOf(kitchen: Kitchen, quantities: Record<string, number> = { Soup: 1 }) {
  const body = basket(kitchen, quantities);
  const { data } = await kitchen.guest.db
    .from("quotes")
    .insert(body)
    .select()
    .single()
    .throwOnError();
  return data;
}

export async function orderOf(kitchen: Kitchen, quantities?: Record<string, number>) {
  const { id: quote_id } = await quoteOf(kitchen, quantities);
  const rows = kitchen.guest.db.from("orders");
  const { data } = await rows.insert({ quote_id }).select().single().throwOnError();
  return data;
}

/** Puts an order into a state, as nobody may over the wire. */
export async function force(id: string, state: string): Promise<void> {
  await raw("update orders set state = ? where id = ?", state, id);
}

export async function raw<T = Record<string, unknown>>(sql: string, ...params: unknown[]) {
  const { results } = await env.DB.prepare(sql)
    .bind(...params)
    .all<T>();
  return results;
}

export async function stateOf(id: string): Promise<unknown> {
  const [row] = await raw("select state from orders where id = ?", id);
  return row?.state;
}

export async function stockOf(id: string | undefined): Promise<unknown> {
  const [row] = await raw("select stock from menu_items where id = ?", id);
  return row?.stock;
}

/** All that an order could leave behind. */
export async function everything(): Promise<string> {
  const tables = ["quotes", "quote_lines", "orders", "order_lines", "order_events"];
  const all = [...tables, "cancellations", "menu_items"];
  return JSON.stringify(await Promise.all(all.map((t) => raw(`select * from ${t} order by id`))));
}

/** The kernel so many minutes from now. */
export function later(minutes: number): AssembledKernel {
  const { limiter: _, ...config } = readConfig(env);
  const clock = { now: () => systemClock.now() + minutes * 60_000 };
  return createKernel({ modules, ...config, clock });
}
