// How many rows a question read is told where it tells of no row that the caller may not see.
import { beforeAll, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import type { Intent } from "../../../src/kernel/intent.ts";
import { everyone } from "../../../src/kernel/predicate.ts";
import { integer, uuid } from "../../../src/kernel/table.ts";
import { view } from "../../../src/kernel/view.ts";
import { call, compare, embed, insert, is, read } from "../ask.ts";
import { createTables } from "../database.ts";
import { anna, fixture, kernelOf, nobodyYet, secretKey } from "../fixture.ts";
import { follows } from "../related-tables.ts";

/** Everyone's, and counts rows that are not. */
const popular = view(
  "popular",
  { shop_id: uuid().primaryKey(), followers: integer().notNull() },
  {
    policy: { select: everyone },
    sql: ({ every }) =>
      `select followed_id as shop_id, count(*) as followers from ${every(follows)} group by 1`,
    example: () => ({}),
  },
);
const tables = [...(fixture.tables ?? []), popular];
const kernel = kernelOf({ module: { ...fixture, tables } });
const shops = 40;

beforeAll(async () => {
  await createTables();
  const rows = Array.from({ length: shops }, (_, n) => ({ name: `s${n}`, stock: n }));
  await kernel.execute(insert("shops", rows, { answer: "minimal" }), secretKey);
});

const told = async (intent: Intent, actor: Actor) => (await kernel.execute(intent, actor)).rowsRead;

test("everyone's rows: a scan shows, and the way through an index", async () => {
  expect(await told(read("shops", { where: compare("stock", "eq", 7) }), nobodyYet)).toBe(shops);
  expect(await told(read("shops", { where: compare("name", "eq", "s7") }), nobodyYet)).toBe(2);
  const counted = read("shops", { limit: 1, count: "exact" });
  expect(await told(counted, nobodyYet)).toBe(1 + shops);
});

const ofShops = (relation: string) => read("shops", { select: ["id", embed(relation)] });
const hiding: [string, Intent][] = [
  ["own rows", read("orders", { select: ["id"] })],
  ["an embed", read("shelves", { select: ["id", embed("letters")] })],
  [
    "an inner embed, counted",
    read("shops", { select: [embed("keepers", { select: [], join: "inner" })], count: "exact" }),
  ],
  [
    "a filter by an embed",
    read("shops", { select: [embed("keepers", { select: [] })], where: is("keepers", "not_null") }),
  ],
  ["a join table", read("tags", { select: ["id", embed("orders")] })],
  ["a view of own rows", read("order_sums")],
  ["a view of every row", read("popular")],
  ["a function", call("stocked")],
];

test.each(hiding)("%s: nothing is told but to the service", async (_, intent) => {
  expect(await told(intent, anna)).toBeUndefined();
  expect(await told(intent, secretKey)).toBeTypeOf("number");
});

test("an embed of what everyone sees is told", async () => {
  expect(await told(ofShops("badges"), anna)).toBeGreaterThanOrEqual(shops);
});
