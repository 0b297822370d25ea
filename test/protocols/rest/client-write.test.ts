import { beforeAll, beforeEach, expect, test } from "vitest";
import { call, client, guestClient, restaurant, serviceClient } from "./api.ts";

const admin = serviceClient();
const guest = guestClient();
let place: string;

beforeAll(async () => {
  const made = await admin.from("restaurants").insert(restaurant("Elm")).select("id").single();
  place = made.data?.id;
});
beforeEach(async () => {
  const { error } = await admin.from("menu_items").delete().not("id", "is", null);
  expect(error).toBeNull();
});

const item = (name: string, price_minor = 100) => ({
  name,
  price_minor,
  currency: "GBP",
  restaurant_id: place,
});
const items = () => admin.from("menu_items");

async function stock(): Promise<Record<string, number>> {
  const { data } = await items().select("name,price_minor").order("name");
  return Object.fromEntries((data ?? []).map((row) => [row.name, row.price_minor]));
}

async function made(name: string, price = 100): Promise<string> {
  const { data, error } = await items().insert(item(name, price)).select("id").single();
  expect(error).toBeNull();
  return data?.id;
}

test("inserts", async () => {
  expect(await items().insert(item("a"))).toMatchObject({ status: 201, data: null, error: null });
  const many = await items()
    .insert([item("b"), item("c")], { count: "exact" })
    .select("name,available");
  expect(many).toMatchObject({
    status: 201,
    count: 2,
    data: [
      { name: "b", available: true },
      { name: "c", available: true },
    ],
  });
  const one = await items().insert(item("d")).select("name,restaurants(name)").single();
  expect(one.data).toEqual({ name: "d", restaurants: { name: "Elm" } });
  expect(await items().insert([]).select()).toMatchObject({ status: 201, data: [], error: null });
  expect(await stock()).toEqual({ a: 100, b: 100, c: 100, d: 100 });
});

test("what PostgREST would not insert is not inserted", async () => {
  const own = "01890000-0000-7000-8000-000000000001";
  await items().insert({ ...item("x"), id: own });
  const cases: [unknown, number, string][] = [
    [{ ...item("y"), id: own }, 409, "23505"],
    [{ ...item("y"), restaurant_id: own }, 409, "23503"],
    [{ ...item("y"), price_minor: null }, 400, "23502"],
    [{ ...item("y"), price_minor: -1 }, 400, "23514"],
    [{ ...item("y"), price_minor: "x" }, 400, "22P02"],
    [{ ...item("y"), prize: 1 }, 400, "PGRST204"],
    [[item("y"), { ...item("z"), price_minor: -1 }], 400, "23514"],
  ];
  for (const [rows, status, code] of cases) {
    const { status: got, error } = await items().insert(rows as object);
    expect([got, error?.code]).toEqual([status, code]);
  }
  expect(await stock()).toEqual({ x: 100 });
  const other = await call("/menu_items", {
    method: "POST",
    body: JSON.stringify([{ a: 1 }, { b: 1 }]),
  });
  expect([other.status, await other.json()]).toMatchObject([400, { code: "PGRST102" }]);
});

test("columns name what is taken, and nothing else is", async () => {
  const path = "/menu_items?columns=name,price_minor,currency,restaurant_id&select=name,stock";
  const body = JSON.stringify([{ ...item("a"), stock: 5, nonsense: true }]);
  const response = await call(path, {
    method: "POST",
    body,
    headers: { prefer: "return=representation" },
  });
  expect([response.status, await response.json()]).toEqual([201, [{ name: "a", stock: null }]]);
});

test("where the new row is", async () => {
  const headers = { prefer: "return=headers-only" };
  const response = await call("/menu_items", {
    method: "POST",
    headers,
    body: JSON.stringify(item("a")),
  });
  const location = response.headers.get("location") ?? "";
  expect([response.status, await response.text()]).toEqual([201, ""]);
  expect(location).toMatch(/^\/rest\/v1\/menu_items\?id=eq\.[0-9a-f-]{36}$/);
  expect(response.headers.get("preference-applied")).toBe("return=headers-only");
  const found = await call(`${location.slice("/rest/v1".length)}&select=name`);
  expect(await found.json()).toEqual([{ name: "a" }]);
});

