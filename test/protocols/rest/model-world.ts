// The rows that the model and the database both hold: few, alike enough to meet, of three owners.
import type { Actor } from "../../../src/kernel/actor.ts";
import { insert } from "../../kernel/ask.ts";
import { createTables, raw } from "../../kernel/database.ts";
import { anna, ben, kernelOf, secretKey, uuids } from "../../kernel/fixture.ts";
import { Json, type Row, type Value } from "./model-values.ts";

/** Stands in every hidden column, and nowhere else. */
export const CANARY = "canary4711";

export const stranger: Actor = { ...ben, id: "0190abcd-0000-7000-8000-00000000000f" };
const owners = [anna.id, anna.id, ben.id, anna.id, uuids.other];

const id = (table: number, n: number) =>
  `0190${table}000-0000-7000-8000-${String(n).padStart(12, "0")}`;
/** Takes turns; primes as lengths make the columns meet in many ways. */
const turn = <T>(list: T[], i: number): T => list[i % list.length] as T;
const rows = (count: number, row: (i: number) => Record<string, unknown>) =>
  Array.from({ length: count }, (_, i) => row(i) as Row);

const notes = ["Phở bò", "tea", null, "Ärger, (a.b)", "tea", 'say "x\\y"', "100%_off"];
const labels = ["a", null, "B", "b c", "𝒳z"];
const docs: Value[] = [
  new Json({ n: 5, s: "x", list: [1, 2, { k: "v" }], deep: { a: { b: true } }, nil: null }),
  null,
  new Json({ n: 10, s: "Y y", list: [], deep: { a: { b: false } } }),
  new Json({ n: 9.5, "odd key": 1, s: "é" }),
  new Json([1, "a", null]),
  new Json("text"),
  new Json({ n: "10", list: ["a", "b", { k: 7 }], deep: { a: 2 } }),
  new Json(7),
  new Json({}),
  new Json([["x"], { k: ["x", 1] }]),
  new Json({ n: -3, s: "", list: [true, "a"] }),
];
const moments = ["2026-01-01T00:00:00.000Z", "2026-02-03T04:05:06.789Z", null];
const days = [null, "2026-02-03", "2026-11-20", "2025-12-31"];

const orders = rows(14, (i) => ({
  id: id(1, i),
  user_id: turn(owners, i),
  state: turn(["open", "paid", "open"], i),
  note: turn(notes, i),
  label: turn(labels, i),
  total: turn([0, 3, 10, 3, 25, 9], i),
  weight: turn([1.25, null, -0.75, 9, 10.25], i),
  gift: turn([true, false, false], i),
  doc: turn(docs, i),
  blob: turn([null, "blob"], i),
  due: turn(moments, i),
  day: turn(days, i),
  created_at: turn(["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"], i),
  updated_at: "2026-01-03T00:00:00.000Z",
}));
const lines = rows(22, (i) => ({
  id: id(2, i),
  order_id: id(1, (i * 5) % 11),
  name: `${turn(["tea", "Rice", "wok", "é"], i)} ${i >> 2}`,
  n: turn([1, 2, 10, 2, 5], i),
}));
const tags = rows(6, (i) => ({
  id: id(3, i),
  name: turn(["red", "Green", "ROT", "blue"], i),
}));
const taggings = rows(20, (i) => ({
  id: id(4, i),
  user_id: turn([anna.id, anna.id, ben.id], i),
  order_id: id(1, (i * 3) % 12),
  tag_id: id(3, (i + 2 * (i >> 2)) % 5),
  weight: turn([1, 4, 2], i),
}));
const shops = rows(7, (i) => ({
  id: id(5, i),
  name: turn(["Elm", "elm", "Oak & Co", "Zinnia"], i),
  stock: turn([0, 4, 12], i),
  opened: turn(days, i),
}));
const badges = rows(3, (i) => ({
  id: id(6, i),
  shop_id: id(5, i * 2),
  title: turn(["gold", "tin"], i),
}));
const follows = rows(9, (i) => ({
  id: id(7, i),
  follower_id: id(5, i % 4),
  followed_id: id(5, (i % 4) + (i >> 2) + 1),
  count: turn([3, null, 1], i),
}));
const transfers = rows(9, (i) => ({
  id: id(8, i),
  from_shop: id(5, i % 3),
  to_shop: id(5, (i * 2 + 1) % 5),
  after: i < 2 ? null : id(8, i >> 1),
}));
const dishes = rows(10, (i) => ({
  id: id(9, i),
  user_id: turn([anna.id, ben.id, null], i),
  name: turn(["fried rice", "rice soup", "Ramen bowl", "soup of the day"], i),
  story: turn([null, "rice", "long story"], i),
  plain: turn(["p", null], i),
  price: turn([0, 0, 7, 12], i),
}));
const articles = rows(8, (i) => ({
  id: id(0, i),
  body: turn(["on rice", null, "on soup"], i),
  dish_id: i === 7 ? null : id(9, (i * 3) % 10),
}));

export const world: Record<string, Row[]> = {
  ...{ orders, lines, tags, shops, taggings, badges, follows, transfers, dishes, articles },
};

const kernel = kernelOf();

export { kernel };

/** Puts the world into the database, and something hidden beside it. */
export async function createWorld(): Promise<void> {
  await createTables();
  for (const [table, list] of Object.entries(world)) {
    const sent = list.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([key, value]) => [
          key,
          value instanceof Json ? value.json : value,
        ]),
      ),
    );
    await kernel.execute(insert(table, sent, { answer: "minimal" }), secretKey);
  }
  await raw("update orders set secret = ?1 || total", CANARY);
  await raw("update tags set secret = ?1 || id", CANARY);
  await raw("update transfers set hidden_shop = to_shop");
}
