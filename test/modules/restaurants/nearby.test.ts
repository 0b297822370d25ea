// What an app asks: through the real client, by POST and by GET.
import { beforeAll, describe, expect, test } from "vitest";
import { guest, openPlace, person, service } from "../people.ts";
import { onceWritten } from "./nearby-ask.ts";

const here = { lat: 55.95, lng: -3.19 };
const columns = "name, distance_m, open_now, eta_min_minutes, eta_max_minutes";
const daily = (...openings: object[]) => ({
  weekly: Object.fromEntries(
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => [day, openings]),
  ),
  exceptions: {},
});
type Rows = Record<string, unknown>[];
// Without declared types the client cannot tell rows from a row.
const names = (rows: unknown) => (rows as Rows).map((r) => r.name);
const always = daily({ opens: "00:00", closes: "00:00" });

beforeAll(async () => {
  const leith = await openPlace({ name: "Leith", lat: 55.97, lng: -3.17, hours: always });
  await openPlace({ name: "London", lat: 51.5, lng: -0.12, cuisine: "Thai", city: "London" });
  await openPlace({ name: "Here", hours: daily() });
  await openPlace({ name: "Unsaid", lat: 55.96, hours: { ...daily(), unknown: true } });
  await openPlace({ name: "Nowhere", lat: 55.98, hours: always });
  await onceWritten("Nowhere", "time_zone", "Mars/Olympus");
  await openPlace({ name: "Odd", lat: 55.99, hours: always });
  await onceWritten("Odd", "time_zone", '$["');
  const late = [1, "x", null, {}, { opens: "00:00", closes: "zz" }];
  const week = Object.keys(always.weekly).map((day) => [day, late]);
  const odd = { weekly: Object.fromEntries(week), exceptions: {} };
  await openPlace({ name: "Odder", lat: 56 });
  await onceWritten("Odder", "hours", JSON.stringify(odd));
  const dishes = ["Soup", "Bread"].map((name) => ({
    restaurant_id: leith,
    name,
    price_minor: 500,
    currency: "GBP",
  }));
  await service().from("menu_items").insert(dishes);
});

