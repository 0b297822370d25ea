// What is sent and answered in other forms than JSON, with the real client where it speaks them.
import { beforeAll, expect, test } from "vitest";
import { call, guestClient, restaurant, serviceClient } from "./api.ts";

const admin = serviceClient();
const places = () => admin.from("restaurants");
let place: string;

beforeAll(async () => {
  const made = await places()
    .insert([restaurant("Elm", { description: '=HYPERLINK("x")' }), restaurant("Ash, Oak")])
    .select("id")
    .order("name");
  place = made.data?.[1]?.id;
});

const get = (path: string, accept: string, method = "GET") =>
  call(path, { method, headers: { accept } });

test("CSV", async () => {
  const { data, error } = await places()
    .select("name,prep_minutes,description,hours->weekly->mon")
    .order("name")
    .csv();
  expect(error).toBeNull();
  const hours = '"[{""opens"":""09:00"",""closes"":""22:00""}]"';
  expect(data).toBe(
    `name,prep_minutes,description,mon\n"Ash, Oak",20,,${hours}\n` +
      `Elm,20,"'=HYPERLINK(""x"")",${hours}\n`,
  );
  const plain = await get("/restaurants?select=name", "text/csv");
  expect(plain.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  const head = await get("/restaurants?select=name", "text/csv", "HEAD");
  expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
  const called = await get("/rpc/cuisines?select=cuisine,restaurants", "text/csv");
  expect(await called.text()).toBe("cuisine,restaurants\nScottish,2\n");
});

test("a written row as CSV", async () => {
  const body = `name,price_minor,currency,restaurant_id\n=1+1,5,GBP,${place}`;
  const response = await call("/menu_items?select=name,price_minor", {
    method: "POST",
    headers: { "content-type": "text/csv", accept: "text/csv", prefer: "return=representation" },
    body,
  });
  expect([response.status, await response.text()]).toEqual([201, "name,price_minor\n'=1+1,5\n"]);
});

const send = (method: string, search: string, type: string, body: string, prefer = "") =>
  call(`/menu_items${search}`, { method, headers: { "content-type": type, prefer }, body });

test("rows sent as CSV: all, or none", async () => {
  const lines = (n: number, last = "9") =>
    Array.from({ length: n }, (_, i) => `csv-${i},${i === n - 1 ? last : i},GBP,${place},NULL,`);
  const csv = (rows: string[]) =>
    ["name,price_minor,currency,restaurant_id,stock,description", ...rows].join("\r\n");
  const bad = await send("POST", "", "text/csv", csv(lines(1000, "-1")));
  expect([bad.status, await bad.json()]).toMatchObject([400, { code: "23514" }]);
  const worse = await send("POST", "", "text/csv", csv(lines(1000, "x")));
  expect([worse.status, await worse.json()]).toMatchObject([400, { code: "22P02" }]);
  const { count } = await admin
    .from("menu_items")
    .select("*", { count: "exact", head: true })
    .like("name", "csv-%");
  expect(count).toBe(0);
  const good = await send("POST", "", "text/csv", csv(lines(3)), "count=exact");
  expect([good.status, good.headers.get("content-range")]).toEqual([201, "*/3"]);
  const { data } = await admin
    .from("menu_items")
    .select("name,price_minor,stock,description,available")
    .like("name", "csv-%")
    .order("price_minor");
  expect(data?.[2]).toEqual({
    name: "csv-2",
    price_minor: 9,
    stock: null,
    description: "",
    available: true,
  });
});

test("what was exported as CSV can be sent again, JSON columns too", async () => {
  const { data } = await places().select("*").eq("name", "Ash, Oak").csv();
  const [names = "", row = ""] = String(data).trim().split("\n");
  const id = "01890000-0000-7000-8000-0000000000aa";
  const columns = "id,name,cuisine,lat,lng,address,city,time_zone,hours,currency";
  const sent = await call(`/restaurants?columns=${columns}`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: `${names}\n${row.replace(/^[0-9a-f-]{36}/, id)}`,
  });
  expect([sent.status, await sent.text()]).toEqual([201, ""]);
  const both = await places().select(columns.slice(3)).eq("name", "Ash, Oak");
  expect(both.data).toHaveLength(2);
  expect(both.data?.[0]).toEqual(both.data?.[1]);
  await places().delete().eq("id", id);
});

