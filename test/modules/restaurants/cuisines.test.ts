import { beforeAll, expect, test } from "vitest";
import { guest, openPlace } from "../people.ts";
import { call } from "./nearby-ask.ts";

beforeAll(async () => {
  for (const [cuisine, city] of [
    ["Thai", "Leith"],
    ["Thai", "Edinburgh"],
    ["Thai", null],
    ["Polish", "Edinburgh"],
    ["Greek", "Edinburgh"],
    ["Greek", "Leith"],
  ])
    await openPlace({ cuisine, city });
});

test("each cuisine with the number of its restaurants, in the order asked for", async () => {
  const { data, error } = await guest()
    .rpc("cuisines")
    .order("restaurants", { ascending: false })
    .order("cuisine");
  expect(error).toBeNull();
  expect(data).toEqual([
    { cuisine: "Thai", restaurants: 3 },
    { cuisine: "Greek", restaurants: 2 },
    { cuisine: "Polish", restaurants: 1 },
  ]);
});

test("of one city, by GET as by POST", async () => {
  const of = { city: "Leith" };
  const expected = [
    { cuisine: "Greek", restaurants: 1 },
    { cuisine: "Thai", restaurants: 1 },
  ];
  expect((await guest().rpc("cuisines", of).order("cuisine")).data).toEqual(expected);
  expect((await guest().rpc("cuisines", of, { get: true }).order("cuisine")).data).toEqual(
    expected,
  );
  expect((await guest().rpc("cuisines", { city: "Nowhere" })).data).toEqual([]);
});

test("its rows can be filtered, picked from, counted and paged", async () => {
  const { data, count } = await guest()
    .rpc("cuisines", {}, { count: "exact" })
    .select("kitchen:cuisine")
    .gte("restaurants", 2)
    .order("cuisine")
    .range(1, 1);
  expect(data).toEqual([{ kitchen: "Thai" }]);
  expect(count).toBe(2);
});

test("they have these two columns and no relations", async () => {
  expect((await guest().rpc("cuisines").select("name")).error?.code).toBe("42703");
  expect((await guest().rpc("cuisines").select("*, menu_items(id)")).error?.code).toBe("PGRST200");
  expect((await guest().rpc("cuisines", { town: "Leith" })).error?.code).toBe("PGRST202");
});

test("a city's are looked for in that city alone", async () => {
  const { rows, rows_read } = await call("cuisines", { city: "Leith" });
  expect(rows).toHaveLength(2);
  // Two restaurants, each once more to be grouped, and the two groups.
  expect(rows_read).toBeLessThan(10);
  const all = await call("cuisines", {});
  expect(all.rows_read).toBeGreaterThan(rows_read);
  const { rows: steps } = await call("cuisines", { city: "Leith" }, { explain: true });
  expect(steps.some((s) => /USING INDEX restaurants_city_name \(city=\?/.test(s.detail))).toBe(
    true,
  );
});
