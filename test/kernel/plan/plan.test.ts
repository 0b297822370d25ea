// Plans by shape, functions, and the round trips of every kind of intent.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { problemOf } from "../../../src/kernel/errors.ts";
import type { Execution } from "../../../src/kernel/execute.ts";
import type { Intent, Shape } from "../../../src/kernel/intent.ts";
import { createPlanner } from "../../../src/kernel/plan/plan.ts";
import { createSchema } from "../../../src/kernel/schema.ts";
import {
  among,
  any,
  call,
  embed,
  eq,
  field,
  ignore,
  ilike,
  insert,
  is,
  read,
  refused,
  remove,
  rows,
  update,
  upsert,
} from "../ask.ts";
import { changesNothing, createTables, raw, strict } from "../database.ts";
import { anna, ben, fixture, gated, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";

const kernel = kernelOf();
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;

beforeAll(async () => {
  await createTables();
  await kernel.execute(
    insert("shops", [
      { id: id(1), name: "Älpha", stock: 3 },
      { id: id(2), name: "beta", stock: 0 },
      { id: id(3), name: "Gamma", stock: 5 },
    ]),
    secretKey,
  );
  await kernel.execute(insert("keepers", { shop_id: id(1), user_id: uuids.anna }), secretKey);
});

describe("plans are kept by shape", () => {
  const planner = createPlanner(createSchema([fixture]));
  const misses = (...shapes: [Shape, Parameters<typeof planner.plan>[1], boolean][]) => {
    const before = planner.misses;
    for (const shape of shapes) planner.plan(...shape);
    return planner.misses - before;
  };

  test("the same question about other values, or other rows, is one plan", () => {
    const same = [
      read("orders", { where: eq("note", "a"), limit: 1 }),
      read("orders", { where: eq("note", "b"), limit: 99 }),
    ];
    expect(
      misses(
        ...same.map(
          ({ shape }) => [shape, "authenticated", false] as [Shape, "authenticated", boolean],
        ),
      ),
    ).toBe(1);
    const inserts = [[{ note: "a" }], [{ note: "b" }, { note: "c" }]].map(
      (list) => insert("orders", list).shape,
    );
    expect(
      misses(...inserts.map((shape) => [shape, "anon", false] as [Shape, "anon", boolean])),
    ).toBe(1);
    const lists = [3, 4].map(
      (n) => read("orders", { where: among("note", Array.from({ length: n }, String)) }).shape,
    );
    expect(
      misses(...lists.map((shape) => [shape, "anon", false] as [Shape, "anon", boolean])),
    ).toBe(1);
    const long = [5, 500].map(
      (n) => read("orders", { where: among("note", Array.from({ length: n }, String)) }).shape,
    );
    expect(misses(...long.map((shape) => [shape, "anon", false] as [Shape, "anon", boolean]))).toBe(
      1,
    );
    const sales = [1, 2].map((n) => insert("sales", { shop_id: id(n), quantity: n }).shape);
    expect(
      misses(...sales.map((shape) => [shape, "anon", false] as [Shape, "anon", boolean])),
    ).toBe(1);
  });

  test("another role, another table, another column or a kept answer is another", () => {
    const { shape } = read("shops", { where: eq("name", "a") });
    const written = insert("orders", { total: 1 }).shape;
    expect(
      misses(
        [shape, "anon", false],
        [shape, "authenticated", false],
        [shape, "service_role", false],
      ),
    ).toBe(3);
    expect(
      misses(
        [read("shops", { where: eq("id", "a") }).shape, "anon", false],
        [read("wide").shape, "anon", false],
      ),
    ).toBe(2);
    expect(misses([written, "anon", false], [written, "anon", true])).toBe(2);
  });

  test("the least recently used go first", () => {
    const shapeOf = (n: number) =>
      read("shops", { select: [field("id", { alias: `a${n}` })] }).shape;
    const kept: [Shape, "anon", boolean] = [shapeOf(0), "anon", false];
    misses(kept);
    for (let i = 1; i <= 499; i++) misses([shapeOf(i), "anon", false]);
    expect(misses(kept)).toBe(0);
    for (let i = 500; i <= 520; i++) misses([shapeOf(i), "anon", false]);
    expect(misses(kept)).toBe(0);
    expect(misses([shapeOf(1), "anon", false])).toBe(1);
  });

  test("a refusal is not kept", () => {
    const { shape } = read("shops", { select: ["nope"] });
    for (let i = 0; i < 2; i++) expect(() => planner.plan(shape, "anon", false)).toThrow();
  });

  test("a plan serves its values alone: one caller's never reach another", async () => {
    const mine = insert("orders", { note: "canary of anna" }, { select: ["note"] });
    await kernel.execute(mine, anna);
    const all = read("orders", { select: ["note"] });
    expect(await rows(kernel, all, anna)).toEqual([{ note: "canary of anna" }]);
    expect(await rows(kernel, all, ben)).toEqual([]);
    expect(await rows(kernel, all, nobodyYet)).toEqual([]);
    await raw("delete from orders");
  });
});

describe("functions that answer with rows", () => {
  test("take arguments, typed and by default, and compose with the whole query", async () => {
    const names = async (args: Record<string, unknown>, asking = {}) =>
      (
        await rows(
          kernel,
          call("stocked", args, { select: ["name"], order: ["name"], ...asking }),
          nobodyYet,
        )
      ).map((r) => r.name);
    expect(await names({})).toEqual(["Gamma", "Älpha"]);
    expect(await names({ least: "4" })).toEqual(["Gamma"]);
    expect(await names({ least: 0 }, { where: ilike("name", "äl%") })).toEqual(["Älpha"]);
    expect(
      await names(
        { least: 0 },
        { order: [{ field: { column: "twice" }, descending: true }], limit: 1, offset: 1 },
      ),
    ).toEqual(["Älpha"]);
    expect(await names({ least: 0 }, { where: any(eq("twice", "10"), eq("stock", "0")) })).toEqual([
      "Gamma",
      "beta",
    ]);
    const answer = await kernel.execute(
      call("stocked", { least: 0 }, { limit: 1, count: "exact" }),
      anna,
    );
    expect(answer).toMatchObject({ total: 3, rows: { length: 1 } });
    expect(Object.keys(JSON.parse(answer.rows[0] ?? ""))).toEqual([
      "id",
      "name",
      "stock",
      "opened",
      "twice",
    ]);
  });

  test("embed as their table does, under its policy and the callers'", async () => {
    const embedding = call(
      "stocked",
      {},
      { select: ["name", embed("keepers", { select: ["user_id"] })], order: ["name"] },
    );
    expect(await rows(kernel, embedding, anna)).toEqual([
      { name: "Gamma", keepers: [] },
      { name: "Älpha", keepers: [{ user_id: uuids.anna }] },
    ]);
    expect((await rows(kernel, embedding, ben)).map((r) => r.keepers)).toEqual([[], []]);
  });

  test("of no table: their own columns, and no relationships", async () => {
    const list = ["b", "ä", "'"];
    expect(await rows(kernel, call("items", { list }, { order: ["item"] }), nobodyYet)).toEqual([
      { item: "'" },
      { item: "b" },
      { item: "ä" },
    ]);
    await refused(
      kernel.execute(call("items", { list }, { select: [embed("shops")] }), anna),
      "PGRST200",
    );
    await refused(kernel.execute(call("items", { list }, { select: ["nope"] }), anna), "42703", {
      table: "items",
      column: "nope",
    });
    await refused(kernel.execute(call("items", { list }, { single: true }), anna), "PGRST116", {
      count: 3,
    });
  });

  test("refuse what they cannot read, and what they prepare may refuse", async () => {
    await refused(kernel.execute(call("stocked", { least: "many" }), anna), "22P02");
    await refused(kernel.execute(call("stocked", { least: -1 }), anna), "22003");
  });
});

describe("functions that answer with a value", () => {
  test("give it, and take no filter", async () => {
    expect(await kernel.execute(call("add", { a: "2", b: 3 }), nobodyYet)).toEqual({
      rows: ["5"],
      scalar: true,
    });
    await refused(
      kernel.execute(call("add", { a: 1, b: 2 }, { where: eq("x", "1") }), anna),
      "PGRST127",
    );
    await refused(kernel.execute(call("add", { a: 1, b: 2 }, { order: ["x"] }), anna), "PGRST127");
    await refused(kernel.execute(call("add", { a: "x", b: 2 }), anna), "22P02");
  });

  test("are known by name and by the names of what they take", async () => {
    const hint = async (name: string, args: Record<string, unknown>) =>
      problemOf(await refused(kernel.execute(call(name, args), anna), "PGRST202")).hint;
    expect(await hint("ad", { a: 1 })).toBe("Perhaps you meant 'add'");
    expect(await hint("something_else", {})).toBeNull();
    expect(await hint("add", { a: 1 })).toBe("It is add(a: integer, b: integer)");
    expect(await hint("stocked", { most: 1 })).toBe("It is stocked(least?: integer)");
    expect(await hint("add", { a: 1, b: 2, constructor: 3 })).toBe(
      "It is add(a: integer, b: integer)",
    );
    expect(kernel.functionParams("add")).toEqual(["a", "b"]);
    expect(kernel.functionParams("nope")).toBeUndefined();
  });
});

describe("round trips", () => {
  const keyed: Execution = { idempotency: { route: "r", key: "trips", hash: "h" } };
  const each = is("id", "not_null");
  const dry = { dryRun: true };
  const nested = embed("lines", {
    select: ["id", embed("orders", { select: ["id"] })],
  });
  const trips: [string, Intent, number, Execution?][] = [
    ["read", read("orders"), 1],
    [
      "read with embeds, filters, orders",
      read("orders", {
        select: ["*", nested],
        where: any(each, is("note", "null")),
        order: ["note"],
        limit: 3,
        offset: 1,
      }),
      1,
    ],
    ["read with a count", read("orders", { count: "exact", limit: 1 }), 1],
    [
      "read of many values",
      read("orders", { where: among("note", Array.from({ length: 500 }, String)) }),
      1,
    ],
    ["relation function", call("stocked", { least: 1 }, { count: "exact" }), 1],
    ["scalar function", call("add", { a: 1, b: 2 }), 0],
    ["insert", insert("orders", { id: id(1), note: "x" }), 1],
    ["insert, minimal", insert("orders", { note: "x" }, { answer: "minimal" }), 1],
    [
      "insert of many, with embeds",
      insert(
        "orders",
        Array.from({ length: 200 }, () => ({ note: "x" })),
        { select: ["*", embed("lines")] },
      ),
      1,
    ],
    ["insert with a key", insert("orders", { note: "x" }), 1, keyed],
    [
      "the same again: one to try, one to read the answer",
      insert("orders", { note: "x" }),
      2,
      keyed,
    ],
    ["insert, single", insert("orders", { note: "x" }, { single: true }), 1],
    ["upsert", upsert("orders", [{ id: id(1), note: "y" }], ["id"], { count: "exact" }), 1],
    [
      "upsert with a version",
      upsert("orders", [{ id: id(1), note: "y" }], ["id"], { ifMatch: 2 }),
      1,
    ],
    ["insert ignoring", ignore("orders", [{ id: id(1), note: "y" }], ["id"]), 1],
    [
      "update",
      update(
        "orders",
        { note: "z" },
        { where: each, select: ["id", embed("lines")], order: ["id"] },
      ),
      1,
    ],
    [
      "update with everything that must hold",
      update(
        "orders",
        { note: "z" },
        { where: eq("id", id(1)), ifMatch: 4, maxAffected: 5, single: true },
      ),
      1,
    ],
    ["dry run", update("orders", { note: "z" }, { where: each, ...dry }), 1],
    ["delete", remove("orders", { where: eq("id", id(1)), count: "exact" }), 1],
    [
      "operation",
      insert("sales", [
        { shop_id: id(1), quantity: 1 },
        { shop_id: id(3), quantity: 1 },
      ]),
      2,
    ],
    [
      "operation with a key",
      insert("sales", { shop_id: id(1), quantity: 1 }),
      2,
      { idempotency: { route: "r", key: "sale", hash: "h" } },
    ],
    ["operation that calls out", insert("charges", { amount: 1 }), 2],
  ];

  test("a read is one, a write one batch, an operation one more, a call one more", async () => {
    for (const module of [fixture, gated]) {
      await raw("delete from orders");
      await raw("update _tx set key = null");
      await raw("update shops set stock = 100");
      await raw(
        `insert into private__sessions(id, user_id, ends_at) values(?, ?, '9999-01-01')
         on conflict do nothing`,
        uuids.other,
        uuids.anna,
      );
      const counted = strict(env.DB);
      const counting = kernelOf({ db: counted.db, module });
      const actor = { ...anna, session: module === gated ? uuids.other : null };
      const found: [string, number][] = [];
      await counting.execute(read("shops"), actor); // asks whether the session lives
      for (const [name, intent, , execution] of trips) {
        const before = counted.trips;
        await counting.execute(intent, actor, execution);
        found.push([name, counted.trips - before]);
      }
      expect(found).toEqual(trips.map(([name, , n]) => [name, n]));
    }
  });

  test("what the plan refuses costs none", async () => {
    const counted = strict(env.DB);
    const counting = kernelOf({ db: counted.db });
    await changesNothing(async () => {
      await refused(counting.execute(read("orders", { select: ["nope"] }), anna), "42703");
      await refused(counting.execute(insert("orders", { total: "x" }), anna), "22P02");
      await refused(counting.execute(insert("orders", { nope: 1 }), anna), "PGRST204");
      await refused(counting.execute(remove("badges", { where: each }), anna), "42501");
      await refused(
        counting.execute(insert("sales", { shop_id: id(1), quantity: "x" }), anna),
        "22P02",
      );
    });
    expect(counted.trips).toBe(0);
  });

  test("a module's queries are one, its change is one", async () => {
    const counted = strict(env.DB);
    const { modules } = kernelOf({ db: counted.db });
    await modules.read(
      [
        {
          from: fixture.tables?.[2] ?? expect.unreachable(),
          where: { kind: "constant", value: true },
        },
        {
          from: fixture.tables?.[0] ?? expect.unreachable(),
          where: { kind: "constant", value: true },
          as: "caller",
        },
      ],
      anna,
    );
    expect(counted.trips).toBe(1);
  });
});
