// What a write sends back is selected as a read is: the rows written are those of its filter.
import { beforeAll, beforeEach, expect, test } from "vitest";
import { changesNothing, createTables, raw } from "../../kernel/database.ts";
import { anna, kernelOf, secretKey } from "../../kernel/fixture.ts";
import { wireOf } from "./fixture-api.ts";

const { call, db } = wireOf(kernelOf(), anna);
const key = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const names = "select name, n from lines order by name";

beforeAll(createTables);
beforeEach(async () => {
  await raw("delete from orders");
  const orders = [1, 2].map((n) => ({ id: key(n), note: `note ${n}` }));
  const line = (order: number, name: string, n: number) => ({ order_id: key(order), name, n });
  const lines = [line(1, "a", 1), line(1, "b", 2), line(1, "c", 3), line(2, "d", 4)];
  expect(await db.from("orders").insert(orders)).toMatchObject({ error: null });
  expect(await db.from("lines").insert(lines)).toMatchObject({ error: null });
});

test("an inner embed limits the rows that are answered, not those that are written", async () => {
  const select = "name,orders!inner(note)";
  const seen = [{ name: "d", orders: { note: "note 2" } }];
  const updated = db.from("lines").update({ n: 9 }, { count: "exact" }).gt("n", 2).select(select);
  expect(await updated.eq("orders.note", "note 2")).toMatchObject({ data: seen, count: 2 });
  expect(await raw(names)).toMatchObject([{ n: 1 }, { n: 2 }, { n: 9 }, { n: 9 }]);
  const rows = [1, 2].map((n) => ({ order_id: key(n), name: "d", n: 5 }));
  const merged = db.from("lines").upsert(rows, { onConflict: "order_id,name" }).select(select);
  expect((await merged.eq("orders.note", "note 2")).data).toEqual(seen);
  const inserted = db
    .from("lines")
    .insert({ order_id: key(1), name: "e" })
    .select(select);
  expect((await inserted.eq("orders.note", "note 2")).data).toEqual([]);
  const deleted = db.from("lines").delete({ count: "exact" }).not("n", "is", null).select(select);
  expect(await deleted.eq("orders.note", "note 2")).toMatchObject({ data: seen, count: 6 });
  expect(await raw(names)).toEqual([]);
});

test("so it does of a list, of a nested embed, and in an answer that is stored", async () => {
  const path = "/orders?id=not.is.null&order=id&select=note,lines!inner(name)&lines.name=eq.d";
  const whole = { prefer: "return=representation" };
  const once = { ...whole, "idempotency-key": "k" };
  const seen = [{ note: "x", lines: [{ name: "d" }] }];
  for (const headers of [whole, { prefer: `${whole.prefer}, tx=rollback` }, once, once]) {
    const response = await call(path, { method: "PATCH", headers, body: '{"note":"x"}' });
    expect([response.status, await response.json()]).toEqual([200, seen]);
  }
  const nested = "/lines?name=eq.a&select=name,orders(lines!inner(name))&orders.lines.name=eq.d";
  const response = await call(nested, { method: "DELETE", headers: whole });
  expect(await response.json()).toEqual([{ name: "a", orders: null }]);
});

test("its embeds are filtered, ordered and paged, and so are its rows", async () => {
  const select = "note,lines(name)";
  const list = db.from("orders").update({ gift: true }).not("id", "is", null).select(select);
  const paged = list.gt("lines.n", 1).order("name", { referencedTable: "lines", ascending: false });
  const { data } = await paged.limit(1, { referencedTable: "lines" }).order("note").limit(1);
  expect(data).toEqual([{ note: "note 1", lines: [{ name: "c" }] }]);
  expect(await raw("select count(*) as n from orders where gift")).toEqual([{ n: 2 }]);
});

test("one object that an inner embed leaves out is refused, and nothing is written", async () => {
  const select = "name,orders!inner(note)";
  const lines = () => db.from("lines");
  const writes = () => [
    lines()
      .insert({ order_id: key(1), name: "x" })
      .select(select),
    lines().upsert({ order_id: key(1), name: "a", n: 7 }, { onConflict: "order_id,name" }),
    lines().update({ n: 7 }).eq("name", "a").select(select),
    lines().delete().eq("name", "a").select(select),
  ];
  await changesNothing(async () => {
    for (const write of writes()) {
      const answer = await write.select(select).eq("orders.note", "note 2").single();
      expect(answer).toMatchObject({ status: 406, error: { code: "PGRST116" } });
    }
  });
  for (const write of writes()) {
    const answer = await write.select(select).eq("orders.note", "note 1").single();
    expect(answer).toMatchObject({ error: null, data: { orders: { note: "note 1" } } });
  }
});

test("the one object is judged as it will be", async () => {
  const service = wireOf(kernelOf(), secretKey).db;
  const moving = (note: string) => {
    const moved = service
      .from("lines")
      .update({ order_id: key(2) })
      .eq("name", "a");
    return moved.select("orders!inner(note)").eq("orders.note", note).single();
  };
  await changesNothing(async () => {
    expect(await moving("note 1")).toMatchObject({ error: { code: "PGRST116" } });
  });
  expect((await moving("note 2")).data).toEqual({ orders: { note: "note 2" } });
});

test("what is misspelt is refused where nothing is sent back, too", async () => {
  const refused: [string, string, number, string][] = [
    ["PATCH", "/lines?name=eq.a&select=nope", 400, "42703"],
    ["PATCH", "/lines?name=eq.a&select=nope(*)", 400, "PGRST200"],
    ["PATCH", "/lines?name=eq.a&select=name,orders(nope)", 400, "42703"],
    ["PATCH", "/lines?name=eq.a&select=orders(id)&orders.nope=eq.1", 400, "42703"],
    ["PATCH", "/lines?name=eq.a&order=nope", 400, "42703"],
    ["DELETE", "/lines?name=eq.a&select=name,count()", 400, "PGRST127"],
    ["POST", "/lines?select=nope", 400, "42703"],
    ["POST", "/sales?select=nope", 400, "42703"],
  ];
  await changesNothing(async () => {
    for (const [method, path, status, code] of refused) {
      for (const prefer of ["return=minimal", "return=headers-only", "return=representation"]) {
        const body = method === "DELETE" ? null : JSON.stringify({ n: 8 });
        const response = await call(path, { method, headers: { prefer }, body });
        expect([path, response.status, await response.json()]).toMatchObject([
          ...[path, status],
          { code },
        ]);
      }
    }
  });
  const accept = "application/geo+json"; // which is about what is sent back
  const init = { method: "PATCH", headers: { accept }, body: '{"n":8}' };
  expect((await call("/lines?name=eq.a&select=name&order=n", init)).status).toBe(204);
});
