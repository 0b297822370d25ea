// What reads cost, as their answers say: with an index the same however many rows there are.
import { env, exports } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { place, service } from "../people.ts";

const near = 30;
const sizes: [number, number] = [200, 800];
const restaurantId = crypto.randomUUID();

/** Restaurants of one town, then of others until there are `size`; each has two dishes. */
async function fill(from: number, size: number): Promise<void> {
  const restaurants = Array.from({ length: size - from }, (_, i) => {
    const n = from + i;
    const [city, name] = n < near ? ["Near", `Nook ${n}`] : [`Town ${n % 50}`, `Other ${n}`];
    const id = n === 0 ? restaurantId : crypto.randomUUID();
    return place({ id, city, name, address: `${n} Road`, osm_id: `node/${n}`, lat: n / 100 });
  });
  const dish = { price_minor: 650, currency: "GBP" };
  const dishes = restaurants.flatMap(({ id }) =>
    ["Soup", "Bread"].map((name) => ({ restaurant_id: id, name, ...dish })),
  );
  await service().from("restaurants").insert(restaurants).throwOnError();
  await service().from("menu_items").insert(dishes).throwOnError();
}

async function rowsRead(query: string, headers: Record<string, string> = {}): Promise<number> {
  const key = env.VTB_PUBLISHABLE_KEY;
  const url = `http://127.0.0.1/rest/v1/${query}`;
  const asking = { headers: { authorization: `Bearer ${key}`, apikey: key, ...headers } };
  const response = await exports.default.fetch(new Request(url, asking));
  expect([query, response.status]).toEqual([query, response.status < 300 ? response.status : 200]);
  const told = /^d1;desc="(\d+) rows read"$/.exec(response.headers.get("server-timing") ?? "");
  return Number(told?.[1]);
}

const exact = { prefer: "count=exact" };
const list = "restaurants?select=name&city=eq.Near&order=name&limit=20";
const indexed: [string, string, Record<string, string>?][] = [
  ["a row by its key", `restaurants?id=eq.${restaurantId}`],
  ["a row by a unique column", "restaurants?osm_id=eq.node/7"],
  ["a page, filtered and sorted by one index", list],
  ["its exact count", list, exact],
  ["a prefix", "restaurants?city=eq.Near&name=like.Nook%201*"],
  ["children by their foreign key", `menu_items?restaurant_id=eq.${restaurantId}&order=name`],
  ["children in a list", list.replace("select=name", "select=name,menu_items(name)")],
  ["parents in a list", `menu_items?restaurant_id=eq.${restaurantId}&select=restaurants(name)`],
  ["a page by cursor", "restaurants?select=name&order=id&limit=20&cursor="],
  [
    "a page by cursor, sorted",
    "restaurants?select=name&order=city.nullsfirst,name&limit=20&cursor=",
  ],
];
const scanning: [string, string, Record<string, string>?][] = [
  ["a column without an index", "restaurants?address=eq.7%20Road"],
  ["an order without an index", "restaurants?select=name&order=address&limit=20"],
  ["a text somewhere within", "restaurants?select=name&name=ilike.*ook%207*"],
  ["a path into JSON", "restaurants?select=name&hours->>x=eq.1"],
  ["an exact count of all", "restaurants?select=name&limit=1", exact],
  ["groups of all", "restaurants?select=cuisine,count()"],
];

const costs = new Map<string, number[]>();
beforeAll(async () => {
  let from = 0;
  for (const size of sizes) {
    await fill(from, size);
    from = size;
    for (const [title, query, headers] of [...indexed, ...scanning])
      costs.set(title, [...(costs.get(title) ?? []), await rowsRead(query, headers)]);
  }
});

test.each(indexed)("%s costs the same among more rows", (title) => {
  const [few = Number.NaN, many] = costs.get(title) ?? [];
  expect(many).toBe(few);
  expect(few).toBeLessThan(100);
});

test.each(scanning)("%s costs as many as there are, and the answer says so", (title) => {
  const [few = 0, many = 0] = costs.get(title) ?? [];
  expect(few).toBeGreaterThanOrEqual(sizes[0]);
  expect(many - few).toBeGreaterThanOrEqual(sizes[1] - sizes[0]);
});

test("an offset costs what it leaves out", async () => {
  const page = "restaurants?select=name&order=id&limit=20";
  expect(await rowsRead(`${page}&offset=0`)).toBe(20);
  expect(await rowsRead(`${page}&offset=150`)).toBe(170);
});
