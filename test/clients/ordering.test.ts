// Orders over HTTP, many at once, and through the death of the server.
import type { SupabaseClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, serve } from "../serve.ts";
import { restaurant, service, signUp } from "./callers.ts";

let server: Server;
let ada: SupabaseClient;

const always = [{ opens: "00:00", closes: "00:00" }];
const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const hours = { weekly: Object.fromEntries(days.map((d) => [d, always])), exceptions: {} };

beforeAll(async () => {
  server = await serve({ AUTOCONFIRM: "true" });
  // These tables are not among the types that the other tests write by hand.
  ada = (await signUp(server, "ada")).client as unknown as SupabaseClient;
});
afterAll(() => server?.stop());

/** A dish with so many portions, and as many quotes for one of it. */
async function sell(stock: number, quotes: number) {
  const db = service(server);
  const place = restaurant({ hours });
  const made = await db.from("restaurants").insert(place).select().single().throwOnError();
  const { id: restaurant_id, lat, lng } = made.data;
  const soup = { restaurant_id, name: "Soup", price_minor: 650, currency: "GBP", stock };
  const dish = await db.from("menu_items").insert(soup).select("id").single().throwOnError();
  const lines = [{ menu_item_id: dish.data.id, quantity: 1 }];
  const bodies = Array<object>(quotes).fill({ restaurant_id, lat, lng, lines });
  const { data } = await ada.from("quotes").insert(bodies).select("id").throwOnError();
  return { restaurant_id, dish: dish.data.id, quotes: data.map(({ id }) => String(id)) };
}

const place = (quote_id: string) => ada.from("orders").insert({ quote_id }).select("id").single();
const look = (sql: string, id: string) =>
  server.look((db) =>
    db
      .prepare(sql)
      .all(id)
      .map((row) => Object.values(row)),
  );
const stockOf = (dish: string) => look("select stock from menu_items where id = ?", dish)[0]?.[0];

test("R-B3 two hundred orders at once, ten in stock: ten placed, 190 refused", async () => {
  const { restaurant_id, dish, quotes } = await sell(10, 200);
  const all = await Promise.all(quotes.map(place));
  expect(all.filter(({ status }) => status === 201)).toHaveLength(10);
  const refused = all.filter(({ status }) => status === 409);
  expect(refused).toHaveLength(190);
  expect(new Set(refused.map(({ error }) => error?.code))).toEqual(new Set(["out_of_stock"]));
  expect(stockOf(dish)).toBe(0);
  const rows = await ada
    .from("orders")
    .select("id, state, order_lines(quantity), order_events(state)")
    .eq("restaurant_id", restaurant_id)
    .throwOnError();
  expect(rows.data.map(({ id }) => id).sort()).toEqual(
    all.flatMap(({ data }) => data?.id ?? []).sort(),
  );
  for (const { state, order_lines, order_events } of rows.data) {
    expect([state, order_lines, order_events]).toEqual([
      "placed",
      [{ quantity: 1 }],
      [{ state: "placed" }],
    ]);
  }
});

test("kill -9 amid orders: what was answered is there and whole, and stock adds up", async () => {
  const { restaurant_id, dish, quotes } = await sell(150, 200);
  let answered: () => void = () => {};
  const some = new Promise<void>((resolve) => {
    answered = resolve;
  });
  const placed: string[] = [];
  const all = quotes.map(async (quote) => {
    const { data } = await place(quote);
    if (data) placed.push(data.id);
    if (placed.length === 20) answered();
  });
  await some;
  await server.kill();
  await Promise.all(all);
  expect(placed.length).toBeLessThan(150);
  await server.restart();
  const whole = `select o.id, (select sum(quantity) from order_lines where order_id = o.id),
    (select group_concat(state) from order_events where order_id = o.id)
    from orders o where restaurant_id = ?`;
  const orders = look(whole, restaurant_id);
  expect(orders.map(([id]) => id)).toEqual(expect.arrayContaining(placed));
  for (const [, portions, events] of orders) expect([portions, events]).toEqual([1, "placed"]);
  expect(stockOf(dish)).toBe(150 - orders.length);
  const rest = await Promise.all(quotes.map(place));
  expect(rest.filter(({ status }) => status === 201)).toHaveLength(150 - orders.length);
  expect(stockOf(dish)).toBe(0);
});
