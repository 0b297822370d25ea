import { beforeAll, expect, test } from "vitest";
import { guest, openPlace, type Person, person, place, service } from "../people.ts";

let cook: Person;
let stranger: Person;
let id: string;
let elsewhere: string;

beforeAll(async () => {
  [cook, stranger] = await Promise.all([person("cook"), person("stranger")]);
  id = await openPlace({ name: "Größenwahn" }, cook);
  elsewhere = await openPlace({ name: "Elsewhere", cuisine: "Thai" });
});

async function nameOf(restaurant: string) {
  const { data } = await service().from("restaurants").select("name").eq("id", restaurant).single();
  return data?.name;
}

test("guests read restaurants, with hours as they were written", async () => {
  const { data, error } = await guest().from("restaurants").select().eq("id", id).single();
  expect(error).toBeNull();
  expect(data).toMatchObject({
    ...place({ name: "Größenwahn" }),
    id,
    prep_minutes: 20,
    delivery_radius_m: 5000,
    min_order_minor: 0,
    paused_until: null,
    rating: null,
  });
  expect(Object.keys(data)).not.toContain("_v");
});

test("names are found in any case and script", async () => {
  const find = (pattern: string) =>
    guest().from("restaurants").select("name").ilike("name", pattern);
  expect((await find("GRÖSSEN%")).data).toEqual([]);
  expect((await find("GRÖßEN%")).data).toEqual([{ name: "Größenwahn" }]);
  expect((await find("%WAHN")).data).toEqual([{ name: "Größenwahn" }]);
});

test("only the service opens a restaurant", async () => {
  for (const [db, status] of [
    [guest(), 401],
    [stranger.db, 403],
    [cook.db, 403],
  ] as const) {
    const answer = await db.from("restaurants").insert(place({ name: "Mine" }));
    expect([answer.status, answer.error?.code]).toEqual([status, "42501"]);
  }
  const { count } = await service()
    .from("restaurants")
    .select("*", { count: "exact", head: true })
    .eq("name", "Mine");
  expect(count).toBe(0);
});

test("staff change their own restaurant and no other", async () => {
  const rename = (one: Person, restaurant: string) =>
    one.db.from("restaurants").update({ name: "Renamed" }).eq("id", restaurant).select("name");
  expect((await rename(cook, id)).data).toEqual([{ name: "Renamed" }]);
  expect((await rename(cook, elsewhere)).data).toEqual([]);
  expect((await rename(stranger, id)).data).toEqual([]);
  expect(await nameOf(elsewhere)).toBe("Elsewhere");
});

test("staff who mistype their hours are told where, and the hours stay as they were", async () => {
  const hours = (said: unknown) =>
    cook.db.from("restaurants").update({ hours: said }).eq("id", id).select("hours");
  const week = { weekly: { fri: [{ opens: "18:00", closes: "02:00" }] }, exceptions: {} };
  expect((await hours(week)).data).toEqual([{ hours: week }]);
  const closes = { weekly: { fri: [{ opens: "18:00", closes: "2:00" }] }, exceptions: {} };
  expect((await hours(closes)).error).toMatchObject({
    code: "23514",
    message: expect.stringContaining('relation "restaurants"'),
    details: expect.stringContaining("hours.weekly.fri[0] has opens and closes"),
  });
  const zone = await cook.db.from("restaurants").update({ time_zone: "London" }).eq("id", id);
  expect(zone.error).toMatchObject({ code: "23514", details: expect.stringContaining("IANA") });
  const { data } = await service().from("restaurants").select("hours, time_zone").eq("id", id);
  expect(data).toEqual([{ hours: week, time_zone: "Europe/London" }]);
});

test("nobody but the service rates a restaurant or dates its rows", async () => {
  for (const change of [{ rating: 5 }, { created_at: "2020-01-01T00:00:00.000Z" }]) {
    const { error } = await cook.db.from("restaurants").update(change).eq("id", id);
    expect(error?.code).toBe("428C9");
  }
  const rated = await service().from("restaurants").update({ rating: 4.5 }).eq("id", elsewhere);
  expect(rated.error).toBeNull();
});

test("a restaurant is closed for good by its staff; its menu and staff go with it", async () => {
  const boss = await person("boss");
  const mine = await openPlace({ name: "Short-lived" }, boss);
  const item = { restaurant_id: mine, name: "Soup", price_minor: 500, currency: "GBP" };
  expect((await boss.db.from("menu_items").insert(item)).error).toBeNull();
  const close = (one: Person) => one.db.from("restaurants").delete().eq("id", mine).select("id");
  expect((await close(stranger)).data).toEqual([]);
  expect((await close(boss)).data).toEqual([{ id: mine }]);
  for (const table of ["menu_items", "staff"]) {
    const { data } = await service().from(table).select("id").eq("restaurant_id", mine);
    expect(data, table).toEqual([]);
  }
});

test.for([
  ["lat", { lat: 90.1 }],
  ["lng", { lng: -181 }],
  ["currency", { currency: "gbp" }],
  ["prep_minutes", { prep_minutes: -1 }],
  ["delivery_radius_m", { delivery_radius_m: 100_001 }],
  ["min_order_minor", { min_order_minor: -1 }],
  ["rating", { rating: 6 }],
  ["name", { name: "" }],
  ["hours", { hours: { weekly: [] } }],
  ["hours", { hours: { weekly: { mon: [{ opens: "09:00", closes: "zz" }] }, exceptions: {} } }],
  ["time_zone", { time_zone: "Mars/Olympus" }],
  ["time_zone", { time_zone: "europe/london" }],
] as const)("a restaurant with an impossible %s is refused by name", async ([column, wrong]) => {
  const { status, error } = await service().from("restaurants").insert(place(wrong));
  expect([status, error?.code]).toEqual([400, "23514"]);
  expect(error?.message).toContain(`restaurants_${column}`);
});
