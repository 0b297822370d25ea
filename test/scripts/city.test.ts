import { expect, test } from "vitest";
import { city } from "../../scripts/city.ts";
import { type Hours, isOpenAt, weekdays } from "../../src/modules/restaurants/hours.ts";

const { restaurants, menuItems } = city();
const texts = (rows: Record<string, unknown>[], column: string) =>
  rows.map((r) => String(r[column]));

test("the same city each time", () => {
  expect(city()).toEqual({ restaurants, menuItems });
  expect(restaurants[0]).toMatchObject({ name: "The Salted Herring", cuisine: "Scottish" });
});

test("200 restaurants and 2,000 dishes, each with an id of its own", () => {
  expect([restaurants.length, menuItems.length]).toEqual([200, 2000]);
  const ids = texts([...restaurants, ...menuItems], "id");
  expect(new Set(ids).size).toBe(2200);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  expect(new Set(texts(restaurants, "name")).size).toBe(200);
});

test("prices are whole pennies, in the currency of the restaurant, and believable", () => {
  for (const { price_minor, currency } of menuItems) {
    expect(Number.isInteger(price_minor)).toBe(true);
    expect(price_minor).toBeGreaterThan(200);
    expect(price_minor).toBeLessThan(2500);
    expect(currency).toBe("GBP");
  }
});

test("every dish is served by a restaurant of the city, ten to a menu", () => {
  const menus = Map.groupBy(menuItems, (item) => item.restaurant_id);
  expect([...menus.keys()].sort()).toEqual(texts(restaurants, "id").sort());
  for (const menu of menus.values()) expect(new Set(menu.map((m) => m.name)).size).toBe(10);
});

test("hours are times of day; some nights go past midnight, some days are closed", () => {
  let overnight = 0;
  let closed = 0;
  for (const restaurant of restaurants) {
    const { weekly } = restaurant.hours as {
      weekly: Record<string, { opens: string; closes: string }[]>;
    };
    for (const day of weekdays) {
      if (!weekly[day]) closed++;
      for (const { opens, closes } of weekly[day] ?? []) {
        expect(`${opens} ${closes}`).toMatch(/^[012]\d:[0-5]\d [012]\d:[0-5]\d$/);
        if (closes <= opens) overnight++;
      }
    }
  }
  expect(overnight).toBeGreaterThan(50);
  expect(closed).toBeGreaterThan(50);
});

test("at any hour somebody in the Old Town is open and has a menu, also at Christmas", () => {
  const [hour_ms, days] = [3_600_000, 10];
  const hours = Array.from({ length: days * 24 }, (_, n) => Date.UTC(2026, 11, 24) + n * hour_ms);
  const always = restaurants.filter((r) =>
    hours.every((now) => isOpenAt(r.hours as Hours, String(r.time_zone), null, now)),
  );
  expect(texts(always, "name")).toEqual(["The Early Loaf", "Crumb & Rye", "Smoke & Lane"]);
  for (const { id, address } of always) {
    expect(address).toContain("Old Town");
    const menu = menuItems.filter((item) => item.restaurant_id === id);
    expect(menu.filter((m) => m.available && m.stock === null).length).toBeGreaterThanOrEqual(3);
  }
});

test("it is one city, with names from many scripts", () => {
  for (const { lat, lng } of restaurants) {
    expect(Math.abs(Number(lat) - 55.95)).toBeLessThan(0.05);
    expect(Math.abs(Number(lng) + 3.19)).toBeLessThan(0.1);
  }
  const all = texts([...restaurants, ...menuItems], "name").join(" ");
  for (const letter of ["é", "ở", "ō", "鶴", "한", "ş", "Ż"]) expect(all).toContain(letter);
});