test("upserts", async () => {
  const id = await made("a", 1);
  const merged = await items()
    .upsert({ id, ...item("a", 2) })
    .select("price_minor");
  expect([merged.status, merged.data]).toEqual([200, [{ price_minor: 2 }]]);
  const fresh = "01890000-0000-7000-8000-000000000002";
  const mixed = await items().upsert([
    { id, ...item("a", 3) },
    { id: fresh, ...item("b", 3) },
  ]);
  expect(mixed.status).toBe(201);
  expect(await stock()).toEqual({ a: 3, b: 3 });
  const ignored = await items()
    .upsert({ id, ...item("a", 9) }, { onConflict: "id", ignoreDuplicates: true })
    .select();
  expect([ignored.error, ignored.data]).toEqual([null, []]);
  expect(await stock()).toEqual({ a: 3, b: 3 });
  const nowhere = await items().upsert(item("c"), { onConflict: "price_minor" });
  expect([nowhere.status, nowhere.error?.code]).toEqual([400, "42P10"]);
  const twice = await items().upsert([
    { id, ...item("a", 4) },
    { id, ...item("a", 5) },
  ]);
  expect([twice.status, twice.error?.code]).toEqual([400, "21000"]);
  expect(await stock()).toEqual({ a: 3, b: 3 });
});

test("PUT", async () => {
  const id = "01890000-0000-7000-8000-000000000003";
  const put = (body: unknown, search = `?id=eq.${id}`, headers = {}) =>
    call(`/menu_items${search}`, { method: "PUT", body: JSON.stringify(body), headers });
  expect((await put({ id, ...item("a", 1) })).status).toBe(201);
  expect((await put({ id, ...item("a", 2) })).status).toBe(204);
  expect(await stock()).toEqual({ a: 2 });
  const whole = await put({ id, ...item("b", 3) }, `?id=eq.${id}&select=name`, {
    prefer: "return=representation",
  });
  expect([whole.status, await whole.json()]).toEqual([200, [{ name: "b" }]]);
  const other = await put({ id: place, ...item("c") });
  expect([other.status, await other.json()]).toMatchObject([400, { code: "PGRST115" }]);
  const stale = await put({ id, ...item("c", 4) }, `?id=eq.${id}`, { "if-match": '"1"' });
  expect(stale.status).toBe(412);
  const none = "?id=eq.01890000-0000-7000-8000-000000000004";
  const absent = { id: none.slice(7), ...item("d") };
  expect((await put(absent, none, { "if-match": "*" })).status).toBe(412);
  const there = await put({ id, ...item("c", 4) }, `?id=eq.${id}`, { "if-none-match": "*" });
  expect(there.status).toBe(412);
  const keyless = await put({ id, ...item("c", 4) }, `?id=eq.${id}&columns=name,price_minor`);
  expect([keyless.status, await keyless.json()]).toMatchObject([400, { code: "PGRST115" }]);
  expect(await stock()).toEqual({ b: 3 });
  expect((await put(absent, none, { "if-none-match": "*" })).status).toBe(201);
});

test("updates", async () => {
  await items().insert([item("a", 1), item("b", 2), item("c", 3)]);
  const quiet = await items().update({ price_minor: 10 }, { count: "exact" }).lt("price_minor", 3);
  expect(quiet).toMatchObject({ status: 204, count: 2, data: null, error: null });
  const shown = await items()
    .update({ name: "d" })
    .eq("name", "c")
    .select("name,restaurants(name)");
  expect([shown.status, shown.data]).toEqual([200, [{ name: "d", restaurants: { name: "Elm" } }]]);
  const none = await items().update({ name: "e" }).eq("name", "nobody").select();
  expect([none.status, none.data]).toEqual([200, []]);
  const nothing = await items().update({}).eq("name", "a");
  expect([nothing.status, nothing.error]).toEqual([204, null]);
  const nothingShown = await items().update({}).eq("name", "a").select();
  expect([nothingShown.status, nothingShown.data]).toEqual([200, []]);
  const all = await items().update({ price_minor: 0 });
  expect([all.status, all.error?.code]).toEqual([400, "unfiltered_write"]);
  expect(await stock()).toEqual({ a: 10, b: 10, d: 3 });
});

test("one row is changed, or nothing is", async () => {
  await items().insert([item("a", 1), item("b", 1)]);
  const one = await items().update({ price_minor: 2 }).eq("name", "a").select("name").single();
  expect(one.data).toEqual({ name: "a" });
  const many = await items().update({ price_minor: 3 }).gt("price_minor", 0).select().single();
  expect([many.status, many.error?.code]).toEqual([406, "PGRST116"]);
  const none = await items().delete().eq("name", "z").select().single();
  expect([none.status, none.error?.code]).toEqual([406, "PGRST116"]);
  const gone = await items().delete().gt("price_minor", 0).select().single();
  expect([gone.status, gone.error?.code]).toEqual([406, "PGRST116"]);
  expect(await stock()).toEqual({ a: 2, b: 1 });
});

