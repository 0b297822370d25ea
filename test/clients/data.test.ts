// Rows over HTTP, as supabase.from() and supabase.rpc() ask for them, with the app's own types.
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { type Server, serve } from "../serve.ts";
import { type Client, clientOf, guest, restaurant, service } from "./callers.ts";

let server: Server;
let db: Client;
const ids: Record<string, string> = {};

beforeAll(async () => {
  server = await serve();
  db = service(server);
  const places = [
    restaurant({ name: "Anoki", cuisine: "Indian", description: "Thalis", prep_minutes: 30 }),
    restaurant({ name: "Bistro Zoë", cuisine: "French", prep_minutes: 20 }),
    restaurant({ name: "Chez Jules", cuisine: "French", city: "Leith", prep_minutes: 10 }),
  ];
  const made = await db.from("restaurants").insert(places).select("id, name").throwOnError();
  for (const { id, name } of made.data) ids[name] = id;
  const dish = (place: string, name: string, price_minor: number, stock: number | null = null) => ({
    restaurant_id: ids[place] ?? "",
    name,
    price_minor,
    currency: "GBP",
    stock,
  });
  const dishes = [
    dish("Anoki", "Dal, 100% lentils", 650, 12),
    dish("Anoki", "Naan (plain)", 250, 0),
    dish("Bistro Zoë", "Soupe à l'oignon", 700),
    dish("Bistro Zoë", 'Steak "bleu"', 1900, 3),
    dish("Bistro Zoë", "Tarte", 600, 5),
  ];
  await db.from("menu_items").insert(dishes).throwOnError();
});
afterAll(() => server?.stop());

const names = (rows: { name: string }[] | null) => rows?.map(({ name }) => name);

describe("inserting", () => {
  test("one row: what was left out is filled in, and no row is sent unasked", async () => {
    const silent = await db.from("restaurants").insert(restaurant({ city: "Silent" }));
    expect(silent).toMatchObject({ data: null, error: null, status: 201 });
    const { data } = await db
      .from("restaurants")
      .insert(restaurant({ city: "Loud" }))
      .select()
      .single()
      .throwOnError();
    expect(data).toMatchObject({ city: "Loud", prep_minutes: 20, rating: null, description: null });
    expect(data.hours).toEqual(restaurant().hours);
    expect(data.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(data.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(data).not.toHaveProperty("_v");
  });

  test("many rows are all there or none: a bad one among them undoes the rest", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => restaurant({ city: "Bulk", name: `B${i}` }));
    const bad = await db
      .from("restaurants")
      .insert([...rows.slice(0, 20), restaurant({ city: "Bulk", lat: 91 }), ...rows.slice(20)]);
    expect(bad.error).toMatchObject({ code: "23514" });
    const count = () => db.from("restaurants").select("*", { count: "exact", head: true });
    expect((await count().eq("city", "Bulk")).count).toBe(0);
    const good = await db.from("restaurants").insert(rows, { count: "exact" }).select("name");
    expect(good.count).toBe(40);
    expect(names(good.data)).toEqual(names(rows));
    expect((await count().eq("city", "Bulk")).count).toBe(40);
  });
});

