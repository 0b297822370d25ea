// Which foreign key a refused write broke, and that nothing else is told.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { eq, insert, refused, remove, rows, update, upsert } from "../ask.ts";
import { createTables, strict } from "../database.ts";
import { anna, kernelOf, secretKey, uuids } from "../fixture.ts";

const counted = strict(env.DB);
const kernel = kernelOf({ db: counted.db });
let shop: string;

beforeAll(async () => {
  await createTables();
  const made = await rows<{ id: string }>(kernel, insert("shops", { name: "a" }), secretKey);
  shop = made[0]?.id ?? "";
});

const missing = (column: string) => ({
  reason: `Key (${column}) is not present in table "shops".`,
});

test("the column that points at nothing, and the table it points into", async () => {
  const nowhere = uuids.other;
  const here = { from_shop: shop, to_shop: shop };
  for (const column of ["from_shop", "to_shop"]) {
    const wrong = insert("transfers", [here, { ...here, [column]: nowhere }]);
    await refused(kernel.execute(wrong, secretKey), "23503", missing(column));
  }
  const [row] = await rows<{ id: string }>(kernel, insert("transfers", here), secretKey);
  const move = update("transfers", { to_shop: nowhere }, { where: eq("id", row?.id) });
  await refused(kernel.execute(move, secretKey), "23503", missing("to_shop"));
  const merge = upsert("transfers", { id: row?.id, ...here, from_shop: nowhere }, ["id"]);
  await refused(kernel.execute(merge, secretKey), "23503", missing("from_shop"));
  const trial = insert("transfers", { ...here, to_shop: nowhere }, { dryRun: true });
  await refused(kernel.execute(trial, secretKey), "23503", missing("to_shop"));
});

test("one more question, and only where it was refused", async () => {
  counted.trips = 0;
  await kernel.execute(insert("transfers", { from_shop: shop, to_shop: shop }), secretKey);
  expect(counted.trips).toBe(1);
  await refused(
    kernel.execute(insert("transfers", { from_shop: shop, to_shop: uuids.other }), secretKey),
    "23503",
  );
  expect(counted.trips).toBe(3);
});

test("a row that points at its own table is not looked for there", async () => {
  const alone = { from_shop: shop, to_shop: shop, after: uuids.other };
  const refusal = await refused(kernel.execute(insert("transfers", alone), secretKey), "23503");
  expect(refusal.params.reason).toBeUndefined();
});

test("of what is to be deleted no more is told than that", async () => {
  await kernel.execute(insert("keepers", { shop_id: shop, user_id: uuids.ben }), secretKey);
  const erase = remove("shops", { where: eq("id", shop) });
  const told = { reason: "What is to be deleted is pointed at." };
  await refused(kernel.execute(erase, secretKey), "23503", told);
});

test("a row that may not be made says nothing of what it points at", async () => {
  const wrong = insert("lines", { order_id: uuids.other, name: "x" });
  await refused(kernel.execute(wrong, anna), "42501");
  counted.trips = 0;
  await refused(kernel.execute(wrong, anna), "42501");
  expect(counted.trips).toBe(1);
});

test("in a batch, whose rows may point at each other, the step is all that is named", async () => {
  const step = (name: string, to_shop: string) => ({
    name,
    intent: async () => insert("transfers", { from_shop: shop, to_shop }),
  });
  const steps = [step("a", shop), step("b", uuids.other)];
  await refused(kernel.batch(steps, secretKey, {}, false), "23503", { step: "b" });
});
