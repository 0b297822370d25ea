import { beforeAll, expect, test } from "vitest";
import { call, guestClient, restaurant, serviceClient } from "./api.ts";

const db = guestClient();
const admin = serviceClient();
const ids: Record<string, string> = {};

beforeAll(async () => {
  const places = [
    restaurant("Alder", { prep_minutes: 10, description: "Fish, (fresh)", city: null }),
    restaurant("Birch", { prep_minutes: 20, cuisine: "Italian" }),
    restaurant("cedar", { prep_minutes: 30, cuisine: "Thai", city: "Glasgow" }),
    restaurant('Döner "King", 東京', { prep_minutes: 40, cuisine: "Turkish" }),
  ];
  for (const place of places) {
    const { data, error } = await admin
      .from("restaurants")
      .insert(place)
      .select("id,name")
      .single();
    if (error) throw new Error(JSON.stringify(error));
    ids[data.name] = data.id;
  }
  const item = (name: string, place: string, price_minor: number, more = {}) => ({
    name,
    restaurant_id: ids[place],
    price_minor,
    currency: "GBP",
    ...more,
  });
  const items = [
    item("Haddock", "Alder", 1250, { stock: 3 }),
    item("Chips", "Alder", 400, { stock: null }),
    item("Pasta", "Birch", 900, { available: false }),
    item("Pizza", "Birch", 1100),
    item("Curry", "cedar", 950),
  ];
  const { error } = await admin.from("menu_items").insert(items, { defaultToNull: false });
  if (error) throw new Error(JSON.stringify(error));
});

const names = (rows: { name: string }[] | null) => rows?.map((r) => r.name);

test("filters", async () => {
  const from = () => db.from("restaurants").select("name").order("prep_minutes");
  const is = async (query: PromiseLike<{ data: { name: string }[] | null; error: unknown }>) => {
    const { data, error } = await query;
    expect(error).toBeNull();
    return names(data);
  };
  const king = 'Döner "King", 東京';
  expect(await is(from().eq("name", "Birch"))).toEqual(["Birch"]);
  expect(await is(from().neq("name", "Birch"))).toEqual(["Alder", "cedar", king]);
  expect(await is(from().gt("prep_minutes", 20))).toEqual(["cedar", king]);
  expect(await is(from().gte("prep_minutes", 20).lt("prep_minutes", 40))).toEqual([
    "Birch",
    "cedar",
  ]);
  expect(await is(from().lte("prep_minutes", 10))).toEqual(["Alder"]);
  expect(await is(from().is("city", null))).toEqual(["Alder"]);
  expect(await is(from().not("city", "is", null))).toEqual(["Birch", "cedar", king]);
  expect(await is(from().in("name", ["Alder", "cedar", "nobody"]))).toEqual(["Alder", "cedar"]);
  expect(await is(from().in("name", ["Döner", "x,y"]))).toEqual([]);
  expect(await is(from().in("name", []))).toEqual([]);
  expect(await is(from().eq("name", king))).toEqual([king]);
  expect(await is(from().like("name", "%r%"))).toEqual(["Alder", "Birch", "cedar", king]);
  expect(await is(from().like("name", "C%"))).toEqual([]);
  expect(await is(from().ilike("name", "C*"))).toEqual(["cedar"]);
  expect(await is(from().ilike("name", "DÖNER%"))).toEqual([king]);
  expect(await is(from().likeAnyOf("name", ["A%", "B%"]))).toEqual(["Alder", "Birch"]);
  expect(await is(from().ilikeAllOf("name", ["%d%", "%R"]))).toEqual(["Alder", "cedar"]);
  expect(await is(from().or("name.eq.Alder,and(cuisine.eq.Thai,prep_minutes.gt.5)"))).toEqual([
    "Alder",
    "cedar",
  ]);
  expect(await is(from().or('description.eq."Fish, (fresh)",name.eq.none'))).toEqual(["Alder"]);
  expect(await is(from().not("name", "in", "(Alder,Birch)"))).toEqual(["cedar", king]);
  expect(await is(from().match({ cuisine: "Thai", city: "Glasgow" }))).toEqual(["cedar"]);
  expect(await is(from().isDistinct("city", "Edinburgh"))).toEqual(["Alder", "cedar"]);
});

