import { beforeAll, describe, expect, test } from "vitest";
import { mortal } from "../mortal.ts";
import { person, service } from "../people.ts";
import {
  basket,
  closedHours,
  everything,
  type Kitchen,
  openKitchen,
  orderOf,
  quoteOf,
  raw,
  stateOf,
  stockOf,
  tokenOf,
} from "./kitchen.ts";

let kitchen: Kitchen;

beforeAll(async () => {
  kitchen = await openKitchen();
});

const place = (quote_id: string, one = kitchen.guest) => one.db.from("orders").insert({ quote_id });
const change = (table: string, id: string | undefined, values: object) =>
  service().from(table).update(values).eq("id", id).throwOnError();

/** The refusal of an order, which leaves nothing behind. */
async function refused(quote_id: string, one = kitchen.guest) {
  const before = await everything();
  const { status, error } = await place(quote_id, one);
  expect(await everything()).toBe(before);
  return [status, error?.code, error?.details];
}

describe("an order", () => {
  test("is what was quoted, with names and prices of its own", async () => {
    const one = await openKitchen();
    const quote = await quoteOf(one, { Soup: 3, Bread: 2 });
    const { data, status } = await place(quote.id, one.guest)
      .select("*, order_lines(*), order_events(state, mover)")
      .single();
    expect(status).toBe(201);
    const { order_lines, order_events, created_at, pay_by, ...order } = data;
    expect(order).toEqual({
      id: expect.any(String),
      quote_id: quote.id,
      user_id: one.guest.id,
      restaurant_id: one.id,
      state: "placed",
      currency: "GBP",
      items_minor: 2348,
      delivery_fee_minor: quote.delivery_fee_minor,
      total_minor: quote.total_minor,
      eta_min_minutes: quote.eta_min_minutes,
      eta_max_minutes: quote.eta_max_minutes,
      updated_at: created_at,
    });
    expect(Math.abs(Date.parse(pay_by) - Date.parse(created_at) - 15 * 60_000)).toBeLessThan(1000);
    expect(order_lines).toEqual([
      {
        id: expect.any(String),
        order_id: order.id,
        menu_item_id: one.dishes.Soup,
        position: 0,
        name: "Soup",
        quantity: 3,
        unit_price_minor: 650,
        total_minor: 1950,
      },
      expect.objectContaining({ name: "Bread", position: 1, total_minor: 398 }),
    ]);
    expect(order_events).toEqual([{ state: "placed", mover: "customer" }]);
    expect(await stockOf(one.dishes.Soup)).toBe(7);
    expect(await stockOf(one.dishes.Bread)).toBe(null);
  });

  test("keeps its lines when the menu changes, and when a dish leaves it", async () => {
    const one = await openKitchen();
    const order = await orderOf(one, { Soup: 1, Bread: 1 });
    await change("menu_items", one.dishes.Soup, { name: "Stew", price_minor: 9999 });
    await service().from("menu_items").delete().eq("id", one.dishes.Bread).throwOnError();
    const lines = one.guest.db.from("order_lines").select("name, unit_price_minor");
    const { data } = await lines.eq("order_id", order.id).order("position");
    expect(data).toEqual([
      { name: "Soup", unit_price_minor: 650 },
      { name: "Bread", unit_price_minor: 199 },
    ]);
  });

  test("keeps its restaurant from being deleted; a quote does not", async () => {
    const one = await openKitchen();
    await quoteOf(one);
    await service().from("restaurants").delete().eq("id", one.id).throwOnError();
    const other = await openKitchen();
    const order = await orderOf(other);
    const { status, error } = await service().from("restaurants").delete().eq("id", other.id);
    expect([status, error?.code]).toEqual([409, "23503"]);
    expect(await stateOf(order.id)).toBe("placed");
  });

  test("is made once of a quote", async () => {
    const quote = await quoteOf(kitchen);
    await place(quote.id).throwOnError();
    expect(await refused(quote.id)).toEqual([409, "23505", expect.stringContaining("quote_id")]);
    const another = await quoteOf(kitchen);
    const all = await Promise.all([1, 2, 3, 4].map(() => place(another.id)));
    expect(all.map((r) => r.status).sort()).toEqual([201, 409, 409, 409]);
    const both = await quoteOf(kitchen);
    const twice = [{ quote_id: both.id }, { quote_id: both.id }];
    expect((await kitchen.guest.db.from("orders").insert(twice)).error?.code).toBe("23505");
    expect(await raw("select id from orders where quote_id = ?", both.id)).toEqual([]);
  });

  test("is made once of a key, and told again to whoever asks again", async () => {
    const one = await openKitchen();
    const { id: quote_id } = await quoteOf(one, { Soup: 4 });
    const key = crypto.randomUUID();
    const ask = () =>
      place(quote_id, one.guest).select("id, state").setHeader("Idempotency-Key", key).single();
    const all = await Promise.all([ask(), ask(), ask()]);
    expect(all.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(all.map(({ data }) => data?.id)).size).toBe(1);
    expect(await stockOf(one.dishes.Soup)).toBe(6);
  });

  test("is made by the owner of the quote; to others it is as one that is nowhere", async () => {
    const quote = await quoteOf(kitchen);
    await raw(
      "update quotes set expires_at = ? where id = ?",
      "2020-01-01T00:00:00.000Z",
      quote.id,
    );
    const stranger = await person("stranger");
    const nowhere = await refused(crypto.randomUUID(), stranger);
    expect(nowhere.slice(0, 2)).toEqual([403, "42501"]);
    expect(await refused(quote.id, stranger)).toEqual(nowhere);
    expect(await refused(quote.id, kitchen.staff)).toEqual(nowhere);
  });

  test("says what it needs, and takes nothing of the server's", async () => {
    const rows = kitchen.guest.db.from("orders");
    expect((await rows.insert({})).error?.code).toBe("23502");
    const { id: quote_id } = await quoteOf(kitchen);
    for (const given of [{ state: "paid" }, { total_minor: 1 }, { user_id: kitchen.staff.id }]) {
      expect((await rows.insert({ quote_id, ...given })).error?.code).toBe("428C9");
    }
    expect((await rows.upsert({ quote_id })).error?.code).toBe("operation_only");
  });
});

