// What a refusal tells the person who reads it, and what it does not.
import { beforeAll, expect, test } from "vitest";
import { call, guestClient, restaurant, serviceClient } from "./api.ts";

const admin = serviceClient();
const guest = guestClient();
const nobody = "01890000-0000-7000-8000-00000000ffff";
let place: string;

beforeAll(async () => {
  const made = await admin.from("restaurants").insert(restaurant("Elm")).select("id").single();
  place = made.data?.id;
});

const dish = (more: object) => ({
  name: "a",
  price_minor: 1,
  currency: "GBP",
  restaurant_id: place,
  ...more,
});
type Asked = PromiseLike<Response | { status: number; error: object | null }>;
const items = () => admin.from("menu_items");

// Name, question, status, and what the error says.
const cases: [string, () => Asked, number, object][] = [
  [
    "a column that was misspelt in a row",
    () => items().insert(dish({ prise_minor: 2 })),
    400,
    { code: "PGRST204", hint: "Perhaps you meant 'price_minor'" },
  ],
  [
    "a column that was misspelt in new values",
    () => items().update({ nam: "b" }).eq("id", nobody),
    400,
    { code: "PGRST204", hint: "Perhaps you meant 'name'" },
  ],
  [
    "a column that was misspelt in a filter",
    () => guest.from("restaurants").select().eq("cusine", "x"),
    400,
    { code: "42703", hint: "Perhaps you meant 'cuisine'" },
  ],
  [
    "a column like no other",
    () => guest.from("restaurants").select("something_else"),
    400,
    { code: "42703", hint: null },
  ],
  [
    "a table that was misspelt",
    () => guest.from("restaurant").select(),
    404,
    { code: "PGRST205", hint: "Perhaps you meant 'restaurants'" },
  ],
  [
    "a function that was misspelt",
    () => guest.rpc("cuisine"),
    404,
    { code: "PGRST202", hint: "Perhaps you meant 'cuisines'" },
  ],
  [
    "an argument that it does not take",
    () => guest.rpc("cuisines", { town: "x" }),
    404,
    { code: "PGRST202", hint: "It is cuisines(city?: text)" },
  ],
  [
    "an argument of another type",
    () => guest.rpc("nearby_restaurants", { lat: "north", lng: 0 }),
    400,
    { code: "22P02" },
  ],
  [
    "a parent that is not there",
    () => items().insert(dish({ restaurant_id: nobody })),
    409,
    { code: "23503", details: 'Key (restaurant_id) is not present in table "restaurants".' },
  ],
  [
    "a parent in a table that nobody may name",
    () => admin.from("staff").insert({ restaurant_id: place, user_id: nobody }),
    409,
    { code: "23503", details: "Key (user_id) is not present." },
  ],
  [
    "preferences that nobody knows",
    () => call("/restaurants", { headers: { prefer: "handling=strict, params=single-object" } }),
    400,
    {
      code: "PGRST122",
      message: "Invalid preferences given with handling=strict",
      details: "Invalid preferences: params=single-object",
    },
  ],
  [
    "a preference that nobody applies",
    () => call("/restaurants", { headers: { prefer: "handling=strict, timezone=Asia/Tokyo" } }),
    400,
    { code: "PGRST122", details: "Invalid preferences: timezone=Asia/Tokyo" },
  ],
  [
    "a body of another media type",
    () => call("/menu_items", { method: "POST", body: "a", headers: { "content-type": "a/b" } }),
    415,
    {
      code: "PGRST107",
      type: "/errors/content_type_invalid",
      message: expect.stringMatching(/^The body is a\/b, /),
    },
  ],
  [
    "a change of a function",
    () => call("/rpc/cuisines", { method: "PATCH", body: "{}" }),
    405,
    { code: "PGRST101", message: "Cannot use the PATCH method on RPC" },
  ],
  [
    "a guest who would write",
    () => guest.from("restaurants").insert(restaurant("x")),
    401,
    { code: "42501" },
  ],
  [
    "no row where there must be one",
    () => guest.from("restaurants").select().eq("id", nobody).single(),
    406,
    { code: "PGRST116", details: "The result contains 0 rows" },
  ],
];

test.each(cases)("%s", async (_, ask, status, said) => {
  const answer = await ask();
  const error = answer instanceof Response ? await answer.json() : answer.error;
  expect([answer.status, error]).toMatchObject([status, said]);
  expect(JSON.stringify(error)).not.toMatch(/SQLITE|D1_ERROR|json_each|auth__|_fold_|select /i);
});

