// POST /batch, as a program sends it.
import { beforeAll, beforeEach, expect, test } from "vitest";
import { call, restaurant, serviceClient } from "./api.ts";

const admin = serviceClient();
let place: string;

beforeAll(async () => {
  const made = await admin.from("restaurants").insert(restaurant("Elm")).select("id").single();
  place = made.data?.id;
});
beforeEach(async () => {
  await admin.from("menu_items").delete().not("id", "is", null);
  await admin.from("restaurants").delete().neq("name", "Elm");
});

const dish = (name: string, more: object = {}) => ({
  name,
  price_minor: 100,
  currency: "GBP",
  restaurant_id: place,
  stock: 3,
  ...more,
});
const send = (requests: unknown, headers: Record<string, string> = {}) =>
  call("/batch", { method: "POST", body: JSON.stringify({ requests }), headers });
const whole = { prefer: "return=representation" };
const stock = async () => {
  const { data } = await admin.from("menu_items").select("name,stock").order("name");
  return Object.fromEntries((data ?? []).map((row) => [row.name, row.stock]));
};

test("a restaurant with its menu, and what is taken from another", async () => {
  await admin.from("menu_items").insert(dish("old"));
  const response = await send([
    {
      id: "place",
      method: "POST",
      url: "restaurants?select=id,name",
      headers: whole,
      body: restaurant("Ash"),
    },
    {
      id: "menu",
      method: "POST",
      url: "/menu_items?select=name",
      headers: { Prefer: "return=representation, count=exact" },
      body: ["soup", "bread"].map((name) => dish(name, { restaurant_id: { $ref: "place.id" } })),
    },
    {
      method: "PATCH",
      url: "menu_items?name=eq.old&select=stock",
      rows: 1,
      headers: { ...whole, "if-match": '"1"', accept: "application/vnd.pgrst.object+json" },
      body: { stock: { increment: -1 }, description: { $ref: "menu.1.id" } },
    },
    { method: "PUT", url: `restaurants?id=eq.${place}`, body: { id: place, ...restaurant("Elm") } },
    { method: "DELETE", url: "menu_items?name=eq.bread", headers: { prefer: "count=exact" } },
  ]);
  expect(response.status).toBe(200);
  const { responses } = (await response.json()) as { responses: Record<string, unknown>[] };
  expect(responses).toEqual([
    {
      id: "place",
      status: 201,
      headers: {
        "content-range": "*/*",
        etag: '"1"',
        "preference-applied": "return=representation",
      },
      body: [{ id: expect.any(String), name: "Ash" }],
    },
    {
      id: "menu",
      status: 201,
      headers: {
        "content-range": "*/2",
        "preference-applied": "return=representation, count=exact",
      },
      body: [{ name: "soup" }, { name: "bread" }],
    },
    {
      id: "2",
      status: 200,
      headers: expect.objectContaining({ "content-range": "0-0/*", etag: '"2"' }),
      body: { stock: 2 },
    },
    { id: "3", status: 204, headers: expect.objectContaining({}) },
    {
      id: "4",
      status: 204,
      headers: { "content-range": "*/1", "preference-applied": "count=exact" },
    },
  ]);
  const { data } = await admin
    .from("restaurants")
    .select("name,menu_items(name)")
    .eq("name", "Ash");
  expect(data).toEqual([{ name: "Ash", menu_items: [{ name: "soup" }] }]);
});

test("all of it, or none: the refusal says which", async () => {
  const before = await stock();
  const response = await send([
    { method: "POST", url: "menu_items", body: [dish("a"), dish("b")] },
    { id: "bad", method: "POST", url: "menu_items", body: [dish("c"), dish("d", { stock: -1 })] },
    { method: "POST", url: "menu_items", body: dish("e") },
  ]);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { code: "23514", step: "bad", status: 400 },
  ]);
  const rows = await send([
    { method: "POST", url: "menu_items", body: dish("a") },
    { id: "none", method: "DELETE", url: "menu_items?name=eq.nobody", rows: 1 },
  ]);
  expect([rows.status, await rows.json()]).toMatchObject([
    412,
    { code: "unexpected_rows", step: "none", message: "The write is for 1 rows, and 0 match" },
  ]);
  expect(await stock()).toEqual(before);
});

test("a key makes it happen once, and tx=rollback not at all", async () => {
  const requests = [
    { id: "x", method: "POST", url: "menu_items?select=id,name", headers: whole, body: dish("a") },
    { method: "PATCH", url: "menu_items?name=eq.a", body: { stock: { increment: 4 } } },
  ];
  const trial = await send(requests, { prefer: "tx=rollback" });
  expect([trial.status, trial.headers.get("preference-applied")]).toEqual([200, "tx=rollback"]);
  expect(await stock()).toEqual({});
  const once = await send(requests, { "idempotency-key": "b1" });
  const again = await send(requests, { "idempotency-key": "b1" });
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  expect(await again.text()).toBe(await once.text());
  expect(await stock()).toEqual({ a: 7 });
  const other = await send(requests.slice(1), { "idempotency-key": "b1" });
  expect([other.status, await other.json()]).toMatchObject([
    422,
    { code: "idempotency_key_reused" },
  ]);
});