test("deletes", async () => {
  await items().insert([item("a", 1), item("b", 2), item("c", 3)]);
  const quiet = await items().delete({ count: "exact" }).eq("name", "a");
  expect(quiet).toMatchObject({ status: 204, count: 1, data: null });
  const shown = await items().delete().eq("name", "b").select("name,restaurants(name)");
  expect([shown.status, shown.data]).toEqual([200, [{ name: "b", restaurants: { name: "Elm" } }]]);
  const all = await items().delete();
  expect([all.status, all.error?.code]).toEqual([400, "unfiltered_write"]);
  expect(await stock()).toEqual({ c: 3 });
});

test("rows that are sent back may be ordered and limited", async () => {
  await items().insert([item("a", 1), item("b", 2), item("c", 3)]);
  const { data, error } = await items()
    .update({ stock: 1 })
    .gt("price_minor", 0)
    .select("name")
    .order("name", { ascending: false })
    .limit(2);
  expect(error).toBeNull();
  expect(data).toEqual([{ name: "c" }, { name: "b" }]);
});

test("no more rows than expected", async () => {
  await items().insert([item("a", 1), item("b", 2)]);
  const many = await items().update({ price_minor: 9 }).gt("price_minor", 0).maxAffected(1);
  expect([many.status, many.error?.code]).toEqual([400, "PGRST124"]);
  expect(await stock()).toEqual({ a: 1, b: 2 });
  const few = await items().delete().eq("name", "a").maxAffected(1);
  expect([few.status, few.error]).toEqual([204, null]);
});

test("a dry run answers, and leaves everything as it was", async () => {
  const id = await made("a", 1);
  const insert = await items().insert(item("b")).select("name").rollback();
  expect([insert.status, insert.data]).toEqual([201, [{ name: "b" }]]);
  const update = await items()
    .update({ price_minor: 5 })
    .eq("id", id)
    .select("price_minor")
    .rollback();
  expect([update.status, update.data]).toEqual([200, [{ price_minor: 5 }]]);
  const erase = await items().delete().eq("id", id).select("name").rollback();
  expect([erase.status, erase.data]).toEqual([200, [{ name: "a" }]]);
  expect(await stock()).toEqual({ a: 1 });
});

test("columns= is what an update takes, and nothing else of what was sent", async () => {
  const id = await made("a", 1);
  const { data: before } = await items().select("updated_at,name").eq("id", id).single();
  const sent = { price_minor: 2, name: "b", updated_at: "1999-01-01T00:00:00Z" };
  const patch = await call(`/menu_items?id=eq.${id}&columns=price_minor`, {
    method: "PATCH",
    body: JSON.stringify(sent),
  });
  expect(patch.status).toBe(204);
  const { data } = await items().select("updated_at,name,price_minor").eq("id", id).single();
  expect(data).toMatchObject({ name: "a", price_minor: 2 });
  expect(data?.updated_at >= before?.updated_at).toBe(true);
});

test("one object that a page leaves out is refused before anything is written", async () => {
  for (const page of ["limit=0", "offset=1"]) {
    const insert = await call(`/menu_items?select=name&${page}`, {
      method: "POST",
      headers: { accept: "application/vnd.pgrst.object+json", prefer: "return=representation" },
      body: JSON.stringify(item("x")),
    });
    expect([insert.status, await insert.json()]).toMatchObject([406, { code: "PGRST116" }]);
  }
  expect(await stock()).toEqual({});
});

test("a broken rule is named", async () => {
  const { error } = await items().insert(item("a", -1));
  expect([error?.code, error?.details]).toEqual([
    "23514",
    "The row must satisfy: price_minor >= 0",
  ]);
  const { error: denied } = await guest.from("restaurants").insert(restaurant("x"));
  expect([denied?.code, denied?.details]).toEqual([
    "42501",
    "No policy lets anon insert rows of it.",
  ]);
});