describe("reading", () => {
  test("columns are chosen, renamed and cast to the types the app declared", async () => {
    const { data } = await guest(server)
      .from("restaurants")
      .select("title:name, prep_minutes")
      .eq("id", ids.Anoki ?? "")
      .single()
      .throwOnError();
    expect(data).toEqual({ title: "Anoki", prep_minutes: 30 });
    expectTypeOf(data).toEqualTypeOf<{ title: string; prep_minutes: number }>();
  });

  test("the declared types refuse unknown columns before the server does", async () => {
    // @ts-expect-error: there is no such column
    const { error } = await db.from("restaurants").select("id").eq("nonsense", 1);
    expect(error).toMatchObject({ code: "42703" });
  });

  test("filters of every ordinary kind", async () => {
    const items = () => db.from("menu_items").select("name");
    type Items = ReturnType<typeof items>;
    const found = async (filter: (items: Items) => Items) =>
      names((await filter(items()).order("name").throwOnError()).data);
    expect(await found((q) => q.eq("name", "Dal, 100% lentils"))).toEqual(["Dal, 100% lentils"]);
    expect(await found((q) => q.neq("stock", 0))).toEqual([
      "Dal, 100% lentils",
      'Steak "bleu"',
      "Tarte",
    ]);
    expect(await found((q) => q.gt("price_minor", 650).lte("price_minor", 700))).toEqual([
      "Soupe à l'oignon",
    ]);
    expect(await found((q) => q.like("name", "%a%").gte("price_minor", 650))).toHaveLength(2);
    expect(await found((q) => q.ilike("name", "SOUPE À%"))).toEqual(["Soupe à l'oignon"]);
    expect(
      await found((q) => q.in("name", ["Tarte", "Dal, 100% lentils", 'Steak "bleu"'])),
    ).toEqual(["Dal, 100% lentils", 'Steak "bleu"', "Tarte"]);
    expect(await found((q) => q.is("stock", null))).toEqual(["Soupe à l'oignon"]);
    expect(await found((q) => q.not("stock", "is", null).lt("stock", 5))).toHaveLength(2);
    expect(await found((q) => q.or('name.eq.Tarte,and(stock.gt.5,name.like."Dal,*")'))).toEqual([
      "Dal, 100% lentils",
      "Tarte",
    ]);
    expect(await found((q) => q.match({ price_minor: 600, available: true }))).toEqual(["Tarte"]);
    expect(await found((q) => q.eq("available", false))).toEqual([]);
    expect(await found((q) => q.filter("name", "eq", "Naan (plain)"))).toEqual(["Naan (plain)"]);
  });

  test("order, nulls, limit and range; the count is of all that match", async () => {
    const items = () => db.from("menu_items").select("name, stock", { count: "exact" });
    const last = await items().order("stock").order("name").throwOnError();
    expect(last.data.map(({ stock }) => stock)).toEqual([0, 3, 5, 12, null]);
    const first = await items().order("stock", { ascending: false }).throwOnError();
    expect(first.data.map(({ stock }) => stock)).toEqual([null, 12, 5, 3, 0]);
    const chosen = await items().order("stock", { ascending: false, nullsFirst: false }).limit(2);
    expect(chosen.data?.map(({ stock }) => stock)).toEqual([12, 5]);
    const page = await items().order("price_minor").range(1, 2).throwOnError();
    expect(names(page.data)).toEqual(["Tarte", "Dal, 100% lentils"]);
    expect(page).toMatchObject({ count: 5, status: 206 });
    const head = await db.from("menu_items").select("*", { count: "exact", head: true });
    expect(head).toMatchObject({ count: 5, data: null, error: null });
    const beyond = await items().range(9, 10);
    expect(beyond).toMatchObject({ status: 416, error: { code: "PGRST103" } });
  });

  test("single and maybeSingle tell none and many from one", async () => {
    const of = (name: string) => db.from("restaurants").select("name").like("name", name);
    expect((await of("Anoki").single()).data).toEqual({ name: "Anoki" });
    expect(await of("Nowhere").single()).toMatchObject({
      data: null,
      status: 406,
      error: { code: "PGRST116", details: "The result contains 0 rows" },
    });
    expect(await of("Nowhere").maybeSingle()).toMatchObject({ data: null, error: null });
    expect((await of("Anoki").maybeSingle()).data).toEqual({ name: "Anoki" });
    expect((await of("B%").maybeSingle()).error).toMatchObject({ code: "PGRST116" });
  });
});

describe("embedding", () => {
  test("to many, to one and both, each with its own filter, order and limit", async () => {
    const { data } = await guest(server)
      .from("restaurants")
      .select("name, dishes:menu_items(name, restaurants(city))")
      .in("name", ["Anoki", "Bistro Zoë", "Chez Jules"])
      .gt("dishes.price_minor", 250)
      .order("name")
      .order("price_minor", { referencedTable: "dishes", ascending: false })
      .limit(2, { referencedTable: "dishes" })
      .throwOnError();
    expectTypeOf(data[0]?.dishes[0]?.name).toEqualTypeOf<string | undefined>();
    const city = { city: "Edinburgh" };
    expect(data).toEqual([
      { name: "Anoki", dishes: [{ name: "Dal, 100% lentils", restaurants: city }] },
      {
        name: "Bistro Zoë",
        dishes: [
          { name: 'Steak "bleu"', restaurants: city },
          { name: "Soupe à l'oignon", restaurants: city },
        ],
      },
      { name: "Chez Jules", dishes: [] },
    ]);
  });

  test("an inner embed chooses the rows around it", async () => {
    const { data } = await db
      .from("restaurants")
      .select("name, menu_items!inner(name)")
      .eq("menu_items.name", "Tarte")
      .throwOnError();
    expect(data).toEqual([{ name: "Bistro Zoë", menu_items: [{ name: "Tarte" }] }]);
    const items = await db
      .from("menu_items")
      .select("name, restaurants!inner(name)")
      .eq("restaurants.cuisine", "Indian")
      .order("name")
      .throwOnError();
    expect(names(items.data)).toEqual(["Dal, 100% lentils", "Naan (plain)"]);
    expectTypeOf(items.data[0]?.restaurants.name).toEqualTypeOf<string | undefined>();
  });

  test("tables without a relationship are told so", async () => {
    const { error, status } = await db.from("restaurants").select("*, sqlite_master(*)");
    expect({ code: error?.code, status }).toEqual({ code: "PGRST200", status: 400 });
  });
});

