import { beforeAll, expect, test } from "vitest";
import { guestClient, restaurant, serviceClient } from "./api.ts";

const admin = serviceClient();
const items = () => admin.from("menu_items");
let id: string;

beforeAll(async () => {
  const place = await admin.from("restaurants").insert(restaurant("Elm")).select("id").single();
  const dish = { name: "a", price_minor: 100, currency: "GBP", stock: 5 };
  const made = await items()
    .insert({ ...dish, restaurant_id: place.data?.id })
    .select("id")
    .single();
  id = made.data?.id;
});

const take = (n: number) =>
  items()
    .update({ stock: { increment: -n } })
    .eq("id", id)
    .select("stock");

test("the last one is sold once, however many ask", async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => take(1)));
  expect(answers.filter(({ error }) => !error)).toHaveLength(5);
  expect(answers.flatMap(({ error }) => error?.code ?? [])).toEqual(["23514", "23514", "23514"]);
  expect((await items().select("stock").eq("id", id)).data).toEqual([{ stock: 0 }]);
});

test("a dry run adds nothing, a guest neither", async () => {
  const trial = await take(-3).rollback();
  expect(trial.data).toEqual([{ stock: 3 }]);
  const guest = await guestClient()
    .from("menu_items")
    .update({ stock: { increment: 9 } })
    .eq("id", id)
    .select();
  expect(guest.error ? guest.error.code : guest.data).toEqual(guest.error ? "42501" : []);
  const text = await items()
    .update({ name: { increment: 1 } })
    .eq("id", id);
  expect([text.status, text.error?.code]).toEqual([400, "22P02"]);
  expect((await items().select("stock").eq("id", id)).data).toEqual([{ stock: 0 }]);
});
