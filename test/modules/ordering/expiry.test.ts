import { beforeEach, describe, expect, test } from "vitest";
import { service as secretKey } from "../../../src/kernel/actor.ts";
import { eq } from "../../../src/kernel/predicate.ts";
import { markPaid, type Order, orders } from "../../../src/modules/ordering/index.ts";
import { mortal } from "../mortal.ts";
import {
  everything,
  force,
  type Kitchen,
  later,
  openKitchen,
  orderOf,
  quoteOf,
  raw,
  stateOf,
  stockOf,
} from "./kitchen.ts";

let kitchen: Kitchen;

beforeEach(async () => {
  await raw("update orders set pay_by = null");
  kitchen = await openKitchen();
});

const eventsOf = async (id: string) =>
  (await raw("select state from order_events where order_id = ? order by created_at, id", id)).map(
    ({ state }) => state,
  );

/** What the payments module does when the card network says yes. */
async function pay(id: string) {
  const kernel = later(0).modules;
  const [[order] = []] = await kernel.read([{ from: orders, where: eq("id", id) }], secretKey());
  await kernel.commit(markPaid(order as Order), secretKey());
}

describe("R-B4 an order that nobody pays", () => {
  test("expires by the clock, and what it held is sold again", async () => {
    const order = await orderOf(kitchen, { Soup: 10, Bread: 1 });
    expect(await stockOf(kitchen.dishes.Soup)).toBe(0);
    const before = await everything();
    await later(14).sweep();
    expect(await everything()).toBe(before);
    await later(16).sweep();
    expect(await stateOf(order.id)).toBe("expired");
    expect(await eventsOf(order.id)).toEqual(["placed", "expired"]);
    expect(await stockOf(kitchen.dishes.Soup)).toBe(10);
    expect(await stockOf(kitchen.dishes.Bread)).toBe(null);
    const after = await everything();
    await later(60).sweep();
    expect(await everything()).toBe(after);
    await orderOf(kitchen, { Soup: 10 });
  });

  test("expires once under two sweeps at once, and under ten", async () => {
    const all = [];
    for (let n = 0; n < 5; n++) all.push(await orderOf(kitchen, { Soup: 2 }));
    await Promise.all(Array.from({ length: 10 }, () => later(16).sweep()));
    for (const { id } of all) expect(await eventsOf(id)).toEqual(["placed", "expired"]);
    expect(await stockOf(kitchen.dishes.Soup)).toBe(10);
  });

  test("is not paid afterwards; one that was paid does not expire", async () => {
    const [late, paid] = [await orderOf(kitchen, { Soup: 4 }), await orderOf(kitchen, { Soup: 3 })];
    await pay(paid.id);
    await later(16).sweep();
    expect([await stateOf(late.id), await stateOf(paid.id)]).toEqual(["expired", "paid"]);
    const before = await everything();
    await expect(pay(late.id)).rejects.toMatchObject({ code: "illegal_transition" });
    await expect(pay(paid.id)).rejects.toMatchObject({ code: "illegal_transition" });
    expect(await everything()).toBe(before);
    expect(await stockOf(kitchen.dishes.Soup)).toBe(7);
    expect(await eventsOf(paid.id)).toEqual(["placed", "paid"]);
    expect(await raw("select pay_by from orders where id = ?", paid.id)).toEqual([
      { pay_by: null },
    ]);
  });

  test("paid, cancelled and expired at once, it is one of these", async () => {
    for (let n = 0; n < 4; n++) {
      const order = await orderOf(kitchen, { Soup: 1 });
      const cancel = kitchen.guest.db.from("cancellations").insert({ order_id: order.id });
      await Promise.allSettled([pay(order.id), later(16).sweep(), cancel, pay(order.id)]);
      const state = await stateOf(order.id);
      expect(["paid", "cancelled", "expired"]).toContain(state);
      const events = await eventsOf(order.id);
      // What is merely paid may still be cancelled.
      expect([`placed,${state}`, "placed,paid,cancelled"]).toContain(events.join());
      const cancellations = await raw("select id from cancellations where order_id = ?", order.id);
      expect(cancellations).toHaveLength(state === "cancelled" ? 1 : 0);
    }
    const [held] = await raw<{ n: number }>(
      "select count(*) n from orders where restaurant_id = ? and state = 'paid'",
      kitchen.id,
    );
    expect(await stockOf(kitchen.dishes.Soup)).toBe(10 - (held?.n ?? 0));
  });

  /** As many copies of an order, past their time; with its lines, of which each is counted. */
  async function copies(order: { id: string; quote_id: string }, count: number, from = 0) {
    const columns = "user_id, restaurant_id, state, currency, items_minor, delivery_fee_minor";
    const rest = "total_minor, eta_min_minutes, eta_max_minutes, created_at, updated_at";
    const id = `'00000000-0000-7000-8000-' || printf('%012d', i + ${from})`;
    const quotes = "lat, lng, distance_m, expires_at";
    const shared = "currency, items_minor, delivery_fee_minor, total_minor, eta_min_minutes";
    const next = `select i + 1 from n where i < ${count}`;
    const many = `with recursive n(i) as (select 1 union all ${next})`;
    await raw(
      `insert into quotes(id, user_id, restaurant_id, ${shared}, eta_max_minutes, ${quotes},
       created_at) ${many} select ${id}, user_id, restaurant_id, ${shared}, eta_max_minutes,
       ${quotes}, created_at from quotes, n where id = ?`,
      order.quote_id,
    );
    await raw(
      `insert into orders(id, quote_id, pay_by, ${columns}, ${rest}) ${many}
       select ${id}, ${id}, '2026-01-01T00:00:00.' || printf('%03d', i) || 'Z',
       ${columns}, ${rest} from orders, n where id = ?`,
      order.id,
    );
    const line = "menu_item_id, position, name, quantity, unit_price_minor, total_minor, counted";
    await raw(
      `insert into order_lines(id, order_id, ${line}) ${many}
       select ${id}, ${id}, ${line} from order_lines, n where order_id = ?`,
      order.id,
    );
  }

  const left = async () => {
    const rows = await raw("select id from orders where state = 'placed' and id like '00000000-%'");
    return rows.map(({ id }) => Number(String(id).slice(-12)));
  };

  test("is one of thousands, which a sweep clears by the hundred", async () => {
    const order = await orderOf(kitchen, { Soup: 1 });
    await copies(order, 999);
    const worker = mortal();
    await worker.sweep(0);
    expect(await left()).toEqual([]);
    expect(worker.taken.length).toBeLessThan(60);
    expect(await stateOf(order.id)).toBe("placed");
    expect(await stockOf(kitchen.dishes.Soup)).toBe(9 + 999);
    const told = "select order_id from order_events where state = 'expired' group by order_id";
    expect((await raw(told)).length).toBeGreaterThanOrEqual(999);
    await worker.settled();
  });

  test("stops none of those beside it when it fails", async () => {
    const order = await orderOf(kitchen, { Soup: 1 });
    await copies(order, 60, 5_000);
    await raw(`create trigger poison before update on orders when new.id like '00000000-%5007'
      begin select raise(abort, 'poison'); end`);
    await expect(later(0).sweep()).rejects.toThrow();
    await raw("drop trigger poison");
    expect(await left()).toEqual([5_007]);
    expect(await stockOf(kitchen.dishes.Soup)).toBe(9 + 59);
  });
});

