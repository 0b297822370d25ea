// What a policy neither allows nor forbids is refused; a refusal says why, where no row matters.
import { beforeAll, beforeEach, expect, test } from "vitest";
import { problemOf } from "../../src/kernel/errors.ts";
import type { Intent } from "../../src/kernel/intent.ts";
import { eq, ignore, insert, read, refused, remove, rows, update, upsert } from "./ask.ts";
import { changesNothing, createTables, raw } from "./database.ts";
import { anna, kernelOf, nobodyYet, secretKey } from "./fixture.ts";

const kernel = kernelOf();
const id = "0190eeee-0000-7000-8000-000000000001";

beforeAll(createTables);
beforeEach(async () => {
  await raw("delete from notices");
  await kernel.execute(insert("notices", { id, slug: "a", topic: "public" }), anna);
});

const key = { idempotency: { route: "r", key: "k", hash: "h" } };
const row = (topic: unknown) => ({ slug: topic === null ? "b" : "a", topic });

test.each([null, "secret"])("neither topic %s passes a guard against secrets", async (topic) => {
  const where = eq("id", id);
  const writes: Intent[] = [
    insert("notices", { slug: "b", topic }),
    insert("notices", [{ topic: "x" }, { topic }]),
    ignore("notices", row(topic), ["slug"]),
    upsert("notices", { slug: "a", topic }, ["slug"]),
    update("notices", { topic }, { where }),
    update("notices", { topic }, { where, single: true }),
  ];
  for (const intent of writes) {
    for (const execution of [{}, key]) {
      await changesNothing(() =>
        refused(kernel.execute(intent, anna, execution), "42501", { table: "notices" }),
      );
    }
  }
  expect(await rows(kernel, update("notices", { topic: "ok" }, { where }), anna)).toHaveLength(1);
});

test("a refusal that no row could change says so", async () => {
  const denied = async (intent: Intent, actor = anna) => {
    const { message, details, hint } = problemOf(
      await refused(kernel.execute(intent, actor), "42501"),
    );
    expect(message).toContain("row-level security");
    return [details, hint];
  };
  await changesNothing(async () => {
    const reason = (text: string) => [`No policy lets ${text} rows of it.`, null];
    expect(await denied(read("suggestions"))).toEqual(reason("authenticated read"));
    expect(await denied(read("blocks"), nobodyYet)).toEqual(reason("anon read"));
    expect(await denied(insert("shops", { name: "x" }))).toEqual(reason("authenticated insert"));
    const each = eq("id", id);
    expect(await denied(update("ledger", { amount: 1 }, { where: each }))).toEqual(
      reason("authenticated update"),
    );
    expect(await denied(remove("ledger", { where: each }), secretKey)).toEqual(
      reason("service_role delete"),
    );
    expect(await denied(insert("vault", { amount: 1 }), secretKey)).toEqual(
      reason("service_role insert"),
    );
    // Rows decide here: nothing is said of them.
    expect(await denied(update("notices", { topic: "secret" }, { where: each }))).toEqual([
      null,
      null,
    ]);
  });
});

test("a guest is told to sign in where a person might", async () => {
  const hintOf = async (intent: Intent, actor = nobodyYet) =>
    problemOf(await refused(kernel.execute(intent, actor), "42501")).hint;
  const signIn = "Sign in: the caller is a guest.";
  const order = { note: "x", total: 1 };
  await changesNothing(async () => {
    expect(await hintOf(insert("orders", order))).toBe(signIn);
    expect(await hintOf(insert("orders", [order, order]))).toBe(signIn);
    expect(await hintOf(insert("shops", { name: "x" }))).toBe(null);
    // Nobody may read these, signed in or not.
    expect(await hintOf(read("blocks"))).toBe(null);
    // The row is what is wrong, whoever sends it.
    expect(await hintOf(insert("notices", { slug: "b", topic: "secret" }))).toBe(null);
    expect(await hintOf(insert("orders", { ...order, user_id: id }), anna)).toBe(null);
  });
});

test("an upsert where nobody updates says how to do without", async () => {
  await kernel.execute(insert("vault", { id, amount: 1 }), anna);
  await changesNothing(async () => {
    const merge = kernel.execute(upsert("vault", { id, amount: 2 }, ["id"]), anna);
    expect(problemOf(await refused(merge, "42501"))).toMatchObject({
      details: "No policy lets authenticated update rows of it.",
      hint: "To skip rows that exist, send resolution=ignore-duplicates.",
    });
  });
  const skip = ignore("vault", { id, amount: 2 }, ["id"]);
  expect(await rows(kernel, skip, anna)).toEqual([]);
});
