// Schemas other than `public`, and views, as supabase-js asks for them.
import { createClient } from "@supabase/supabase-js";
import { beforeAll, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import { insert } from "../../kernel/ask.ts";
import { createTables, raw } from "../../kernel/database.ts";
import { anna, kernelOf, nobodyYet, secretKey } from "../../kernel/fixture.ts";
import { alone } from "./alone.ts";

const kernel = kernelOf();
const shop = "0190ffff-0000-7000-8000-000000000001";

// biome-ignore lint/suspicious/noExplicitAny: rows are checked by the assertions, not by types
type Untyped = any;

const clientFor = (actor: Actor) =>
  createClient<Untyped, { PostgrestVersion: "14" }>("http://x", "key", {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: {
      fetch: async (input, init) => alone(kernel, actor)(new Request(input as Request, init)),
    },
  });

const db = clientFor(anna);
const reports = db.schema("reports");

beforeAll(async () => {
  await createTables();
  const rows = [
    { id: shop, name: "one" },
    { id: shop.replace(/1$/, "2"), name: "two" },
  ];
  await kernel.execute(insert("shops", rows, { answer: "minimal" }), secretKey);
  await raw("insert into follows(id, follower_id, followed_id) values ('f', ?1, ?1)", shop);
});

test("a table of another schema is read and written by its profile", async () => {
  const made = await reports.from("memos").insert({ body: "a", shop_id: shop }).select("body");
  expect([made.status, made.data]).toEqual([201, [{ body: "a" }]]);
  const { data, error } = await reports.from("memos").select("body, shops(name)");
  expect([error, data]).toEqual([null, [{ body: "a", shops: { name: "one" } }]]);
  const changed = await reports.from("memos").update({ body: "b" }).eq("body", "a").select("body");
  expect(changed.data).toEqual([{ body: "b" }]);
  const gone = await reports.from("memos").delete().eq("body", "b").select("body");
  expect(gone.data).toEqual([{ body: "b" }]);
  const headers = { "accept-profile": "reports" };
  const asked = new Request("http://x/rest/v1/memos", { headers });
  const response = await alone(kernel, anna)(asked);
  expect([response.status, response.headers.get("content-profile")]).toEqual([200, "reports"]);
});

test("what is not in a schema is not there, and a schema that is none says which are", async () => {
  const cases: [PromiseLike<{ status: number; error: Untyped }>, number, object][] = [
    [db.from("memos").select(), 404, { code: "PGRST205" }],
    [reports.from("shops").select(), 404, { code: "PGRST205" }],
    [reports.from("memo").select(), 404, { hint: "Perhaps you meant 'memos'" }],
    [reports.rpc("add", { a: 1, b: 2 }), 404, { code: "PGRST202" }],
    [db.schema("private").from("sessions").select(), 406, { code: "PGRST106" }],
    [db.schema("private").rpc("add", { a: 1, b: 2 }), 406, { code: "PGRST106" }],
    [
      db.schema("nope").from("x").insert({ a: 1 }),
      406,
      { hint: "Exposed schemas: public, reports" },
    ],
  ];
  for (const [asked, status, problem] of cases) {
    const { status: got, error } = await asked;
    expect([got, error]).toMatchObject([status, problem]);
  }
  expect((await db.rpc("add", { a: 1, b: 2 })).data).toBe(3);
});

test("a view is read like a table, by who may; writing it is 405", async () => {
  const fame = await reports.from("fame").select("followers, shops(name)", { count: "exact" });
  expect([fame.data, fame.count]).toEqual([[{ followers: 1, shops: { name: "one" } }], 1]);
  const guest = await clientFor(nobodyYet).schema("reports").from("fame").select("*");
  expect([guest.status, guest.data]).toEqual([200, []]);
  const one = await reports.from("fame").select().eq("shop_id", shop).single();
  expect(one.data).toEqual({ shop_id: shop, followers: 1 });
  const beside = await db.from("shops").select("name, sold_out, ...fame(followers)").order("name");
  expect(beside.data).toEqual([
    { name: "one", sold_out: true, followers: 1 },
    { name: "two", sold_out: true, followers: null },
  ]);
  for (const write of [
    reports.from("fame").insert({ shop_id: shop, followers: 9 }),
    reports.from("fame").upsert({ shop_id: shop, followers: 9 }),
    reports.from("fame").update({ followers: 9 }).eq("shop_id", shop),
    reports.from("fame").delete().eq("shop_id", shop),
  ]) {
    const { status, error } = await write;
    expect([status, error]).toMatchObject([
      405,
      { code: "view_not_written", message: "'fame' is a view, which is only read" },
    ]);
  }
});

test("a computed column is asked for by name, and not written", async () => {
  const sold = await db.from("shops").select("name").is("sold_out", true).order("sold_out");
  expect(sold.data).toHaveLength(2);
  const all = await db.from("shops").select().limit(1).single();
  expect(all.data).not.toHaveProperty("sold_out");
  const { error } = await db.from("shops").update({ sold_out: false }).eq("id", shop);
  expect(error).toMatchObject({ code: "428C9", details: "It is computed from other columns." });
});
