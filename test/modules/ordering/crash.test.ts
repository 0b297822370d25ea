// The Worker dies, or its database stumbles, at each call of D1 of what an order goes through; and
// somebody else is faster between reading and writing.
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Fault } from "../../crash.ts";
import { mortal } from "../mortal.ts";
import { service } from "../people.ts";
import {
  force,
  type Kitchen,
  later,
  openKitchen,
  orderOf,
  quoteOf,
  raw,
  stateOf,
  stockOf,
  tokenOf,
} from "./kitchen.ts";

// What goes wrong is what these tests are about; the log of it is not.
vi.spyOn(console, "error").mockImplementation(() => {});

let kitchen: Kitchen;
let token: string;

beforeAll(async () => {
  kitchen = await openKitchen({}, [{ name: "Soup", price_minor: 650, stock: 1000 }]);
  token = await tokenOf(kitchen.guest);
});
beforeEach(async () => {
  await raw("update orders set pay_by = null");
});

const stock = async () => Number(await stockOf(kitchen.dishes.Soup));
const steps = [1, 2];
const faults = steps.flatMap((step) =>
  (["before", "after"] as const).flatMap((when) =>
    [true, false].map((dead): [string, Fault] => [
      `${dead ? "dies" : "stumbles"} ${when} call ${step}`,
      { step, when, dead },
    ]),
  ),
);

/** What there is of an order: all of it or nothing. */
async function traces(quote_id: string) {
  const [order] = await raw("select id, state from orders where quote_id = ?", quote_id);
  const count = async (table: string) =>
    (await raw(`select id from ${table} where order_id = ?`, order?.id ?? "")).length;
  const children = [await count("order_lines"), await count("order_events")];
  return [order?.state, ...children, await count("cancellations")];
}

describe("the Worker", () => {
  test("asks D1 twice to place an order, and twice to cancel it", async () => {
    const worker = mortal();
    const { id: quote_id } = await quoteOf(kitchen);
    const rows = worker.as(token).from("orders").insert({ quote_id });
    const { data } = await rows.select("id").single().throwOnError();
    expect(worker.taken).toEqual(["D1 batch", "D1 batch"]);
    await worker.as(token).from("cancellations").insert({ order_id: data.id }).throwOnError();
    // Then payments is told, and looks whether there is something to give back.
    expect(worker.taken).toHaveLength(4 + 3);
  });

  test.each(faults)("%s of placing: an order is whole or not there", async (_, fault) => {
    const before = await stock();
    const { id: quote_id } = await quoteOf(kitchen, { Soup: 3 });
    const place = (as: string) => mortal(fault).as(as).from("orders").insert({ quote_id });
    await place(token);
    const found = await traces(quote_id);
    const placed = found[0] === "placed";
    expect(found).toEqual(placed ? ["placed", 1, 1, 0] : [undefined, 0, 0, 0]);
    expect(await stock()).toBe(placed ? before - 3 : before);
    const again = await kitchen.guest.db.from("orders").insert({ quote_id });
    expect(again.status).toBe(placed ? 409 : 201);
    expect(await traces(quote_id)).toEqual(["placed", 1, 1, 0]);
    expect(await stock()).toBe(before - 3);
  });

  test.each(faults)("%s of cancelling: once, and the stock with it", async (_, fault) => {
    const before = await stock();
    const { id: order_id, quote_id } = await orderOf(kitchen, { Soup: 3 });
    await force(order_id, "paid");
    await mortal(fault).as(token).from("cancellations").insert({ order_id });
    const cancelled = (await stateOf(order_id)) === "cancelled";
    expect(await traces(quote_id)).toEqual(cancelled ? ["cancelled", 1, 2, 1] : ["paid", 1, 1, 0]);
    expect(await stock()).toBe(cancelled ? before : before - 3);
    const again = await kitchen.guest.db.from("cancellations").insert({ order_id });
    expect(again.status).toBe(cancelled ? 409 : 201);
    expect(await traces(quote_id)).toEqual(["cancelled", 1, 2, 1]);
    expect(await stock()).toBe(before);
  });

  test("dies at each call of a sweep: every order expires once all the same", async () => {
    const before = await stock();
    let done = false;
    let step = 1;
    for (; !done; step++) {
      const fault = { step, when: step % 2 ? "before" : "after", dead: true } as const;
      const all = [await orderOf(kitchen, { Soup: 1 }), await orderOf(kitchen, { Soup: 2 })];
      const worker = mortal(fault);
      await worker.sweep(16).catch(() => {});
      done = worker.taken.length < step;
      await later(16).sweep();
      for (const { quote_id } of all) {
        expect(await traces(quote_id)).toEqual(["expired", 1, 2, 0]);
      }
      expect(await stock()).toBe(before);
    }
    expect(step).toBeGreaterThan(5);
  });
});