describe("R-B6 what changed since the quote refuses the order, and is told", () => {
  test("the quote has expired", async () => {
    const { id } = await quoteOf(kitchen);
    const expires_at = "2026-01-01T00:00:00.000Z";
    await raw("update quotes set expires_at = ? where id = ?", expires_at, id);
    expect(await refused(id)).toEqual([409, "quote_expired", `It held until ${expires_at}`]);
  });

  test("price, availability, stock; all of it at once", async () => {
    const one = await openKitchen({}, [
      { name: "Soup", price_minor: 650, stock: 10 },
      { name: "Bread", price_minor: 199 },
      { name: "Tart", price_minor: 500 },
    ]);
    const quote = await quoteOf(one, { Soup: 4, Bread: 1, Tart: 1 });
    await change("menu_items", one.dishes.Soup, { stock: 3 });
    const few = [409, "out_of_stock", "Soup: 4 wanted, 3 left"];
    expect(await refused(quote.id, one.guest)).toEqual(few);
    await change("menu_items", one.dishes.Bread, { price_minor: 250 });
    await change("menu_items", one.dishes.Tart, { available: false });
    expect(await refused(quote.id, one.guest)).toEqual([
      409,
      "quote_changed",
      "Soup: 4 wanted, 3 left; Bread: price 199 → 250; Tart: available → unavailable",
    ]);
    await service().from("menu_items").delete().eq("id", one.dishes.Tart).throwOnError();
    const gone = await refused(quote.id, one.guest);
    expect(gone[2]).toContain("Tart: is no longer on the menu");
  });

  test("a new name is no change", async () => {
    const one = await openKitchen();
    const quote = await quoteOf(one);
    await change("menu_items", one.dishes.Soup, { name: "Broth", description: "hot" });
    const { data } = await place(quote.id, one.guest).select("order_lines(name)").single();
    expect(data).toEqual({ order_lines: [{ name: "Soup" }] });
  });

  test.each([
    ["hours", { hours: closedHours }, "open → closed"],
    ["a pause", { paused_until: "2999-01-01T00:00:00.000Z" }, "paused until 2999"],
    ["the zone", { delivery_radius_m: 100 }, "100 m far, and this is 556 m"],
    ["its place", { lat: 40 }, "5000 m far"],
    ["the minimum", { min_order_minor: 700 }, "minimum is 700"],
    ["the currency", { currency: "EUR" }, "GBP"],
  ])("%s", async (_, different, told) => {
    const one = await openKitchen();
    const quote = await quoteOf(one);
    await change("restaurants", one.id, different);
    const changed = [409, "quote_changed", expect.stringContaining(told)];
    expect(await refused(quote.id, one.guest)).toEqual(changed);
  });

  test("the restaurant is gone", async () => {
    const one = await openKitchen();
    const quote = await quoteOf(one);
    await service().from("restaurants").delete().eq("id", one.id).throwOnError();
    const [status, code] = await refused(quote.id, one.guest);
    expect([status, code]).toEqual([409, "quote_changed"]);
  });
});

