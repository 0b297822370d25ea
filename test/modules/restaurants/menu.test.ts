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
  for (const { db } of [cook, stranger]) {
    const { error } = await db
      .from("menu_items")
      .update({ restaurant_id: elsewhere })
      .eq("id", item);
    expect(error?.code).toBe("428C9");
  }
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
