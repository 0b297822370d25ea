import { beforeAll, expect, test } from "vitest";
import { call, guestClient, restaurant, serviceClient } from "./api.ts";

const db = guestClient();
const admin = serviceClient();

beforeAll(async () => {
  const places = [
    restaurant("Ash", { cuisine: "Thai", prep_minutes: 10, city: "Edinburgh" }),
    restaurant("Beech", { cuisine: "Thai", prep_minutes: 25, city: "Glasgow" }),
    restaurant("Chestnut", { cuisine: "French", prep_minutes: 40, city: null }),
  ];
  const made = await admin.from("restaurants").insert(places).select("id,name");
  if (made.error) throw new Error(JSON.stringify(made.error));
  const id = (name: string) => made.data.find((r: { name: string }) => r.name === name)?.id;
  const item = (place: string, price_minor: number) => ({
    ...{ name: `${place} ${price_minor}`, restaurant_id: id(place), price_minor, currency: "GBP" },
  });
  const items = [item("Ash", 500), item("Ash", 800), item("Beech", 300)];
  const { error } = await admin.from("menu_items").insert(items);
  if (error) throw new Error(JSON.stringify(error));
});

test("a table is counted and summed up", async () => {
  const { data, error } = await db
    .from("menu_items")
    .select("count(), price_minor.sum(), mean:price_minor.avg(), price_minor.max()::text");
  expect(error).toBeNull();
  expect(data).toEqual([{ count: 3, sum: 1600, mean: 1600 / 3, max: "800" }]);
  const one = await db.from("restaurants").select("prep_minutes.avg()::int").single();
  expect(one.data).toEqual({ avg: 25 });
  const none = await db.from("restaurants").select("prep_minutes.sum(), count()").eq("name", "No");
  expect(none.data).toEqual([{ sum: null, count: 0 }]);
});

test("in groups, filtered, ordered, page by page and counted", async () => {
  const groups = await db
    .from("restaurants")
    .select("cuisine, count(), prep_minutes.max()", { count: "exact" })
    .lt("prep_minutes", 100)
    .order("cuisine", { ascending: false })
    .limit(1);
  expect([groups.data, groups.count, groups.status]).toEqual([
    [{ cuisine: "Thai", count: 2, max: 25 }],
    2,
    206,
  ]);
  const inside = await db
    .from("restaurants")
    .select("monday:hours->weekly->mon->0->>opens, n:count()");
  expect(inside.data).toEqual([{ monday: "09:00", n: 3 }]);
  const opens = await db.from("restaurants").select("hours->weekly->mon->0->>opens.max()");
  expect(opens.data).toEqual([{ max: "09:00" }]);
});

test("inside embeds, and by what is embedded", async () => {
  const { data } = await db
    .from("restaurants")
    .select("name, menu_items(count(), price_minor.sum())")
    .order("name");
  expect(data).toEqual([
    { name: "Ash", menu_items: [{ count: 2, sum: 1300 }] },
    { name: "Beech", menu_items: [{ count: 1, sum: 300 }] },
    { name: "Chestnut", menu_items: [{ count: 0, sum: null }] },
  ]);
  const bare = await db.from("restaurants").select("menu_items(count)").eq("name", "Ash").single();
  expect(bare.data).toEqual({ menu_items: [{ count: 2 }] });
  const by = await db.from("menu_items").select("price_minor.sum(), restaurants(city)");
  expect(by.data).toHaveLength(2);
  expect(by.data).toContainEqual({ sum: 1300, restaurants: { city: "Edinburgh" } });
});

test("a sum has no ETag, and its refusals are PostgreSQL's", async () => {
  const sum = await call("/restaurants?select=count(),id&name=eq.Ash&limit=1");
  expect([sum.status, sum.headers.has("etag")]).toEqual([200, false]);
  const cases: [string, number, string][] = [
    ["cuisine.sum()", 404, "42883"],
    ["count(),hidden.max()", 400, "42703"],
    ["prep_minutes::money.sum()", 400, "42704"],
    ["created_at::int", 400, "42846"],
    ["count()&order=name", 400, "42803"],
    ["prep_minutes.median()", 400, "PGRST100"],
  ];
  for (const [select, status, code] of cases) {
    const response = await call(`/restaurants?select=${select}`);
    expect([select, response.status, await response.json()]).toMatchObject([
      select,
      status,
      { code },
    ]);
  }
});