test("order, with nulls where they belong", async () => {
  const by = async (...terms: Parameters<ReturnType<typeof ordered>["order"]>[]) => {
    let query = ordered();
    for (const term of terms) query = query.order(...term);
    return names((await query).data);
  };
  const ordered = () => db.from("menu_items").select("name").lt("price_minor", 1200);
  expect(await by(["price_minor", { ascending: false }])).toEqual([
    "Pizza",
    "Curry",
    "Pasta",
    "Chips",
  ]);
  const stock = await db
    .from("menu_items")
    .select("name")
    .order("stock", { nullsFirst: false })
    .limit(1);
  expect(names(stock.data)).toEqual(["Haddock"]);
  expect(await by(["available", { ascending: true }], ["name"])).toEqual([
    "Pasta",
    "Chips",
    "Curry",
    "Pizza",
  ]);
});

test("pages and counts", async () => {
  const counted = () => db.from("restaurants").select("name", { count: "exact" }).order("name");
  const page = await counted().range(1, 2);
  expect([names(page.data), page.count, page.status]).toEqual([
    ["Birch", 'Döner "King", 東京'],
    4,
    206,
  ]);
  const all = await counted();
  expect([all.data?.length, all.count, all.status]).toEqual([4, 4, 200]);
  const none = await counted().eq("name", "none");
  expect([none.data, none.count, none.status]).toEqual([[], 0, 200]);
  const behind = await counted().range(10, 20);
  expect([behind.error?.code, behind.status]).toEqual(["PGRST103", 416]);
  const head = await db.from("restaurants").select("*", { count: "exact", head: true });
  expect([head.data, head.count, head.status]).toEqual([null, 4, 200]);
  expect((await counted().limit(0)).data).toEqual([]);
});

test("a Range header pages as limit and offset do", async () => {
  const headers = { range: "0-1", "range-unit": "items", prefer: "count=exact" };
  const response = await call("/restaurants?select=name&order=name", { headers });
  expect(response.status).toBe(206);
  expect(response.headers.get("content-range")).toBe("0-1/4");
  expect(await response.json()).toEqual([{ name: "Alder" }, { name: "Birch" }]);
});

test("embeds", async () => {
  const { data, error } = await db
    .from("restaurants")
    .select("label:name,dishes:menu_items(name,price_minor)")
    .gt("dishes.price_minor", 900)
    .order("name", { referencedTable: "dishes", ascending: false })
    .limit(1, { referencedTable: "dishes" })
    .order("name")
    .limit(2);
  expect(error).toBeNull();
  expect(data).toEqual([
    { label: "Alder", dishes: [{ name: "Haddock", price_minor: 1250 }] },
    { label: "Birch", dishes: [{ name: "Pizza", price_minor: 1100 }] },
  ]);

  const inner = await db
    .from("restaurants")
    .select("name,menu_items!inner(name)")
    .eq("menu_items.name", "Curry");
  expect(inner.data).toEqual([{ name: "cedar", menu_items: [{ name: "Curry" }] }]);

  const toOne = await db
    .from("menu_items")
    .select("name,restaurants(name,menu_items(name))")
    .eq("name", "Curry")
    .single();
  expect(toOne.data).toEqual({
    name: "Curry",
    restaurants: { name: "cedar", menu_items: [{ name: "Curry" }] },
  });

  const hinted = await db
    .from("menu_items")
    .select("place:restaurant_id(name)")
    .eq("name", "Curry");
  expect(hinted.data).toEqual([{ place: { name: "cedar" } }]);

  const without = await db.from("restaurants").select("name,menu_items()").is("menu_items", null);
  expect(without.data).toEqual([{ name: 'Döner "King", 東京' }]);

  const either = await db
    .from("restaurants")
    .select("name,menu_items()")
    .eq("menu_items.name", "Curry")
    .or("name.eq.Alder,menu_items.not.is.null")
    .order("name");
  expect(names(either.data)).toEqual(["Alder", "cedar"]);

  const byParent = await db
    .from("menu_items")
    .select("name,restaurants(name)")
    .order("restaurants(name)", { ascending: false })
    .limit(1);
  expect(byParent.data).toEqual([{ name: "Curry", restaurants: { name: "cedar" } }]);
});

test("casts and JSON paths", async () => {
  const { data, error } = await db
    .from("restaurants")
    .select("prep_minutes::text,zone:time_zone,monday:hours->weekly->mon")
    .eq("name", "Birch")
    .single();
  expect(error).toBeNull();
  expect(data).toMatchObject({ prep_minutes: "20", zone: "Europe/London" });
});