test("If-Match", async () => {
  const id = await made("a", 1);
  const patch = (tag: string, price_minor: number) =>
    call(`/menu_items?id=eq.${id}&select=price_minor`, {
      method: "PATCH",
      headers: { "if-match": tag, prefer: "return=representation" },
      body: JSON.stringify({ price_minor }),
    });
  const first = await patch('"1"', 2);
  expect([first.status, first.headers.get("etag")]).toEqual([200, '"2"']);
  const stale = await patch('"1"', 3);
  expect([stale.status, await stale.json()]).toMatchObject([412, { code: "precondition_failed" }]);
  expect((await patch("*", 4)).status).toBe(200);
  expect((await patch('"nonsense"', 5)).status).toBe(412);
  const erase = (tag: string) =>
    call(`/menu_items?id=eq.${id}`, { method: "DELETE", headers: { "if-match": tag } });
  expect((await erase('"1"')).status).toBe(412);
  const merge = (tag: string) =>
    call("/menu_items", {
      method: "POST",
      headers: { "if-match": tag, prefer: "resolution=merge-duplicates" },
      body: JSON.stringify({ id, ...item("b", 9) }),
    });
  expect((await merge('"1", W/"3"')).status).toBe(412);
  expect((await patch('W/"3"', 9)).status).toBe(412);
  expect(await stock()).toEqual({ a: 4 });
  expect((await erase('"3"')).status).toBe(204);
});

test("a write with a key happens once", async () => {
  const send = (key: string, body: unknown, prefer = "return=representation") =>
    call("/menu_items?select=id,name", {
      method: "POST",
      headers: { "idempotency-key": key, prefer },
      body: JSON.stringify(body),
    });
  const first = await send("k1", item("a"));
  expect([first.status, first.headers.get("idempotent-replayed")]).toEqual([201, null]);
  const text = await first.text();
  for (const key of ["k1", '"k1"']) {
    const again = await send(key, item("a"));
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([201, "true"]);
    expect(await again.text()).toBe(text);
  }
  const other = await send("k1", item("b"));
  expect([other.status, await other.json()]).toMatchObject([
    422,
    { code: "idempotency_key_reused" },
  ]);
  expect((await send("k2", item("b"))).status).toBe(201);
  expect((await send("", item("c"))).status).toBe(400);
  expect(await stock()).toEqual({ a: 100, b: 100 });

  const race = await Promise.all(Array.from({ length: 8 }, () => send("k3", item("d"))));
  expect(race.map((r) => r.status)).toEqual(Array.from({ length: 8 }, () => 201));
  expect(race.filter((r) => !r.headers.has("idempotent-replayed"))).toHaveLength(1);
  expect(Object.keys(await stock())).toEqual(["a", "b", "d"]);
});

test("a replayed upsert, update, delete and PUT answer as they did", async () => {
  const id = await made("a", 1);
  const twice = async (method: string, search: string, body?: unknown, prefer = "") => {
    const send = () =>
      call(`/menu_items${search}`, {
        method,
        headers: { "idempotency-key": `${method}${prefer}`, prefer },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    const [first, second] = [await send(), await send()];
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect([second.status, await second.text()]).toEqual([first.status, await first.text()]);
    return first.status;
  };
  expect(await twice("POST", "", { id, ...item("a", 2) }, "resolution=merge-duplicates")).toBe(200);
  expect(await twice("PUT", `?id=eq.${id}`, { id, ...item("a", 3) })).toBe(204);
  expect(await twice("PATCH", `?id=eq.${id}`, { price_minor: 4 }, "return=representation")).toBe(
    200,
  );
  expect(await twice("DELETE", `?id=eq.${id}`, undefined, "count=exact")).toBe(204);
});

test("who may not write is told so, guests by 401", async () => {
  const refused = await guest.from("menu_items").insert(item("a"));
  expect([refused.status, refused.error?.code]).toEqual([401, "42501"]);
  const id = await made("a", 1);
  const update = await guest.from("menu_items").update({ price_minor: 9 }).eq("id", id).select();
  const erase = await guest.from("menu_items").delete().eq("id", id).select();
  // A row that may not be changed is no row, or the verb is nobody's: either way nothing happens.
  for (const { data, error } of [update, erase]) {
    expect(error ? error.code : data).toEqual(error ? "42501" : []);
  }
  expect(await stock()).toEqual({ a: 1 });
});

test("a key that is none", async () => {
  const nobody = client("vtb_publishable_nobody");
  const { status, error } = await nobody.from("restaurants").select();
  expect([status, error?.code]).toEqual([401, "PGRST301"]);
});
