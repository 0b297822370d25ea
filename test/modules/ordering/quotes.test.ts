import { beforeAll, describe, expect, test } from "vitest";
import { guest, service } from "../people.ts";
import { addDishes, basket, closedHours, home, type Kitchen, openKitchen, raw } from "./kitchen.ts";

let kitchen: Kitchen;

beforeAll(async () => {
  kitchen = await openKitchen({ min_order_minor: 500, delivery_radius_m: 2000 });
});

const ask = (body: object, one = kitchen.guest) => one.db.from("quotes").insert(body);

describe("a quote", () => {
  test("R-B1 is reckoned from the menu, whatever price was sent", async () => {
    const { lines, ...rest } = basket(kitchen, { Soup: 2, Bread: 1 });
    const cheap = lines.map((line) => ({ ...line, price_minor: 1, unit_price_minor: 1 }));
    const sent = { items_minor: 1, delivery_fee_minor: 0, total_minor: 1 };
    const { data, status } = await ask({ ...rest, ...sent, lines: cheap })
      .select("*, quote_lines(name, quantity, unit_price_minor, total_minor)")
      .single();
    expect(status).toBe(201);
    // 650 * 2 + 199 = 1499; up to a kilometre costs 8 %: 119.92.
    expect(data).toMatchObject({
      user_id: kitchen.guest.id,
      currency: "GBP",
      items_minor: 1499,
      delivery_fee_minor: 120,
      total_minor: 1619,
      distance_m: 556,
    });
    expect(data.eta_min_minutes).toBeGreaterThan(0);
    expect(data.eta_max_minutes).toBeGreaterThan(data.eta_min_minutes);
    const held_ms = Date.parse(data.expires_at) - Date.parse(data.created_at);
    expect(Math.abs(held_ms - 15 * 60_000)).toBeLessThan(1000);
    expect(data.quote_lines).toEqual([
      { name: "Soup", quantity: 2, unit_price_minor: 650, total_minor: 1300 },
      { name: "Bread", quantity: 1, unit_price_minor: 199, total_minor: 199 },
    ]);
  });

  test("adds up a dish that is named twice", async () => {
    const { lines, ...rest } = basket(kitchen, { Soup: 1 });
    const twice = await ask({ ...rest, lines: [...lines, ...lines] })
      .select("items_minor, quote_lines(quantity)")
      .single();
    expect(twice.data).toEqual({ items_minor: 1300, quote_lines: [{ quantity: 2 }] });
  });

  test("takes nothing from the stock", async () => {
    await ask(basket(kitchen, { Soup: 10 })).throwOnError();
    expect(await raw("select stock from menu_items where id = ?", kitchen.dishes.Soup)).toEqual([
      { stock: 10 },
    ]);
  });

  test("the server's columns are the server's", async () => {
    for (const column of ["currency", "distance_m", "eta_max_minutes", "expires_at"]) {
      const { error } = await ask({ ...basket(kitchen, { Soup: 1 }), [column]: 1 });
      expect(error?.code).toBe("428C9");
    }
  });
});