describe.each([["POST", {}] as const, ["GET", { get: true }] as const])("by %s", (_, how) => {
  const near = (args: object = {}) => guest().rpc("nearby_restaurants", { ...here, ...args }, how);

  test("the nearest first, with distance, hours and time", async () => {
    const { data: found, error } = await near().select(columns);
    expect(error).toBeNull();
    const data = found as Rows;
    expect(data.map((r) => [r.name, r.open_now])).toEqual([
      ["Here", false],
      ["Unsaid", null],
      ["Leith", true],
      ["Nowhere", null],
      ["Odd", null],
      ["Odder", false],
      ["London", false],
    ]);
    expect(data[0]?.distance_m).toBe(0);
    expect(data[2]?.distance_m).toBe(2549);
    for (const { eta_min_minutes, eta_max_minutes } of data) {
      expect(Number.isInteger(eta_min_minutes) && Number.isInteger(eta_max_minutes)).toBe(true);
      expect(Number(eta_min_minutes)).toBeLessThan(Number(eta_max_minutes));
    }
  });

  test("who delivers so far, and who does not, as a quote would say", async () => {
    const { data: found } = await near().select("name, distance_m, delivery_radius_m, delivers");
    const rows = found as Rows;
    expect(rows.map((r) => [r.name, r.delivers])).toEqual(
      rows.map((r) => [r.name, Number(r.distance_m) <= Number(r.delivery_radius_m)]),
    );
    const those = await near().select("name").is("delivers", true);
    expect(names(those.data)).toEqual(["Here", "Unsaid", "Leith", "Nowhere", "Odd"]);
    expect(names((await near().select("name").is("delivers", false)).data)).toEqual([
      "Odder",
      "London",
    ]);
  });

  test("with dishes, filters, an order of one's own, and a page, in one statement", async () => {
    const { data, error } = await near()
      .select("name, distance_m, menu_items(name)")
      .eq("open_now", true)
      .lt("distance_m", 100_000)
      .order("name", { referencedTable: "menu_items" })
      .limit(1);
    expect(error).toBeNull();
    const menu_items = [{ name: "Bread" }, { name: "Soup" }];
    expect(data).toEqual([{ name: "Leith", distance_m: 2549, menu_items }]);
    const far = await near().select("name").order("distance_m", { ascending: false }).limit(2);
    expect(names(far.data)).toEqual(["London", "Odder"]);
    const second = await near().select("name").order("distance_m").range(1, 2);
    expect(names(second.data)).toEqual(["Unsaid", "Leith"]);
    const inner = await near().select("name, menu_items!inner(name)");
    expect(names(inner.data)).toEqual(["Leith"]);
  });

  test("open, of a cuisine, within a radius, so many", async () => {
    const found = async (args: object) => names((await near(args).select("name")).data);
    expect(await found({ open_only: true })).toEqual(["Leith"]);
    expect(await found({ cuisine: "Thai" })).toEqual(["London"]);
    expect(await found({ cuisine: "Martian" })).toEqual([]);
    expect(await found({ radius_m: 2549 })).toEqual(["Here", "Unsaid", "Leith"]);
    expect(await found({ radius_m: 0 })).toEqual(["Here"]);
    expect(await found({ limit: 2 })).toEqual(["Here", "Unsaid"]);
    expect(await found({ limit: 0 })).toEqual([]);
  });

  test("a filter under the name of a parameter is a filter", async () => {
    const { data, error } = await near().select("name").eq("cuisine", "Thai");
    expect(error).toBeNull();
    expect(data).toEqual([{ name: "London" }]);
  });

  test("of a search that ends somewhere, no total is told", async () => {
    const { count, data } = await guest()
      .rpc("nearby_restaurants", here, { ...how, count: "exact" })
      .select("name")
      .limit(1);
    expect([count, names(data)]).toEqual([Number.NaN, ["Here"]]);
  });

  test.each([
    [{ lat: 90.1 }, "22003"],
    [{ lat: -91 }, "22003"],
    [{ lng: 180.5 }, "22003"],
    [{ radius_m: -1 }, "22003"],
    [{ radius_m: 3e7 }, "22003"],
    [{ limit: 1001 }, how && "get" in how ? "none" : "22003"],
    [{ limit: -1 }, how && "get" in how ? "PGRST100" : "22003"],
    [{ lat: "north" }, "22P02"],
    [{ open_only: "perhaps" }, "22P02"],
    [{ limit: 1.5 }, how && "get" in how ? "PGRST100" : "22P02"],
  ])("%o is refused with %s", async (args, code) => {
    const { error } = await near(args);
    expect(error?.code ?? "none").toBe(code);
    if (code === "22003") expect(error?.message).toMatch(/out of range for type (lat|lon|rad|lim)/);
  });
});

test("without a place it is no call", async () => {
  const { error } = await guest().rpc("nearby_restaurants", { lat: 1 });
  expect(error?.code).toBe("PGRST202");
  const nothing = await guest().rpc("nearby_restaurants", { lat: null, lng: 1 });
  expect(nothing.error?.code).toBe("22P02");
});

test("the same for somebody signed in and for the service", async () => {
  const ada = await person("ada");
  for (const db of [ada.db, service()]) {
    const { data } = await db.rpc("nearby_restaurants", { ...here, limit: 1 }).select("name");
    expect(data).toEqual([{ name: "Here" }]);
  }
});

test("what is embedded stands under its own policy", async () => {
  const bob = await person("bob");
  await openPlace({ name: "Bob's", lat: 10, lng: 10 }, bob);
  const staffed = async (db: typeof bob.db) =>
    (
      await db
        .rpc("nearby_restaurants", { lat: 10, lng: 10, limit: 1 })
        .select("name, staff(user_id)")
    ).data;
  expect(await staffed(guest())).toEqual([{ name: "Bob's", staff: [] }]);
  expect(await staffed(bob.db)).toEqual([{ name: "Bob's", staff: [{ user_id: bob.id }] }]);
});
