import { beforeAll, expect, test } from "vitest";
import { createTables } from "../../kernel/database.ts";
import { anna, kernelOf } from "../../kernel/fixture.ts";
import { wireOf } from "./fixture-api.ts";

let now = Date.parse("2026-11-20T10:00:00Z");
const { call, db } = wireOf(kernelOf({ now: () => ++now }), anna);
const orders = () => db.from("orders");

beforeAll(createTables);

test("a row that was read is changed and sent back whole", async () => {
  const { data: row } = await orders()
    .insert({ note: "a", doc: { a: [1] } })
    .select()
    .single();
  const merged = await orders()
    .upsert({ ...row, note: "b" })
    .select()
    .single();
  expect(merged).toMatchObject({
    error: null,
    data: { id: row.id, created_at: row.created_at, note: "b" },
  });
  const changed = await orders()
    .update({ ...merged.data, note: "c" })
    .eq("id", row.id)
    .select()
    .single();
  expect(changed).toMatchObject({ error: null, data: { id: row.id, note: "c" } });
  const put = (body: object) =>
    call(`/orders?id=eq.${row.id}`, { method: "PUT", body: JSON.stringify(body) });
  expect((await put({ ...changed.data, note: "d" })).status).toBe(204);
  expect((await orders().select("note")).data).toEqual([{ note: "d" }]);
  const stale = await put({ ...changed.data, note: "e" });
  expect([stale.status, await stale.json()]).toMatchObject([400, { code: "428C9" }]);
  expect((await orders().select("note")).data).toEqual([{ note: "d" }]);
});