describe("is refused", () => {
  const refusal = async (body: object) => {
    const before = await raw("select count(*) n from quotes");
    const { error, status } = await ask(body);
    expect(await raw("select count(*) n from quotes")).toEqual(before);
    return [status, error?.code, error?.details];
  };

  test.each([
    ["no lines", undefined],
    ["no list", { menu_item_id: crypto.randomUUID(), quantity: 1 }],
    ["an empty list", []],
    ["too many lines", Array(51).fill({ menu_item_id: crypto.randomUUID(), quantity: 1 })],
    ["no dish", [{ quantity: 1 }]],
    ["null", [null]],
    ["no quantity", [{ menu_item_id: crypto.randomUUID() }]],
    ["none of it", [{ menu_item_id: crypto.randomUUID(), quantity: 0 }]],
    ["less than none", [{ menu_item_id: crypto.randomUUID(), quantity: -1 }]],
    ["half of it", [{ menu_item_id: crypto.randomUUID(), quantity: 0.5 }]],
    ["a text", [{ menu_item_id: crypto.randomUUID(), quantity: "1" }]],
    ["too much", [{ menu_item_id: crypto.randomUUID(), quantity: 100 }]],
  ])("with %s", async (_, lines) => {
    const body = { restaurant_id: kitchen.id, ...home, ...(lines && { lines }) };
    expect((await refusal(body)).slice(0, 2)).toEqual([400, "lines_invalid"]);
  });

  test("without a restaurant or a place", async () => {
    for (const column of ["restaurant_id", "lat", "lng"]) {
      const { [column]: _, ...rest }: Record<string, unknown> = basket(kitchen, { Soup: 1 });
      expect((await refusal(rest)).slice(0, 2)).toEqual([400, "23502"]);
    }
    const nowhere = basket(kitchen, { Soup: 1 }, { lat: 55.955 + 360, lng: home.lng });
    expect((await refusal(nowhere)).slice(0, 2)).toEqual([400, "22003"]);
    for (const off of [{ lat: 200 }, { lat: -90.1 }, { lng: 181 }])
      expect((await refusal({ ...nowhere, ...home, ...off })).slice(0, 2)).toEqual([400, "22003"]);
  });

  test("for a dish of another restaurant as for one that is nowhere", async () => {
    const other = await openKitchen();
    for (const id of [String(other.dishes.Soup), crypto.randomUUID()]) {
      const expected = [409, "item_unknown", id];
      expect(await refusal(basket(kitchen, { Soup: 1, [id]: 1 }))).toEqual(expected);
    }
  });

  test("for a dish that is not to be had", async () => {
    const dishes = await addDishes(kitchen.id, [
      { name: "Off", price_minor: 900, available: false },
      { name: "Few", price_minor: 900, stock: 2 },
      { name: "Foreign", price_minor: 900, currency: "EUR" },
    ]);
    const wanting = (name: string, n = 1) =>
      refusal(basket(kitchen, { [String(dishes[name])]: n }));
    expect(await wanting("Off")).toEqual([409, "item_unavailable", "Off"]);
    expect(await wanting("Few", 3)).toEqual([409, "out_of_stock", "Few: 3 wanted, 2 left"]);
    expect(await wanting("Foreign")).toEqual([409, "currency_mismatch", "Foreign"]);
  });

  test("for more money than numbers hold", async () => {
    const dear = { name: "Gold", price_minor: 2 ** 53 - 1 };
    const { Gold = "" } = await addDishes(kitchen.id, [dear]);
    expect((await refusal(basket(kitchen, { [Gold]: 2 }))).slice(0, 2)).toEqual([400, "22003"]);
  });

  test("R-B6 below the minimum, and out of the zone", async () => {
    const below = await refusal(basket(kitchen, { Bread: 2 }));
    expect(below).toEqual([409, "below_minimum", expect.stringContaining("398 of 500 GBP")]);
    const far = await refusal(basket(kitchen, { Soup: 1 }, { lat: 55.99, lng: -3.19 }));
    expect(far).toEqual([409, "outside_delivery_area", expect.stringContaining("2000 m")]);
  });

  test("R-B6 by a restaurant that is closed, paused, or silent about its hours", async () => {
    const paused_until = new Date(Date.now() + 3_600_000).toISOString();
    const at = async (different: object) => {
      const other = await openKitchen({ ...different });
      return (await refusal(basket(other, { Soup: 1 }))).slice(0, 2);
    };
    expect(await at({ hours: closedHours })).toEqual([409, "restaurant_closed"]);
    expect(await at({ paused_until })).toEqual([409, "restaurant_paused"]);
    expect(await at({ hours: { ...closedHours, unknown: true } })).toEqual([409, "hours_unknown"]);
    const nowhere = { ...basket(kitchen, { Soup: 1 }), restaurant_id: crypto.randomUUID() };
    expect(await refusal(nowhere)).toEqual([409, "restaurant_unknown", null]);
  });

  test("to guests, and in another's name", async () => {
    const body = basket(kitchen, { Soup: 1 });
    const asGuest = await guest().from("quotes").insert(body);
    expect([asGuest.status, asGuest.error?.code]).toEqual([401, "42501"]);
    const forged = await ask({ ...body, user_id: kitchen.staff.id });
    expect([forged.status, forged.error?.code]).toEqual([403, "42501"]);
    const asService = await service().from("quotes").insert(body);
    expect(asService.error?.code).toBe("42501");
  });
});
