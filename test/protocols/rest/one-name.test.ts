// Two members of one name would be one: the answer says which, and silently drops neither.
import { beforeAll, expect, test } from "vitest";
import { createTables } from "../../kernel/database.ts";
import { anna, kernelOf } from "../../kernel/fixture.ts";
import { wireOf } from "./fixture-api.ts";

const { db } = wireOf(kernelOf(), anna);
const id = "0190eeee-0000-7000-8000-000000000001";

beforeAll(async () => {
  await createTables();
  await db.from("orders").insert({ id, note: "x", total: 5 });
  await db.from("lines").insert({ order_id: id, name: "a" });
});

test.each([
  ["orders", "a:note,a:total", "a"],
  ["orders", "note,note:total", "note"],
  ["orders", "note,note:label", "note"],
  ["orders", "doc->a,doc->b->a", "a"],
  ["orders", "total,total:total::text", "total"],
  ["orders", "count(),count:total.sum()", "count"],
  ["orders", "lines:note,lines(name)", "lines"],
  ["orders", "id,lines(x:name,x:n)", "x"],
  ["lines", "id,...orders(id)", "id"],
  ["orders", "name:note,...lines(name)", "name"],
])("%s: select=%s is refused", async (table, select, name) => {
  const error = { code: "42701", message: `column "${name}" specified more than once` };
  expect(await db.from(table).select(select)).toMatchObject({ status: 400, error });
});

test.each([
  ["orders", "note,note", { note: "x" }],
  ["orders", "*,note:total", { id, note: 5, total: 5 }],
  ["orders", "note:total,*", { id, note: 5, total: 5 }],
  ["lines", "*,order_id(note)", { name: "a", order_id: { note: "x" } }],
  ["lines", "order_id(note),*", { name: "a", order_id: { note: "x" } }],
  ["lines", "name,id:n,...orders(*)", { name: "a", id: 1, note: "x" }],
])("%s: select=%s is not: the same twice, or in place of a star's", async (table, select, row) => {
  expect((await db.from(table).select(select)).data).toMatchObject([row]);
});
