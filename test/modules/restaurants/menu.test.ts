import { beforeAll, expect, test } from "vitest";
import { guest, openPlace, type Person, person, service } from "../people.ts";

let cook: Person;
let stranger: Person;
let id: string;
let elsewhere: string;

beforeAll(async () => {
  [cook, stranger] = await Promise.all([person("cook"), person("stranger")]);
  id = await openPlace({ name: "Ours" }, cook);
  elsewhere = await openPlace({ name: "Theirs" });
});

const dish = (different: Record<string, unknown> = {}) => ({
  restaurant_id: id,
  name: "Phở bò",
  price_minor: 1190,
  currency: "GBP",
  ...different,
});

async function serve(different: Record<string, unknown> = {}): Promise<string> {
  const { data, error } = await cook.db
    .from("menu_items")
    .insert(dish(different))
    .select()
    .single();
  expect(error).toBeNull();
  return data.id;
}

test("staff write the menu; everybody reads it, within its restaurant", async () => {
  const item = await serve({ stock: 3 });
  const { data } = await guest()
    .from("restaurants")
    .select("name, menu_items(id, name, price_minor, stock, available)")
    .eq("id", id)
    .eq("menu_items.id", item)
    .single();
  expect(data).toEqual({
    name: "Ours",
    menu_items: [{ id: item, name: "Phở bò", price_minor: 1190, stock: 3, available: true }],
  });
});

test("what is sold out can be left out, and is nobody's to say", async () => {
  const place = await openPlace({ name: "Sold" }, cook);
  const items = [
    ["gone", { stock: 0 }],
    ["left", { stock: 1 }],
    ["endless", { stock: null }],
    ["resting", { available: false }],
  ] as const;
  for (const [name, more] of items) await serve({ restaurant_id: place, name, ...more });
  const { data } = await guest()
    .from("menu_items")
    .select("name, sold_out")
    .eq("restaurant_id", place)
    .order("sold_out")
    .order("name");
  expect(data).toEqual([
    { name: "endless", sold_out: false },
    { name: "left", sold_out: false },
    { name: "gone", sold_out: true },
    { name: "resting", sold_out: true },
  ]);
  const wrong = await cook.db.from("menu_items").update({ sold_out: false }).eq("name", "gone");
  expect(wrong.error?.code).toBe("428C9");
});

test("the parts of a menu, beside its restaurant or by themselves", async () => {
  const place = await openPlace({ name: "Parted" }, cook);
  const part = (category: string | null, price_minor: number, more = {}) =>
    serve({ restaurant_id: place, category, price_minor, ...more });
  await part("Soups", 700);
  await part("Soups", 500);
  await part("Sweets", 300, { available: false });
  await part("Sweets", 400);
  await part(null, 100);
  const parts = [
    { category: "Soups", items: 2, cheapest_minor: 500 },
    { category: "Sweets", items: 1, cheapest_minor: 400 },
  ];
  const { data } = await guest()
    .from("restaurants")
    .select("name, menu_categories(category, items, cheapest_minor)")
    .eq("id", place)
    .order("category", { referencedTable: "menu_categories" })
    .single();
  expect(data).toEqual({ name: "Parted", menu_categories: parts });
  const alone = await guest()
    .from("menu_categories")
    .select("category, items, ...restaurants(place:name)", { count: "exact" })
    .eq("restaurant_id", place)
    .gt("items", 1);
  expect([alone.data, alone.count]).toEqual([
    [{ category: "Soups", items: 2, place: "Parted" }],
    1,
  ]);
  const written = await cook.db.from("menu_categories").delete().eq("restaurant_id", place);
  expect(written.error?.code).toBe("view_not_written");
});

test("nobody writes another's menu", async () => {
  const item = await serve();
  for (const [db, status] of [
    [guest(), 401],
    [stranger.db, 403],
  ] as const) {
    const added = await db.from("menu_items").insert(dish());
    expect([added.status, added.error?.code]).toEqual([status, "42501"]);
  }
  const beyond = await cook.db.from("menu_items").insert(dish({ restaurant_id: elsewhere }));
  expect([beyond.status, beyond.error?.code]).toEqual([403, "42501"]);
  const { db } = stranger;
  const changed = await db.from("menu_items").update({ price_minor: 1 }).eq("id", item).select();
  const gone = await db.from("menu_items").delete().eq("id", item).select();
  expect([changed.data, gone.data]).toEqual([[], []]);
  const { data } = await service().from("menu_items").select("price_minor").eq("id", item).single();
  expect(data).toEqual({ price_minor: 1190 });
});

test("one foreign row among many refuses them all", async () => {
  const before = await countOf(id);
  const rows = [dish(), dish({ restaurant_id: elsewhere })];
  const { error } = await cook.db.from("menu_items").insert(rows);
  expect(error?.code).toBe("42501");
  expect(await countOf(id)).toBe(before);
});

async function countOf(restaurant: string) {
  const { count } = await service()
    .from("menu_items")
    .select("*", { count: "exact", head: true })
    .eq("restaurant_id", restaurant);
  return count;
}

test("a dish never moves to another restaurant", async () => {
  const item = await serve();
  const move = (db: typeof cook.db) =>
    db.from("menu_items").update({ restaurant_id: elsewhere }).eq("id", item).select();
  expect((await move(cook.db)).error?.code).toBe("428C9");
  // For a stranger there is no such dish to change.
  expect(await move(stranger.db)).toMatchObject({ error: null, data: [] });
  const { data } = await guest().from("menu_items").select("restaurant_id").eq("id", item).single();
  expect(data?.restaurant_id).not.toBe(elsewhere);
});

test("staff change and delete their dishes; time is the server's", async () => {
  const item = await serve();
  const { data } = await cook.db
    .from("menu_items")
    .update({ price_minor: 1250, available: false })
    .eq("id", item)
    .select("price_minor, available, created_at, updated_at")
    .single();
  expect(data).toMatchObject({ price_minor: 1250, available: false });
  expect(data?.updated_at >= data?.created_at).toBe(true);
  expect((await cook.db.from("menu_items").delete().eq("id", item)).error).toBeNull();
  expect((await guest().from("menu_items").select().eq("id", item)).data).toEqual([]);
});

test.for([
  ["stock", { stock: -1 }],
  ["price_minor", { price_minor: -1 }],
  ["currency", { currency: "POUND" }],
  ["name", { name: "" }],
] as const)("a dish with an impossible %s is refused", async ([column, wrong]) => {
  const { status, error } = await cook.db.from("menu_items").insert(dish(wrong));
  expect(status).toBe(400);
  // Three letters is also a limit of bytes, which is looked at first.
  expect(error?.code).toBe(column === "currency" ? "22001" : "23514");
});

test("a dish of no restaurant is refused, and tells the service why", async () => {
  const nowhere = dish({ restaurant_id: crypto.randomUUID() });
  const { status, error } = await service().from("menu_items").insert(nowhere);
  expect([status, error?.code]).toEqual([409, "23503"]);
  expect((await cook.db.from("menu_items").insert(nowhere)).error?.code).toBe("42501");
});