test("rows sent as a form", async () => {
  const type = "application/x-www-form-urlencoded";
  const form = `name=From+a+form&price_minor=650&currency=GBP&available=no&restaurant_id=${place}`;
  const made = await send("POST", "?select=id,name", type, form, "return=representation");
  expect(made.status).toBe(201);
  const [row] = (await made.json()) as { id: string; name: string }[];
  expect(row?.name).toBe("From a form");
  expect((await send("PATCH", `?id=eq.${row?.id}`, type, "stock=4")).status).toBe(204);
  const put = `id=${row?.id}&${form.replace("650", "700")}`;
  expect((await send("PUT", `?id=eq.${row?.id}`, type, put)).status).toBe(204);
  const { data } = await admin
    .from("menu_items")
    .select("price_minor,stock,available")
    .eq("id", row?.id ?? "");
  expect(data).toEqual([{ price_minor: 700, stock: 4, available: false }]);
  const near = await call("/rpc/nearby_restaurants?select=name&limit=1", {
    method: "POST",
    headers: { "content-type": type },
    body: "lat=55.95&lng=-3.19&radius_m=1000",
  });
  expect([near.status, ((await near.json()) as unknown[]).length]).toEqual([200, 1]);
});

test("without nulls", async () => {
  const all = await places().select("name,phone").order("name").stripNulls();
  expect(all.data).toEqual([{ name: "Ash, Oak" }, { name: "Elm" }]);
  const one = await places().select("name,phone").eq("name", "Elm").single().stripNulls();
  expect(one.data).toEqual({ name: "Elm" });
});

test("GeoJSON, where a table says which columns are its place", async () => {
  const { data, error } = await places().select("name").order("name").limit(1).geojson();
  expect(error).toBeNull();
  expect(data).toEqual({
    type: "FeatureCollection",
    features: [
      {
        type: "Feature",
        geometry: { type: "Point", coordinates: [-3.19, 55.95] },
        properties: { name: "Ash, Oak" },
      },
    ],
  });
  const plain = await get("/restaurants?select=*&limit=1", "application/geo+json");
  expect(plain.headers.get("content-type")).toBe("application/geo+json; charset=utf-8");
  const near = await admin
    .rpc("nearby_restaurants", { lat: 55.95, lng: -3.19 })
    .select("name,distance_m,menu_items(name)")
    .eq("name", "Elm")
    .geojson();
  const { features } = near.data as { features: { geometry: object; properties: object }[] };
  expect(features[0]?.geometry).toEqual({ type: "Point", coordinates: [-3.19, 55.95] });
  expect(features[0]?.properties).toMatchObject({ name: "Elm", distance_m: 0 });
  const none = await admin.from("menu_items").select("name").geojson();
  expect([none.status, none.error?.code]).toEqual([406, "PGRST107"]);
  const counted = await admin.rpc("cuisines").geojson();
  expect([counted.status, counted.error?.code]).toEqual([406, "PGRST107"]);
  const changed = await places().update({ phone: "1" }).eq("name", "Elm").select("phone").geojson();
  expect(changed.data).toMatchObject({ features: [{ properties: { phone: "1" } }] });
});

test("the plan, with the rows it reads, for the secret key alone", async () => {
  const text = await places().select("name").eq("id", place).explain();
  expect(text.error).toBeNull();
  expect(text.data).toMatch(/^QUERY PLAN\n`--SEARCH .* \(id=\?\)\nRows Read: 1\n$/);
  const json = await places()
    .select("name,menu_items(name)", { count: "exact" })
    .explain({ format: "json", analyze: true });
  expect(json.data).toHaveLength(2);
  expect(json.data?.[0]).toMatchObject({
    Plan: { "Node Type": "Query", Plans: expect.arrayContaining([]) },
    "Rows Read": expect.any(Number),
  });
  const called = await admin.rpc("cuisines").explain();
  expect(called.data).toContain("QUERY PLAN");
  for (const asked of [
    guestClient().from("restaurants").select("name").explain(),
    guestClient().rpc("cuisines").explain({ format: "json" }),
  ]) {
    const { status, error } = await asked;
    expect([status, error?.code]).toEqual([406, "PGRST107"]);
  }
});

test("a write is explained, and not made", async () => {
  const plan = { headers: { accept: "application/vnd.pgrst.plan+json" } };
  const before = await places().select("*").order("id");
  const erase = await call(`/restaurants?id=eq.${place}`, { method: "DELETE", ...plan });
  expect(await erase.json()).toEqual([{ Plan: expect.objectContaining({}) }]);
  const body = JSON.stringify(restaurant("Yew"));
  const made = await call("/restaurants", { method: "POST", ...plan, body });
  expect([made.status, made.headers.get("content-type")]).toEqual([
    200,
    "application/vnd.pgrst.plan+json; charset=utf-8",
  ]);
  const patch = await call(`/restaurants?id=eq.${place}`, {
    method: "PATCH",
    ...plan,
    body: '{"name":"x"}',
  });
  expect(await patch.text()).not.toMatch(/update|restaurants" set/i);
  expect(await places().select("*").order("id")).toEqual(before);
});