test("a quote that nobody ordered is forgotten a day after it expired", async () => {
  const [kept, order] = [await quoteOf(kitchen), await orderOf(kitchen)];
  const there = async (id: string) => [
    (await raw("select id from quotes where id = ?", id)).length,
    (await raw("select id from quote_lines where quote_id = ?", id)).length,
  ];
  await later(24 * 60 + 14).sweep();
  expect(await there(kept.id)).toEqual([1, 1]);
  await later(24 * 60 + 16).sweep();
  expect(await there(kept.id)).toEqual([0, 0]);
  expect(await there(order.quote_id)).toEqual([1, 1]);
  expect(await raw("select id from quotes where forget_at < '2027'")).toEqual([]);
});

describe("stock", () => {
  test("comes back when the kitchen rejects, and not when it has begun", async () => {
    const tell = (id: string, state: string) =>
      kitchen.staff.db.from("order_events").insert({ order_id: id, state }).throwOnError();
    const rejected = await orderOf(kitchen, { Soup: 2 });
    await pay(rejected.id);
    await tell(rejected.id, "rejected");
    expect(await stockOf(kitchen.dishes.Soup)).toBe(10);
    const cooked = await orderOf(kitchen, { Soup: 2 });
    await pay(cooked.id);
    await tell(cooked.id, "accepted");
    await tell(cooked.id, "preparing");
    await kitchen.staff.db.from("cancellations").insert({ order_id: cooked.id }).throwOnError();
    expect(await stockOf(kitchen.dishes.Soup)).toBe(8);
  });

  test("is not made up for dishes that were not counted, or are gone", async () => {
    const order = await orderOf(kitchen, { Soup: 1, Bread: 4 });
    await raw("update menu_items set stock = 50 where id = ?", kitchen.dishes.Bread);
    await raw("delete from menu_items where id = ?", kitchen.dishes.Soup);
    await later(16).sweep();
    expect(await stateOf(order.id)).toBe("expired");
    expect(await stockOf(kitchen.dishes.Bread)).toBe(50);
  });

  test("is held by no quote, and by no order twice", async () => {
    await quoteOf(kitchen, { Soup: 9 });
    const order = await orderOf(kitchen, { Soup: 9 });
    await force(order.id, "paid");
    const cancel = () => kitchen.guest.db.from("cancellations").insert({ order_id: order.id });
    const all = await Promise.all([cancel(), cancel(), cancel()]);
    expect(all.map((r) => r.status).sort()).toEqual([201, 409, 409]);
    expect(await stockOf(kitchen.dishes.Soup)).toBe(10);
  });
});
