// What is left of a dish, taken and given back in a Change.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { service as serviceActor } from "../../../src/kernel/actor.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createKernel } from "../../../src/kernel/kernel.ts";
import { modules } from "../../../src/modules/index.ts";
import { returnStock, takeStock } from "../../../src/modules/restaurants/index.ts";
import { openPlace, service } from "../people.ts";

const kernel = createKernel({ modules, ...readConfig(env), clock: systemClock });
const commit = (...steps: ReturnType<typeof takeStock>) =>
  kernel.modules.commit(steps, serviceActor());
let restaurant_id: string;

beforeAll(async () => {
  restaurant_id = await openPlace({});
});

async function dish(stock: number | null): Promise<string> {
  const row = { restaurant_id, name: "Soup", price_minor: 500, currency: "GBP", stock };
  const { data, error } = await service().from("menu_items").insert(row).select("id").single();
  expect(error).toBeNull();
  return data?.id;
}

async function left(id: string): Promise<unknown> {
  return (await service().from("menu_items").select("stock").eq("id", id).single()).data?.stock;
}

test("what is there is taken, to the last one, and no more", async () => {
  const soup = await dish(3);
  await commit(...takeStock(soup, 2));
  expect(await left(soup)).toBe(1);
  await expect(commit(...takeStock(soup, 2))).rejects.toMatchObject({ code: "out_of_stock" });
  expect(await left(soup)).toBe(1);
  await commit(...takeStock(soup, 1));
  await expect(commit(...takeStock(soup, 1))).rejects.toMatchObject({ code: "out_of_stock" });
  expect(await left(soup)).toBe(0);
});

test("all of an order or none of it; the same dish twice counts twice", async () => {
  const [soup, bread] = [await dish(5), await dish(1)];
  const order = commit(...takeStock(soup, 2), ...takeStock(bread, 1), ...takeStock(bread, 1));
  await expect(order).rejects.toMatchObject({ code: "out_of_stock" });
  expect([await left(soup), await left(bread)]).toEqual([5, 1]);
});

test("of twenty who want the last five at once, five get one", async () => {
  const soup = await dish(5);
  const tries = Array.from({ length: 20 }, () => commit(...takeStock(soup, 1)));
  const outcomes = await Promise.allSettled(tries);
  expect(outcomes.filter((o) => o.status === "fulfilled")).toHaveLength(5);
  for (const o of outcomes)
    if (o.status === "rejected") expect(o.reason).toMatchObject({ code: "out_of_stock" });
  expect(await left(soup)).toBe(0);
});

test("a dish without a number never runs out, and is not written", async () => {
  const soup = await dish(null);
  const [, touched] = await commit(...takeStock(soup, 1000));
  expect(touched).toEqual([]);
  expect(await commit(...returnStock([{ menu_item_id: soup, quantity: 1 }]))).toEqual([[]]);
  expect(await left(soup)).toBeNull();
});

test("what is given back can be taken again", async () => {
  const soup = await dish(1);
  await commit(...takeStock(soup, 1));
  await commit(...returnStock([{ menu_item_id: soup, quantity: 1 }]));
  expect(await left(soup)).toBe(1);
});

test("a dish that is gone cannot be taken, and needs nothing back", async () => {
  const gone = crypto.randomUUID();
  await expect(commit(...takeStock(gone, 1))).rejects.toMatchObject({ code: "out_of_stock" });
  expect(await commit(...returnStock([{ menu_item_id: gone, quantity: 1 }]))).toEqual([[]]);
});

test("dishes come back together, each as often as it was taken", async () => {
  const [soup, bread, wine] = [await dish(5), await dish(1), await dish(2)];
  const back = [soup, bread, soup, wine].map((menu_item_id) => ({ menu_item_id, quantity: 1 }));
  expect(await commit(...returnStock(back))).toHaveLength(2);
  expect([await left(soup), await left(bread), await left(wine)]).toEqual([7, 2, 3]);
});

test("a stock that JSON could not count stays as it is", async () => {
  const soup = await dish(Number.MAX_SAFE_INTEGER - 1);
  await commit(...returnStock([{ menu_item_id: soup, quantity: 2 }]));
  expect(await left(soup)).toBe(Number.MAX_SAFE_INTEGER - 1);
  await commit(...returnStock([{ menu_item_id: soup, quantity: 1 }]));
  expect(await left(soup)).toBe(Number.MAX_SAFE_INTEGER);
});