test("one row, or none", async () => {
  const byName = (name: string) => db.from("restaurants").select("name").eq("name", name);
  expect((await byName("Birch").single()).data).toEqual({ name: "Birch" });
  expect((await byName("Birch").maybeSingle()).data).toEqual({ name: "Birch" });
  expect(await byName("none").maybeSingle()).toMatchObject({ data: null, error: null });
  const none = await byName("none").single();
  expect([none.status, none.error?.code, none.error?.details]).toEqual([
    406,
    "PGRST116",
    "The result contains 0 rows",
  ]);
  const many = await db.from("restaurants").select("name").single();
  expect([many.status, many.error?.code]).toEqual([406, "PGRST116"]);
});

test("functions", async () => {
  const all = await db.rpc("cuisines").order("cuisine");
  expect(all.data).toEqual([
    { cuisine: "Italian", restaurants: 1 },
    { cuisine: "Scottish", restaurants: 1 },
    { cuisine: "Thai", restaurants: 1 },
    { cuisine: "Turkish", restaurants: 1 },
  ]);
  const got = await db
    .rpc("cuisines", { city: "Edinburgh" }, { get: true, count: "exact" })
    .select("cuisine")
    .eq("cuisine", "Italian");
  expect([got.data, got.count]).toEqual([[{ cuisine: "Italian" }], 1]);
  const head = await db.rpc("cuisines", {}, { head: true, count: "exact" });
  expect([head.data, head.count]).toEqual([null, 4]);
  const unknown = await db.rpc("cuisine");
  expect([unknown.status, unknown.error?.code]).toEqual([404, "PGRST202"]);
  const wrong = await db.rpc("cuisines", { town: "x" }, { get: true });
  expect([wrong.status, wrong.error?.code]).toEqual([404, "PGRST202"]);
});

test("refusals carry PostgREST's codes", async () => {
  const from = db.from("restaurants");
  const cases: [PromiseLike<{ status: number; error: { code: string } | null }>, number, string][] =
    [
      [db.from("restaurant").select(), 404, "PGRST205"],
      [from.select("nom"), 400, "42703"],
      [from.select("*").eq("nom", 1), 400, "42703"],
      [from.select("*").order("nom"), 400, "42703"],
      [from.select("*").eq("prep_minutes", "ten"), 400, "22P02"],
      [from.select("*,menus(*)"), 400, "PGRST200"],
      [from.select("*").eq("menu_items.name", "x"), 400, "PGRST108"],
      [from.select("*,(name"), 400, "PGRST100"],
      [from.select("*").filter("name", "equals", "x"), 400, "PGRST100"],
      [
        db
          .schema("auth" as "public")
          .from("users")
          .select(),
        406,
        "PGRST106",
      ],
    ];
  for (const [query, status, code] of cases) {
    const { status: got, error } = await query;
    expect([got, error?.code]).toEqual([status, code]);
  }
  const response = await call("/restaurants?name=equals.x");
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  expect(await response.json()).toMatchObject({
    status: 400,
    message: expect.stringContaining("name: expected an operator"),
    hint: expect.stringMatching(/^The operators are eq, /),
  });
});

test("a row's version is its ETag", async () => {
  const path = `/restaurants?id=eq.${ids.Birch}&select=name`;
  const first = await call(path);
  const tag = first.headers.get("etag") ?? "";
  expect([first.status, tag]).toEqual([200, '"1"']);
  const again = await call(path, { headers: { "if-none-match": tag } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  expect((await call("/restaurants?limit=1")).headers.has("etag")).toBe(false);
});

test("methods and paths", async () => {
  const remove = await call("/rpc/cuisines", { method: "DELETE" });
  expect([remove.status, remove.headers.get("allow")]).toEqual([405, "OPTIONS,GET,HEAD,POST"]);
  const head = await call("/restaurants?select=name", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect(head.headers.get("content-range")).toBe("0-3/*");
  const deep = await call("/restaurants/1");
  expect([deep.status, await deep.json()]).toMatchObject([404, { code: "PGRST125" }]);
});

test("a function that ends before it has found all tells no total, and another does", async () => {
  const headers = { prefer: "count=exact" };
  const told = async (path: string) => {
    const { headers: said } = await call(path, { headers });
    return [said.get("content-range")?.split("/")[1], said.get("preference-applied")];
  };
  expect(await told("/rpc/nearby_restaurants?lat=55.95&lng=-3.19&limit=1")).toEqual(["*", null]);
  const [total, applied] = await told("/rpc/cuisines");
  expect([Number(total) > 0, applied]).toEqual([true, "count=exact"]);
});
