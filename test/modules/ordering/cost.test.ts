// What an order costs the database: it looks rows up and walks no table, and writes what the
// module's README says.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { type Mortal, mortal } from "../mortal.ts";
import { basket, force, type Kitchen, openKitchen, tokenOf } from "./kitchen.ts";

let kitchen: Kitchen;
let guest: string;
let staff: string;

beforeAll(async () => {
  kitchen = await openKitchen();
  [guest, staff] = await Promise.all([tokenOf(kitchen.guest), tokenOf(kitchen.staff)]);
});

/** What a request reads and writes in `worker`. */
async function cost<T extends PromiseLike<unknown>>(worker: Mortal, request: T) {
  const before = { ...worker.rows, calls: worker.taken.length };
  const answer = (await request) as Awaited<T>;
  const { rows, taken } = worker;
  const written = rows.written - before.written;
  return { answer, written, calls: taken.length - before.calls };
}

async function quote(worker: Mortal) {
  const body = basket(kitchen, { Soup: 1, Bread: 2 });
  const rows = worker.as(guest).from("quotes").insert(body);
  return cost(worker, rows.select("id").single().throwOnError());
}

test("rows written and calls of D1", async () => {
  const worker = mortal();
  const first = await quote(worker);
  // Each batch has a row in _tx; the rest is as the README says: a quote and its two lines.
  expect([first.written, first.calls]).toEqual([1 + 4 + 2 * 3, 2]);
  const { id: quote_id } = first.answer.data;
  const orders = worker.as(guest).from("orders");
  const placed = await cost(worker, orders.insert({ quote_id }).select("id").single());
  expect([placed.written, placed.calls]).toEqual([1 + 7 + 2 * 3 + 6 + 2, 2]);
  const order_id = placed.answer.data?.id;
  await force(order_id, "paid");
  const events = worker.as(staff).from("order_events");
  const moved = await cost(worker, events.insert({ order_id, state: "accepted" }));
  // Payments listens: it is entered in _told once, and each telling takes and lets go of it.
  const telling = { entered: 2, batches: 2, rows: 2 };
  const listened = telling.entered + telling.batches * telling.rows;
  expect(moved.written).toBe(1 + 3 + 6 + listened);
  expect(moved.calls).toBe(2 + telling.batches);
});

test("no statement scans a table", async () => {
  const worker = mortal();
  const { data } = (await quote(worker)).answer;
  const rows = worker.as(guest).from("orders").insert({ quote_id: data.id });
  const { data: order } = await rows.select("id").single().throwOnError();
  const unpaid = { quote_id: (await quote(worker)).answer.data.id };
  await worker.as(guest).from("orders").insert(unpaid).throwOnError();
  await force(order.id, "paid");
  const told = { order_id: order.id, state: "accepted" };
  await worker.as(staff).from("order_events").insert(told).throwOnError();
  await worker.as(staff).from("cancellations").insert({ order_id: order.id }).throwOnError();
  await worker.sweep(16);
  const own = /\b(?:quotes|quote_lines|orders|order_lines|order_events|cancellations|menu_items)\b/;
  const texts = [...worker.texts].filter((sql) => own.test(sql));
  expect(texts.length).toBeGreaterThan(20);
  expect(await scans("select id from orders where state = ?1")).toHaveLength(1);
  for (const sql of texts) expect(await scans(sql), sql).toEqual([]);
});

test("the largest order keeps D1's limit of parameters", async () => {
  const named = Array.from({ length: 50 }, (_, i) => `Dish ${i}`);
  const dishes = named.map((name, i) => ({ name, price_minor: 100 + i, stock: 99 }));
  const one = await openKitchen({}, dishes);
  const db = mortal();
  const token = await tokenOf(one.guest);
  const all = Object.fromEntries(named.map((name) => [name, 99]));
  const quoted = db.as(token).from("quotes").insert(basket(one, all)).select("id").single();
  const { id: quote_id } = (await quoted.throwOnError()).data;
  await db.as(token).from("orders").insert({ quote_id }).throwOnError();
  const stocks = await env.DB.prepare("select sum(stock) n from menu_items where restaurant_id = ?")
    .bind(one.id)
    .first();
  expect(stocks).toEqual({ n: 0 });
  const counts = [...db.texts].map((sql) => Math.max(...numbered(sql)));
  expect(Math.max(...counts)).toBeGreaterThan(50);
  expect(Math.max(...counts)).toBeLessThanOrEqual(100);
});

const numbered = (sql: string) => [0, ...[...sql.matchAll(/\?(\d+)/g)].map(([, n]) => Number(n))];

async function scans(sql: string): Promise<string[]> {
  const count = Math.max(...numbered(sql));
  const { results } = await env.DB.prepare(`explain query plan ${sql}`)
    .bind(...Array<null>(count).fill(null))
    .all<{ detail: string }>();
  const steps = results.map(({ detail }) => detail);
  return steps.filter((step) => /^SCAN (?!json_each|value|new\b|CONSTANT|\d)/.test(step));
}