test("R-B3 two hundred at once with ten in stock: exactly ten", async () => {
  const one = await openKitchen();
  const body = basket(one, { Soup: 1 });
  const many = Array<object>(100).fill(body);
  const some = async () =>
    (await one.guest.db.from("quotes").insert(many).select("id").throwOnError()).data;
  const quotes = [...(await some()), ...(await some())];
  const all = await Promise.all(quotes.map(({ id }) => place(id, one.guest)));
  expect(all).toHaveLength(200);
  expect(all.filter((r) => r.status === 201)).toHaveLength(10);
  const lost = all.filter((r) => r.status !== 201);
  expect(new Set(lost.map((r) => `${r.status} ${r.error?.code}`))).toEqual(
    new Set(["409 out_of_stock"]),
  );
  expect(await stockOf(one.dishes.Soup)).toBe(0);
  const placed = await raw("select state from orders where restaurant_id = ?", one.id);
  expect(placed).toHaveLength(10);
});

test("an id that is null is filled", async () => {
  const rows = kitchen.guest.db
    .from("quotes")
    .insert({ ...basket(kitchen, { Soup: 1 }), id: null });
  const { data: quote } = await rows.select("id, quote_lines(id)").single().throwOnError();
  expect(quote).toMatchObject({ id: expect.any(String), quote_lines: [{}] });
  const order = kitchen.guest.db.from("orders").insert({ quote_id: quote.id, id: null });
  const { data } = await order.select("id, order_lines(id)").single().throwOnError();
  expect(data).toMatchObject({ id: expect.any(String), order_lines: [{}] });
});

describe("changed between what was read and the commit, within its millisecond:", () => {
  test.each([
    ["the hours", "update restaurants set hours = ?2, _v = _v + 1 where id = ?1"],
    ["a stock that is no longer counted", "update menu_items set stock = null where id = ?3"],
  ])("%s", async (_, sql) => {
    const one = await openKitchen();
    const quote = await quoteOf(one, { Soup: 4 });
    const closed = JSON.stringify(closedHours);
    const meanwhile = () => raw(`${sql} and ?1 <> ?2 || ?3`, one.id, closed, one.dishes.Soup);
    const worker = mortal({ step: 2, meanwhile }).as(await tokenOf(one.guest));
    const { error } = await worker.from("orders").insert({ quote_id: quote.id });
    expect(error?.code).toBe("quote_changed");
    expect(await raw("select id from orders where quote_id = ?", quote.id)).toEqual([]);
  });
});