describe("between reading and writing", () => {
  const changes: [string, string, string, string][] = [
    ["the price rises", "menu_items", "price_minor = price_minor + 1", "quote_changed"],
    ["the dish is taken off", "menu_items", "available = 0", "quote_changed"],
    ["the dish is sold in another currency", "menu_items", "currency = 'EUR'", "quote_changed"],
    ["others buy the rest", "menu_items", "stock = 1", "out_of_stock"],
    ["the restaurant pauses", "restaurants", "_v = _v + 1", "quote_changed"],
  ];
  test.each(changes)("%s: no order", async (_, table, set, code) => {
    const one = await openKitchen();
    const { id: quote_id } = await quoteOf(one, { Soup: 2 });
    const id = table === "restaurants" ? one.id : one.dishes.Soup;
    const meanwhile = () => raw(`update ${table} set ${set} where id = ?`, id);
    const worker = mortal({ step: 2, meanwhile }).as(await tokenOf(one.guest));
    const { status, error } = await worker.from("orders").insert({ quote_id });
    expect([status, error?.code]).toEqual([409, code]);
    expect(await traces(quote_id)).toEqual([undefined, 0, 0, 0]);
    expect(await stockOf(one.dishes.Soup)).toBe(code === "out_of_stock" ? 1 : 10);
  });

  test("a dish begins to be counted: no order", async () => {
    const one = await openKitchen();
    const { id: quote_id } = await quoteOf(one, { Bread: 2 });
    const id = one.dishes.Bread;
    const meanwhile = () => raw("update menu_items set stock = 1 where id = ?", id);
    const worker = mortal({ step: 2, meanwhile }).as(await tokenOf(one.guest));
    expect((await worker.from("orders").insert({ quote_id })).error?.code).toBe("quote_changed");
    expect(await stockOf(id)).toBe(1);
  });

  test("whatever the restaurant changes renews what its guard looks at", async () => {
    const one = await openKitchen();
    const { id: quote_id } = await quoteOf(one);
    const paused = { paused_until: "2999-01-01T00:00:00.000Z" };
    const meanwhile = () =>
      service().from("restaurants").update(paused).eq("id", one.id).throwOnError();
    const worker = mortal({ step: 2, meanwhile: async () => meanwhile() }).as(
      await tokenOf(one.guest),
    );
    expect((await worker.from("orders").insert({ quote_id })).error?.code).toBe("quote_changed");
  });

  test("somebody else moves the order: the slower one changes nothing", async () => {
    for (const state of ["cancelled", "rejected", "expired"]) {
      const before = await stock();
      const { id: order_id, quote_id } = await orderOf(kitchen, { Soup: 3 });
      const meanwhile = () => force(order_id, state);
      const slow = mortal({ step: 2, meanwhile }).as(token);
      const { status, error } = await slow.from("cancellations").insert({ order_id });
      expect([status, error?.code]).toEqual([409, "illegal_transition"]);
      expect(await traces(quote_id)).toEqual([state, 1, 1, 0]);
      expect(await stock()).toBe(before - 3);
    }
  });
});
