// textSearch(), as supabase-js spells it, over what the product has to search.
import { beforeAll, expect, test } from "vitest";
import { call, guestClient, restaurant, serviceClient } from "./api.ts";

const db = guestClient();
const places = [
  { name: "Café Noir", description: "Small plates, natural wine and a terrace" },
  { name: "回転寿司 がってん", description: "Conveyor-belt sushi; the wine list is short" },
  { name: "Phở Hòa", description: "Beef noodle soup from dawn" },
  { name: "The Fish House", description: null },
];

beforeAll(async () => {
  const { error } = await serviceClient()
    .from("restaurants")
    .insert(places.map(({ name, ...more }) => restaurant(name, more)));
  expect(error).toBeNull();
});

interface How {
  column?: string;
  type?: "plain" | "phrase" | "websearch";
  config?: string;
}

async function found(query: string, { column = "name", ...how }: How = {}) {
  const { data, error } = await db
    .from("restaurants")
    .select("name")
    .textSearch(column, query, how)
    .order("name");
  return data?.map((row) => row.name) ?? error?.code;
}
const inText = { column: "description" };

test.each<[string, How | undefined, string[] | string]>([
  ["cafe", undefined, ["Café Noir"]],
  ["CAFÉ & noir", undefined, ["Café Noir"]],
  ["寿司", undefined, ["回転寿司 がってん"]],
  ["pho <-> hoa", undefined, ["Phở Hòa"]],
  ["fi:*", undefined, ["The Fish House"]],
  ["fish | 'phở hòa'", undefined, ["Phở Hòa", "The Fish House"]],
  ["wine & !sushi", inText, ["Café Noir"]],
  ["wine list", { ...inText, type: "plain" }, ["回転寿司 がってん"]],
  ["natural wine", { ...inText, type: "phrase" }, ["Café Noir"]],
  ["wine natural", { ...inText, type: "phrase" }, []],
  ['"natural wine" or dawn', { ...inText, type: "websearch" }, ["Café Noir", "Phở Hòa"]],
  ["wine -list", { ...inText, type: "websearch" }, ["Café Noir"]],
  ["cafe", { config: "simple" }, ["Café Noir"]],
  ["cafe", { config: "english" }, "not_searchable"],
  ["fat cat", undefined, "42601"],
  ["fat cat", { type: "websearch" }, []],
  ["Scottish", { column: "cuisine" }, "not_searchable"],
  ["x", { column: "nom" }, "42703"],
  ["x", { column: "_search_name" }, "42703"],
  ["a\0b", { type: "plain" }, "22021"],
])("%s %j", async (query, how, expected) => {
  expect(await found(query, how)).toEqual(expected);
});

test("within or(), negated, and of an embed", async () => {
  const or = await db
    .from("restaurants")
    .select("name")
    .or('name.fts.cafe,description.phfts(simple)."beef noodle",name.wfts."fish house -noir"')
    .order("name");
  expect(or.data?.map((r) => r.name)).toEqual(["Café Noir", "Phở Hòa", "The Fish House"]);
  const not = await db.from("restaurants").select("name").not("description", "fts", "wine");
  // A row that has no description is neither with nor without the word.
  expect(not.data).toEqual([{ name: "Phở Hòa" }]);
  const embedded = await db
    .from("restaurants")
    .select("name, menu_items(name)")
    .textSearch("name", "noir")
    .textSearch("menu_items.name", "soup");
  expect(embedded.data).toEqual([{ name: "Café Noir", menu_items: [] }]);
});

test("with counts, pages and functions", async () => {
  const counted = await db
    .from("restaurants")
    .select("name", { count: "exact" })
    .textSearch("description", "wine")
    .limit(1);
  expect([counted.data?.length, counted.count]).toEqual([1, 2]);
  const first = await call("/restaurants?select=name&description=fts.wine&limit=1&cursor=");
  const next = /<\/rest\/v1(.+)>/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
  const pages = [await first.json(), await (await call(next)).json()].flat() as { name: string }[];
  expect(pages.map((p) => p.name).sort()).toEqual(["Café Noir", "回転寿司 がってん"]);
  const near = await db
    .rpc("nearby_restaurants", { lat: 55.95, lng: -3.19 })
    .select("name")
    .textSearch("name", "sushi | noir");
  expect([near.error, near.data]).toEqual([null, [{ name: "Café Noir" }]]);
});

test("a changed or deleted row is found as it is, at once", async () => {
  const admin = serviceClient();
  await admin.from("restaurants").update({ name: "Tapas Bar" }).eq("name", "The Fish House");
  expect([await found("fish"), await found("tapas")]).toEqual([[], ["Tapas Bar"]]);
  await admin.from("restaurants").delete().eq("name", "Tapas Bar");
  expect(await found("tapas")).toEqual([]);
});

test("a refusal says what is searchable, and how", async () => {
  const ask = async (query: string) => (await call(`/restaurants?${query}`)).json();
  expect(await ask("cuisine=fts.thai")).toMatchObject({
    status: 400,
    code: "not_searchable",
    hint: "Searchable in 'restaurants': name, description.",
  });
  expect(await ask("name=fts(english).thai")).toMatchObject({
    code: "not_searchable",
    hint: "'name' is searchable as simple.",
  });
  expect(await ask("name=fts.thai+food")).toMatchObject({
    status: 400,
    message: "syntax error in tsquery",
    details: '"thai food"',
  });
});

test("hostile text is searched for or refused, never run", async () => {
  const texts = [
    '" OR name MATCH "',
    "{_search_name}:a",
    "NEAR(a b)",
    "a* ^b",
    "'; drop table restaurants; --",
    "%00",
    '"'.repeat(500),
    "寿".repeat(3_000),
    "a ".repeat(8_000),
    "(".repeat(8_000),
  ];
  for (const text of texts) {
    for (const op of ["fts", "plfts", "phfts", "wfts", "not.wfts"]) {
      const response = await call(`/restaurants?name=${op}.${encodeURIComponent(text)}`);
      const said = await response.text();
      expect([200, 400], `${op} ${text.slice(0, 20)}: ${said.slice(0, 200)}`).toContain(
        response.status,
      );
      expect(said).not.toMatch(/fts5|sqlite|D1_ERROR|_search/i);
    }
  }
});
