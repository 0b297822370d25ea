// R-B7: who sees what of an order.
import { beforeAll, describe, expect, test } from "vitest";
import { guest, type Person, person } from "../people.ts";
import { force, type Kitchen, openKitchen, orderOf } from "./kitchen.ts";

let kitchen: Kitchen;
let other: Kitchen;
let stranger: Person;
let order: { id: string; quote_id: string };

beforeAll(async () => {
  [kitchen, other, stranger] = await Promise.all([
    openKitchen(),
    openKitchen(),
    person("stranger"),
  ]);
  order = await orderOf(kitchen, { Soup: 1, Bread: 1 });
  await force(order.id, "paid");
  const accepted = { order_id: order.id, state: "accepted" };
  await kitchen.staff.db.from("order_events").insert(accepted).throwOnError();
  const cancelled = { order_id: order.id, reason: "the oven broke" };
  await kitchen.staff.db.from("cancellations").insert(cancelled).throwOnError();
});

const tables = {
  orders: 1,
  order_lines: 2,
  order_events: 3,
  cancellations: 1,
  quotes: 1,
  quote_lines: 2,
};
const counts = async (db: Person["db"]) => {
  const all = Object.keys(tables).map(async (table) => {
    const { data, count } = await db.from(table).select("*", { count: "exact" });
    expect(data).toHaveLength(count ?? -1);
    return [table, count];
  });
  return Object.fromEntries(await Promise.all(all));
};
const none = Object.fromEntries(Object.keys(tables).map((table) => [table, 0]));
const whole = "*, quotes(*), order_lines(*), order_events(*), cancellations(*)";

describe("an order is seen", () => {
  test("by its customer, wholly", async () => {
    expect(await counts(kitchen.guest.db)).toEqual(tables);
    const { data } = await kitchen.guest.db.from("orders").select(whole).single();
    expect(data.quotes).toMatchObject({ id: order.quote_id, lat: 55.955 });
    expect([data.order_lines.length, data.order_events.length]).toEqual([2, 3]);
    expect(data.cancellations).toMatchObject({ reason: "the oven broke", mover: "staff" });
  });

  test("by the staff of its restaurant, without the quote and where it goes", async () => {
    expect(await counts(kitchen.staff.db)).toEqual({ ...tables, quotes: 0, quote_lines: 0 });
    const { data } = await kitchen.staff.db.from("orders").select(whole).single();
    expect(data.quotes).toBe(null);
    expect([data.order_lines.length, data.order_events.length]).toEqual([2, 3]);
    expect(JSON.stringify(data)).not.toContain("55.955");
    const near = kitchen.staff.db
      .from("orders")
      .select("id, quotes!inner(lat)")
      .gt("quotes.lat", 0);
    expect((await near).data).toEqual([]);
  });

  test("by nobody else: other customers, other kitchens, strangers, guests", async () => {
    for (const db of [other.guest.db, other.staff.db, stranger.db, guest()]) {
      expect(await counts(db)).toEqual(none);
      expect((await db.from("orders").select(whole).eq("id", order.id)).data).toEqual([]);
      const through = await db.from("restaurants").select("id, orders(id)").eq("id", kitchen.id);
      expect(through.data).toEqual([{ id: kitchen.id, orders: [] }]);
    }
  });
});

test("who made a row of an event is in no answer, by no name", async () => {
  for (const db of [kitchen.guest.db, kitchen.staff.db]) {
    expect((await db.from("order_events").select("actor_id")).error?.code).toBe("42703");
    expect((await db.from("order_lines").select("counted")).error?.code).toBe("42703");
  }
  const { data } = await kitchen.guest.db.from("order_events").select("*");
  expect(JSON.stringify(data)).not.toContain(kitchen.staff.id);
});
