import { beforeAll, expect, test } from "vitest";
import { call, guestClient, restaurant, serviceClient } from "./api.ts";

const db = guestClient();
const admin = serviceClient();
const ids: Record<string, string> = {};

beforeAll(async () => {
  const places = [
    restaurant("Acacia", { city: "Edinburgh", prep_minutes: 10 }),
    restaurant("Box", { city: null, prep_minutes: 20 }),
  ];
  const made = await admin.from("restaurants").insert(places).select("id,name");
  if (made.error) throw new Error(JSON.stringify(made.error));
  for (const { id, name } of made.data) ids[name] = id;
  const item = (name: string, place: string, price_minor: number) => ({
    ...{ name, restaurant_id: ids[place], price_minor, currency: "GBP" },
  });
  const items = [item("Tea", "Acacia", 200), item("Cake", "Acacia", 450), item("Egg", "Box", 90)];
  const { error } = await admin.from("menu_items").insert(items);
  if (error) throw new Error(JSON.stringify(error));
});

test("a parent is spread beside its rows, and orders and groups them", async () => {
  const { data, error } = await db
    .from("menu_items")
    .select("name, ...restaurants(place:name, city)")
    .order("restaurants(prep_minutes)", { ascending: false })
    .order("name");
  expect(error).toBeNull();
  expect(data).toEqual([
    { name: "Egg", place: "Box", city: null },
    { name: "Cake", place: "Acacia", city: "Edinburgh" },
    { name: "Tea", place: "Acacia", city: "Edinburgh" },
  ]);
  const sums = await db
    .from("menu_items")
    .select("price_minor.sum(), ...restaurants(place:name)", { count: "exact" })
    .order("restaurants(name)");
  expect([sums.data, sums.count]).toEqual([
    [
      { sum: 650, place: "Acacia" },
      { sum: 90, place: "Box" },
    ],
    2,
  ]);
});

test("children are spread as arrays, in their own order", async () => {
  const { data } = await db
    .from("restaurants")
    .select("name, ...menu_items(dishes:name, price_minor)")
    .order("price_minor", { referencedTable: "menu_items", ascending: false })
    .order("name");
  expect(data).toEqual([
    { name: "Acacia", dishes: ["Cake", "Tea"], price_minor: [450, 200] },
    { name: "Box", dishes: ["Egg"], price_minor: [90] },
  ]);
  const few = await db
    .from("restaurants")
    .select("name, ...menu_items(dishes:name)")
    .gt("menu_items.price_minor", 100)
    .limit(1, { referencedTable: "menu_items" })
    .eq("name", "Box")
    .single();
  expect(few.data).toEqual({ name: "Box", dishes: [] });
});

test("what a write answers with spreads too", async () => {
  const { data, error } = await admin
    .from("menu_items")
    .update({ price_minor: 95 })
    .eq("name", "Egg")
    .select("price_minor, ...restaurants(place:name)")
    .single();
  expect(error).toBeNull();
  expect(data).toEqual({ price_minor: 95, place: "Box" });
});

test("relations are named by table, column or constraint, joined and hinted", async () => {
  for (const way of [
    "restaurants!inner(name)",
    "restaurants:restaurant_id(name)",
    "restaurants!restaurant_id(name)",
    "restaurants!menu_items_restaurant_id_fkey!left(name)",
    "restaurants:menu_items_restaurant_id_fkey(name)",
  ]) {
    const { data } = await db.from("menu_items").select(way).eq("name", "Egg");
    expect([way, data]).toEqual([way, [{ restaurants: { name: "Box" } }]]);
  }
  const twice = await db
    .from("restaurants")
    .select("cheap:menu_items(name), dear:menu_items(name)")
    .lt("cheap.price_minor", 300)
    .gte("dear.price_minor", 300)
    .eq("name", "Acacia");
  expect(twice.data).toEqual([{ cheap: [{ name: "Tea" }], dear: [{ name: "Cake" }] }]);
});

test("a relation that is none says what was looked for", async () => {
  const { error, status } = await db.from("restaurants").select("menu_item(*)");
  expect([status, error]).toMatchObject([
    400,
    {
      code: "PGRST200",
      message: expect.stringContaining("between 'restaurants' and 'menu_item'"),
      details:
        "Searched for a foreign key relationship between 'restaurants' and 'menu_item' in the " +
        "schema 'public', but no matches were found.",
      hint: "Perhaps you meant 'menu_items'",
    },
  ]);
  const none = await call("/menu_items?select=name,...restaurants");
  expect([none.status, (await none.json<{ code: string }>()).code]).toEqual([400, "PGRST100"]);
});
