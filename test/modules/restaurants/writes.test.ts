// What an insert writes: the row, its key, each further index, the words, and the change log.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { openPlace, person, service } from "../people.ts";

const ids: Record<string, string> = {};

beforeAll(async () => {
  const cook = await person("cook");
  const restaurant_id = await openPlace({ osm_id: "node/1" }, cook);
  const dish = { restaurant_id, name: "Soup", price_minor: 500, currency: "GBP" };
  const { data } = await service().from("menu_items").insert(dish).select("id").single();
  ids.restaurants = restaurant_id;
  ids.menu_items = data?.id;
  ids.staff = (await service().from("staff").select("id").single()).data?.id;
});

test.each([
  ["restaurants", { id: "a", osm_id: "node/2" }, 8],
  ["menu_items", { id: "b" }, 5],
  ["staff", { id: "c", restaurant_id: "a" }, 5],
] as const)("a row of %s", async (table, different, rows_written) => {
  const { results } = await env.DB.prepare(`select * from ${table} where id=?`)
    .bind(ids[table])
    .all<Record<string, unknown>>();
  const { _cell, ...row } = { ...results[0], ...different } as Record<string, unknown>;
  const [columns, marks] = [Object.keys(row), Object.keys(row).map(() => "?")];
  const { meta } = await env.DB.prepare(`insert into ${table}(${columns}) values(${marks})`)
    .bind(...Object.values(row))
    .run();
  expect(meta.rows_written).toBe(rows_written);
});