describe("changing", () => {
  const one = async (name: string) => {
    const { data } = await db.from("restaurants").insert(restaurant({ name })).select().single();
    return data?.id ?? "";
  };

  test("update and delete touch what matches, and answer with it when asked", async () => {
    const id = await one("Changing");
    const changed = await db
      .from("restaurants")
      .update({ prep_minutes: 45, description: "new" }, { count: "exact" })
      .eq("id", id)
      .select("id, prep_minutes, description, created_at, updated_at");
    expect(changed).toMatchObject({ count: 1, status: 200 });
    expect(changed.data).toMatchObject([{ id, prep_minutes: 45, description: "new" }]);
    expect(Date.parse(changed.data?.[0]?.updated_at ?? "")).toBeGreaterThan(
      Date.parse(changed.data?.[0]?.created_at ?? ""),
    );
    const none = await db.from("restaurants").update({ name: "x" }).eq("name", "nobody").select();
    expect(none).toMatchObject({ data: [], error: null });
    const gone = await db.from("restaurants").delete().eq("id", id).select("name").single();
    expect(gone.data).toEqual({ name: "Changing" });
    expect(await db.from("restaurants").delete().eq("id", id)).toMatchObject({ status: 204 });
  });

  test("a write without a filter is refused, not done to every row", async () => {
    const all = await db.from("restaurants").update({ description: "all" });
    expect(all).toMatchObject({ status: 400, error: { code: "unfiltered_write" } });
    expect((await db.from("restaurants").delete()).error?.code).toBe("unfiltered_write");
    const { count } = await db
      .from("restaurants")
      .select("*", { count: "exact", head: true })
      .eq("description", "all");
    expect(count).toBe(0);
  });

  test("upsert merges by the key or by another unique key, or leaves what is there", async () => {
    const id = await one("Upserted");
    const merged = await db
      .from("restaurants")
      .upsert([restaurant({ id, name: "Merged" }), restaurant({ name: "Fresh" })])
      .select("id, name");
    expect(names(merged.data)).toEqual(["Merged", "Fresh"]);
    expect(merged.data?.[0]?.id).toBe(id);
    const person = await db.auth.admin.createUser({ email: "chef@example.com" });
    const seat = { restaurant_id: id, user_id: person.data.user?.id ?? "" };
    await db.from("staff").insert(seat).throwOnError();
    const on = { onConflict: "restaurant_id,user_id" };
    const promoted = await db
      .from("staff")
      .upsert({ ...seat, role: "manager" }, on)
      .select("role");
    expect(promoted.data).toEqual([{ role: "manager" }]);
    const ignored = { ...on, ignoreDuplicates: true };
    const kept = await db
      .from("staff")
      .upsert({ ...seat, role: "member" }, ignored)
      .select();
    expect(kept).toMatchObject({ data: [], error: null });
    const seats = await db.from("staff").select("role").eq("restaurant_id", id);
    expect(seats.data).toEqual([{ role: "manager" }]);
  });

  test("rollback answers as if it were done, and does nothing", async () => {
    const tried = await db
      .from("restaurants")
      .insert(restaurant({ city: "Dry" }))
      .select()
      .rollback();
    expect(tried).toMatchObject({ error: null, status: 201, data: [{ city: "Dry" }] });
    expect((await db.from("restaurants").select("id").eq("city", "Dry")).data).toEqual([]);
  });
});

describe("functions", () => {
  const expected = [
    { cuisine: "French", restaurants: 1 },
    { cuisine: "Indian", restaurants: 1 },
  ];

  test("by POST and by GET, with filters and order on what they answer", async () => {
    await db.from("restaurants").insert(restaurant({ city: "Rome", cuisine: "French" }));
    await db.from("restaurants").insert(restaurant({ city: "Rome", cuisine: "Indian" }));
    const posted = await guest(server).rpc("cuisines", { city: "Rome" }).order("cuisine");
    expect(posted.data).toEqual(expected);
    const got = await guest(server)
      .rpc("cuisines", { city: "Rome" }, { get: true, count: "exact" })
      .order("cuisine", { ascending: false })
      .limit(1);
    expect(got).toMatchObject({ data: [{ cuisine: "Indian", restaurants: 1 }], count: 2 });
    const one = await guest(server)
      .rpc("cuisines", { city: "Rome" })
      .eq("cuisine", "Indian")
      .single();
    expect(one.data?.restaurants).toBe(1);
  });

  test("unknown functions and arguments are PGRST202", async () => {
    // The declared types would not let these through.
    const untyped = clientOf(server, server.keys.PUBLISHABLE_KEY) as unknown as {
      rpc(name: string, args?: object): PromiseLike<{ error: { code: string }; status: number }>;
    };
    expect(await untyped.rpc("nothing")).toMatchObject({
      status: 404,
      error: { code: "PGRST202" },
    });
    const { error } = await untyped.rpc("cuisines", { town: "Rome" });
    expect(error.code).toBe("PGRST202");
  });
});