test("preferences that nobody knows are ignored, unless they are to be strict", async () => {
  const lenient = await call("/rpc/cuisines", {
    method: "POST",
    headers: { prefer: "params=single-object, handling=lenient" },
    body: "{}",
  });
  expect([lenient.status, lenient.headers.get("preference-applied")]).toEqual([
    200,
    "handling=lenient",
  ]);
});

// What people write, and what they are told to write instead.
const written: [path: string, found: RegExp, hint: RegExp][] = [
  ["?name=Elm", /^.*: name: expected an operator/, /name=eq\.Elm$/],
  ["?lat=55.95", /character 1, found "55.95"/, /lat=eq\.55\.95$/],
  ["?name=eqq.Elm", /found "eqq.Elm"/, /Perhaps you meant 'eq'/],
  ["?name=contains.Elm", /found "contains.Elm"/, /The operators are eq, gt, .* ilike/],
  ["?or=name.eq.Elm,city.eq.x", /or: expected "\("/, /or=\(name\.eq\./],
  ["?or=(name.eq.Elm, Leith,city.eq.x)", /expected "."/, /stands in double quotes/],
  ["?or=(name.eq.Elm (old),city.eq.x)", /expected the end/, /stands in double quotes/],
  ["?or=(name.eq.Elm", /found the end/, /stands in double quotes/],
  ["?name=in.Elm,Oak", /expected "\(" before the list/, /in\.\(a,"b,c"\)/],
  ["?name=like(any).a,b", /expected "\{"/, /\{a,"b,c"\}/],
  ["?city=is.Leith", /expected null, not_null/, /compared by eq/],
  ["?select=id,menu_items(name", /a comma or "\)".*found the end/, /pair of parentheses around/],
  ["?select=id,", /select: expected a column/, /select=id,total:price/],
  ["?order=name.descending", /order: expected \.asc or \.desc/, /price\.desc,name\.asc/],
  ["?limit=ten", /limit: expected a whole number.*"ten"/, /limit=20&offset=40/],
  ["?limit=1&limit=2", /limit: it is given twice/, /say this once/],
  ["?name=eq.%E0", /not percent-encoded/, /encodeURIComponent/],
  ["?cursor=&offset=3", /cursor: it says where/, /Leave those out/],
  ["?cursor=x", /not given to this caller for this query/, /Begin again with cursor=/],
  ["?name=fts.sushi bar", /tsquery/, /& \| or !|&, \| or !/],
  ["?hours=cs.sushi", /json: "sushi"/, /\{a,b\} or \["a","b"\]/],
];

test.each(written)("%s is told what to write instead", async (path, found, hint) => {
  const answer = await call(`/restaurants${path}`);
  const problem = await answer.json<{ message: string; hint: string }>();
  expect([answer.status, problem]).toMatchObject([
    400,
    { message: expect.stringMatching(found), hint: expect.stringMatching(hint) },
  ]);
});

test.each([
  ["keys that differ", [{ a: 1 }, { b: 1 }], /same keys.*columns=name,price/],
  ["no rows", 7, /\[\{"name": "Elm"\}, /],
])("a body of %s is told what to send", async (_, body, hint) => {
  const sent = await call("/menu_items", { method: "POST", body: JSON.stringify(body) });
  expect(await sent.json()).toMatchObject({
    code: "PGRST102",
    hint: expect.stringMatching(hint),
  });
});

test("OPTIONS says what a table is asked with", async () => {
  const allowed = async (path: string, headers = {}) => {
    const response = await call(path, { method: "OPTIONS", headers });
    return [response.status, response.headers.get("allow")];
  };
  const all = "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE";
  expect(await allowed("/menu_items")).toEqual([200, all]);
  expect(await allowed("/rpc/cuisines")).toEqual([200, "OPTIONS,GET,HEAD,POST"]);
  expect(await allowed("/menu_categories")).toEqual([200, "OPTIONS,GET,HEAD"]);
  // Rows of orders are made by an operation: there is nothing to merge with.
  expect((await allowed("/orders"))[1]).not.toContain("PUT");
  for (const path of ["/nothing", "/users", "/rpc/nothing"]) {
    expect(await allowed(path)).toEqual([404, null]);
  }
  expect(await allowed("/users", { "accept-profile": "auth" })).toEqual([406, null]);
});
