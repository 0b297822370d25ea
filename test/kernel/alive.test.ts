// An ended session writes nothing from that moment, and reads nothing 30 seconds later.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Actor } from "../../src/kernel/actor.ts";
import { call, eq, insert, read, refused, remove, update, upsert } from "./ask.ts";
import { changesNothing, createTables, raw, type StrictDatabase, strict } from "./database.ts";
import { anna, gated, kernelOf, nobodyYet, outside, secretKey, uuids } from "./fixture.ts";

const session = "0190eeee-0000-7000-8000-0000000000a1";
const signedIn: Actor = { ...anna, session };
const start = Date.parse("2026-11-20T10:00:00Z");
let now = start;
let database: StrictDatabase;
let kernel = kernelOf();

beforeAll(async () => {
  await createTables();
  await kernel.execute(insert("shops", { id: uuids.shop, name: "s", stock: 5 }), secretKey);
});
beforeEach(async () => {
  now = start;
  await raw("delete from private__sessions");
  await raw(
    "insert into private__sessions(id, user_id, ends_at) values(?, ?, '2026-11-20T11:00:00.000Z')",
    session,
    uuids.anna,
  );
  database = strict(env.DB);
  kernel = kernelOf({ db: database.db, now: () => now, module: gated });
});

const end = () => raw("delete from private__sessions where id = ?", session);
const asked = () => database.statements.filter((s) => s.sql.includes("private__sessions")).length;

describe("reads", () => {
  test("ask in the same round trip, and once in 30 seconds", async () => {
    await kernel.execute(read("orders", { count: "exact" }), signedIn);
    expect([database.trips, asked()]).toEqual([1, 1]);
    now += 29_999;
    await kernel.execute(read("orders"), signedIn);
    expect([database.trips, asked()]).toEqual([2, 1]);
    now += 1;
    await kernel.execute(read("orders"), signedIn);
    expect([database.trips, asked()]).toEqual([3, 2]);
  });

  test("are refused within 30 seconds of the end, for good", async () => {
    await kernel.execute(read("orders"), signedIn);
    await end();
    now += 29_999;
    await kernel.execute(read("orders"), signedIn);
    now += 1;
    await refused(kernel.execute(read("orders"), signedIn), "session_not_found");
    await refused(kernel.execute(read("orders"), signedIn), "session_not_found");
    await refused(kernel.execute(call("stocked"), signedIn), "session_not_found");
    await refused(kernel.execute(call("add", { a: 1, b: 2 }), signedIn), "session_not_found");
  });

  test("know nothing of another session, nor of another isolate's answer", async () => {
    await kernel.execute(read("orders"), signedIn);
    await refused(
      kernel.execute(read("orders"), { ...signedIn, session: uuids.other }),
      "session_not_found",
    );
    await end();
    const elsewhere = kernelOf({ module: gated, now: () => now });
    await refused(elsewhere.execute(read("orders"), signedIn), "session_not_found");
  });

  test("a session ends by the clock as well", async () => {
    now = Date.parse("2026-11-20T11:00:00Z");
    await refused(kernel.execute(read("orders"), signedIn), "session_not_found");
  });

  test("a function in JavaScript asks too, in a round trip of its own when it is due", async () => {
    expect((await kernel.execute(call("add", { a: 1, b: 2 }), signedIn)).rows).toEqual(["3"]);
    await kernel.execute(call("add", { a: 1, b: 2 }), signedIn);
    expect(database.trips).toBe(1);
  });

  test("callers without a session are not asked", async () => {
    for (const actor of [nobodyYet, secretKey, anna]) await kernel.execute(read("shops"), actor);
    expect(asked()).toBe(0);
  });
});

describe("writes", () => {
  test("ask every time, in their batch, and are refused at once", async () => {
    await kernel.execute(read("orders"), signedIn);
    const { rows } = await kernel.execute(insert("orders", { note: "alive" }), signedIn);
    expect([rows.length, database.trips, asked()]).toEqual([1, 2, 2]);
    const used = { idempotency: { route: "r", key: "used", hash: "h" } };
    await kernel.execute(insert("orders", { note: "canary" }), signedIn, used);
    await end();
    const keyed = { idempotency: { route: "r", key: "k", hash: "h" } };
    outside.calls = [];
    await changesNothing(async () => {
      await refused(
        kernel.execute(insert("orders", { note: "canary" }), signedIn, used),
        "session_not_found",
      );
      for (const execution of [{}, keyed]) {
        for (const intent of [
          insert("orders", { note: "x" }),
          insert("orders", { note: "x" }, { dryRun: true }),
          upsert("tasks", { slug: "x" }, ["slug"]),
          update("orders", { note: "x" }, { where: eq("note", "alive") }),
          remove("orders", { where: eq("note", "alive") }),
          insert("sales", { shop_id: uuids.shop, quantity: 1 }),
          insert("charges", { amount: 1 }),
        ])
          await refused(kernel.execute(intent, signedIn, execution), "session_not_found");
      }
    });
    expect(outside.calls).toEqual([]);
  });

  test("what was begun outside is settled, though the session ended meanwhile", async () => {
    outside.answer = async () => {
      await end();
      return "paid";
    };
    const answer = await kernel.execute(insert("charges", { amount: 1 }), signedIn);
    expect(answer.rows).toHaveLength(1);
    expect(await raw("select state from charges")).toEqual([{ state: "paid" }]);
    outside.answer = () => "paid";
  });
});