const post = { method: "POST", url: "menu_items", body: {} };
test.each([
  ["no list", { requests: {} }, "PGRST102"],
  ["an empty list", { requests: [] }, "PGRST102"],
  ["more than 100", { requests: Array.from({ length: 101 }, () => post) }, "PGRST102"],
  [
    "two of one name",
    {
      requests: [
        { ...post, id: "a" },
        { ...post, id: "a" },
      ],
    },
    "PGRST102",
  ],
  ["a read", { requests: [{ method: "GET", url: "menu_items" }] }, "PGRST102"],
  ["a call", { requests: [{ method: "POST", url: "rpc/cuisines", body: {} }] }, "PGRST102"],
  ["another host", { requests: [{ method: "POST", url: "http://y/menu_items" }] }, "PGRST102"],
  ["a member it does not have", { requests: [{ ...post, path: "x" }] }, "PGRST102"],
  ["a header of the connection", { requests: [{ ...post, headers: { host: "y" } }] }, "PGRST102"],
  ["a header that is none", { requests: [{ ...post, headers: { prefer: "a\nb" } }] }, "PGRST102"],
  ["an id that is no name", { requests: [{ ...post, id: {} }] }, "PGRST102"],
  ["a url that is none", { requests: [{ ...post, url: null }] }, "PGRST102"],
  [
    "fewer rows than none",
    { requests: [{ method: "DELETE", url: "menu_items?name=eq.a", rows: -1 }] },
    "PGRST102",
  ],
  ["rows of an insert", { requests: [{ ...post, rows: 1 }] }, "PGRST102"],
  ["CSV in it", { requests: [{ ...post, headers: { accept: "text/csv" } }] }, "PGRST107"],
  [
    "one request tried",
    { requests: [{ ...post, headers: { prefer: "tx=rollback" } }] },
    "PGRST127",
  ],
  ["no filter", { requests: [{ method: "DELETE", url: "menu_items" }] }, "unfiltered_write"],
  ["a table nobody knows", { requests: [{ ...post, url: "menu_item" }] }, "PGRST205"],
  ["a name that is none", { requests: [{ ...post, url: "https:" }] }, "PGRST205"],
  ["a bad filter", { requests: [{ method: "DELETE", url: "menu_items?name=is.x" }] }, "PGRST100"],
])("%s is refused", async (_, body, code) => {
  const response = await call("/batch", { method: "POST", body: JSON.stringify(body) });
  expect([response.status < 500, await response.json()]).toMatchObject([true, { code }]);
});

test.each([
  [{ id: {} }, "requests.1.id:"],
  [{ id: null }, "requests.1.id:"],
  [{ url: null }, "requests.1.url:"],
  [{ method: "GET" }, "requests.1.method:"],
  [{ method: "DELETE", url: "menu_items?name=eq.a", rows: -1 }, "requests.1.rows:"],
  [{ headers: { host: "y" } }, "requests.1.headers:"],
  [{ path: "x" }, "requests.1: a request has no"],
])("a refusal says which field of which request is wrong: %j", async (wrong, path) => {
  const response = await send([
    { ...post, body: dish("x") },
    { ...post, ...wrong },
  ]);
  const message = expect.stringContaining(path);
  expect([response.status, await response.json()]).toMatchObject([400, { message }]);
  expect(await stock()).toEqual({});
});

test("a reference to what is not made is refused; what is no reference is itself", async () => {
  const make = { id: "x", method: "POST", url: "menu_items", body: dish("x") };
  const point = (ref: unknown) => ({
    method: "POST",
    url: "menu_items",
    body: dish("y", { description: { $ref: ref } }),
  });
  const refusal = (ref: unknown, step: string) => ({
    ...{ code: "PGRST102", step },
    message: expect.stringContaining(`${JSON.stringify(ref)} is no column of a row`),
  });
  for (const ref of ["x.nothing", "x.1.id", "x._v", "z.id", "1.id", "#/x", "", 7, {}]) {
    const response = await send([make, point(ref)]);
    expect([response.status, await response.json()]).toMatchObject([400, refusal(ref, "1")]);
  }
  const early = await send([point("x.id"), make]);
  expect([early.status, await early.json()]).toMatchObject([400, refusal("x.id", "0")]);
  // A JSON column would take it as it is.
  const yew = { ...restaurant("Yew"), hours: { $ref: "x.hours" } };
  const asData = await send([{ method: "POST", url: "restaurants", body: yew }]);
  expect([asData.status, await asData.json()]).toMatchObject([400, refusal("x.hours", "0")]);
  expect((await admin.from("restaurants").select("name").eq("name", "Yew")).data).toEqual([]);
  expect(await stock()).toEqual({});
  const hours = { weekly: {}, exceptions: {}, $ref: "#/x" };
  const kept = await send([
    make,
    { method: "POST", url: "restaurants", body: { ...restaurant("Yew"), hours } },
  ]);
  expect(kept.status).toBe(200);
});

test("the path is a batch's, whatever the method", async () => {
  for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"]) {
    const response = await call("/batch?id=eq.1", { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "OPTIONS,POST"]);
  }
  const options = await call("/batch", { method: "OPTIONS" });
  expect([options.status, options.headers.get("allow")]).toEqual([200, "OPTIONS,POST"]);
});
