// kill -9 while people order, pay and cancel. Started again, and swept, nobody has paid twice, or
// for nothing, and every dish is sold or in stock.
import { setTimeout } from "node:timers/promises";
import type { SupabaseClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { service, signUp } from "../clients/callers.ts";
import { discrepancies } from "../modules/payments/discrepancies.ts";
import { type Server, serve } from "../serve.ts";
import { faults } from "./audit.ts";

const kills = 4;
const people = 4;
/** A claim on a listener is held for 30 seconds, and young payments are left alone for 15. */
const recovery_ms = 90_000;
const unfinished = {
  "A retry waits": "select * from _retries",
  "A listener is held": "select * from _told where holder is not null",
};

let server: Server;
let menu_item_id: string;
let restaurant_id: string;
let customers: SupabaseClient[];

interface Told {
  order: string;
  paid: boolean;
  cancelled: boolean;
}
const told: Told[] = [];

beforeAll(async () => {
  server = await serve({ AUTOCONFIRM: "true", CARD_NETWORK: "sandbox" });
  const db = service(server);
  const allDay = [{ opens: "00:00", closes: "00:00" }];
  const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
  const place = {
    name: "Last Supper",
    cuisine: "Any",
    lat: 0,
    lng: 0,
    address: "1 Quay",
    time_zone: "UTC",
    hours: { weekly: Object.fromEntries(days.map((day) => [day, allDay])), exceptions: {} },
    currency: "GBP",
  };
  const { data } = await db.from("restaurants").insert(place).select("id").single().throwOnError();
  restaurant_id = data.id;
  const soup = { name: "Soup", price_minor: 650, currency: "GBP", description: "a thousand" };
  const dish = { ...soup, restaurant_id, stock: 1000 };
  const made = await db.from("menu_items").insert(dish).select("id").single().throwOnError();
  menu_item_id = made.data.id;
  const all = Array.from({ length: people }, (_, i) => signUp(server, `guest${i}`));
  customers = (await Promise.all(all)).map(({ client }) => client);
});
afterAll(() => server?.stop());

/** Orders, pays and cancels without pause, until the server does not answer any more. */
async function eat(db: SupabaseClient, life: { over: boolean }): Promise<void> {
  const tokens = ["sandbox_ok", "sandbox_lost_response", "sandbox_declined"];
  for (let n = 0; !life.over; n++) {
    const lines = [{ menu_item_id, quantity: 1 + (n % 3) }];
    const body = { restaurant_id, lat: 0.001, lng: 0.001, lines };
    const quote = await db.from("quotes").insert(body).select("id").single();
    if (!quote.data) continue;
    const placed = await db
      .from("orders")
      .insert({ quote_id: quote.data.id })
      .select("id")
      .single();
    if (!placed.data) continue;
    const one: Told = { order: placed.data.id, paid: false, cancelled: false };
    told.push(one);
    const order_id = one.order;
    const token = tokens[n % tokens.length];
    const payment = await db.from("payments").insert({ order_id, token }).select("state").single();
    one.paid = payment.data?.state === "succeeded";
    if (n % 2) continue;
    one.cancelled = !(await db.from("cancellations").insert({ order_id })).error;
  }
}

test("every order is paid once or not at all, and every charge has its order", async () => {
  for (let n = 0; n < kills; n++) {
    const life = { over: false };
    const eating = customers.map((db) => eat(db, life));
    await setTimeout(700 + n * 137);
    life.over = true;
    await server.kill();
    await Promise.all(eating);
    await server.restart();
  }
  expect(told.filter(({ paid }) => paid).length).toBeGreaterThan(5);
  expect(told.filter(({ paid, cancelled }) => paid && cancelled).length).toBeGreaterThan(2);
  const found = () =>
    server.look((db) =>
      Object.entries({ ...discrepancies, ...unfinished }).flatMap(([sentence, sql]) =>
        db
          .prepare(sql)
          .all()
          .map((row) => `${sentence}: ${JSON.stringify(row)}`),
      ),
    );
  const swept = async () => {
    await server.sweep();
    return found();
  };
  await expect.poll(swept, { timeout: recovery_ms, interval: 2_000 }).toEqual([]);
  const stateOf = (id: string) =>
    server.look((db) => db.prepare("select state from orders where id = ?").get(id)?.state);
  for (const { order, paid, cancelled } of told) {
    const states = cancelled ? ["cancelled"] : paid ? ["paid", "cancelled"] : undefined;
    if (states) expect(states).toContain(stateOf(order));
  }
  expect(server.look(faults)).toEqual([]);
}, 240_000);
