// Functions only read: what a preference promises of a write holds of their answers.
import { beforeAll, expect, test } from "vitest";
import { createTables, raw } from "../../kernel/database.ts";
import { anna, kernelOf } from "../../kernel/fixture.ts";
import { wireOf } from "./fixture-api.ts";

const { call, db } = wireOf(kernelOf(), anna);
const list = { list: ["a", "b", "c"] };

beforeAll(createTables);

test("no more rows than expected", async () => {
  const items = () => db.rpc("items", list);
  expect(await items().maxAffected(2)).toMatchObject({
    ...{ status: 400, data: null },
    error: { code: "PGRST124", details: "The query affects more than 2 rows" },
  });
  expect((await items().maxAffected(3)).data).toHaveLength(3);
  expect((await items().neq("item", "a").maxAffected(2)).data).toHaveLength(2);
  expect((await items().limit(1).maxAffected(1)).data).toEqual([{ item: "a" }]);
  expect((await items().maxAffected(0)).error).toMatchObject({ code: "PGRST124" });
  const json = { list: JSON.stringify(list.list) };
  const counted = await db.rpc("items", json, { get: true, count: "exact" }).maxAffected(2);
  expect(counted.error).toMatchObject({ code: "PGRST124" });
});

test("a function that answers with one value has none to count", async () => {
  const sum = await db.rpc("add", { a: 1, b: 2 }).maxAffected(1);
  expect(sum).toMatchObject({ status: 400, error: { code: "PGRST128" } });
  const lenient = { prefer: "max-affected=1" };
  const path = "/rpc/add?a=1&b=2";
  const response = await call(path, { headers: lenient });
  expect([await response.json(), response.headers.get("preference-applied")]).toEqual([3, null]);
});

test("what is applied is said; a dry run of what only reads is a run", async () => {
  const prefer = "handling=strict, max-affected=3, tx=rollback";
  const response = await call("/rpc/items", {
    ...{ method: "POST", headers: { prefer } },
    body: JSON.stringify(list),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("preference-applied")?.split(", ").toSorted()).toEqual(
    prefer.split(", "),
  );
  expect(await raw("select count(*) as n from _tx")).toEqual([{ n: 0 }]);
});
