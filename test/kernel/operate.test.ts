import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { guest } from "../../src/kernel/actor.ts";
import { embed, eq, ignore, insert, read, refused, rows, update, upsert } from "./ask.ts";
import { changesNothing, createTables, raw, strict } from "./database.ts";
import { anna, ben, kernelOf, nobodyYet, outside, secretKey, uuids } from "./fixture.ts";

const kernel = kernelOf();
const shop = uuids.shop;
const keyed = (key: string, hash = "h") => ({ idempotency: { route: "POST /charges", key, hash } });

beforeAll(createTables);
beforeEach(async () => {
  for (const table of ["sales", "charges", "shops"]) await raw(`delete from ${table}`);
  await kernel.execute(
    insert("shops", [
      { id: shop, name: "one", stock: 10 },
      { id: uuids.other, name: "two", stock: 1 },
    ]),
    secretKey,
  );
  outside.calls = [];
  outside.answer = () => "paid";
});

const stock = async () =>
  (await raw<{ stock: number }>("select stock from shops where id = ?", shop))[0]?.stock;

describe("an operation", () => {
  test("writes the row and all that it means, and answers about the row", async () => {
    const answer = await kernel.execute(
      insert(
        "sales",
        { shop_id: shop, quantity: 3 },
        { select: ["n", "user_id", embed("shops", { select: ["name", "stock"] })] },
      ),
      anna,
    );
    expect(answer).toMatchObject({ created: true, version: 1 });
    expect(JSON.parse(answer.rows[0] ?? "")).toEqual({
      n: 3,
      user_id: uuids.anna,
      shops: { name: "one", stock: 7 },
    });
    expect(await raw("select stock, _v from shops where id = ?", shop)).toEqual([
      { stock: 7, _v: 2 },
    ]);
  });

  test("n rows are n decisions in one batch, all or none", async () => {
    const three = [
      { shop_id: shop, quantity: 4 },
      { shop_id: uuids.other, quantity: 1 },
      { shop_id: shop, quantity: 6 },
    ];
    expect(
      await rows(kernel, insert("sales", three, { select: ["n"], count: "exact" }), anna),
    ).toEqual([{ n: 4 }, { n: 1 }, { n: 6 }]);
    expect(await stock()).toBe(0);
    await raw("update shops set stock = 10");
    expect(
      await rows(
        kernel,
        insert("sales", three, { select: ["n"], order: ["n.desc"], limit: 2 }),
        anna,
      ),
    ).toEqual([{ n: 6 }, { n: 4 }]);
    await raw("update shops set stock = 9");
    await changesNothing(() =>
      refused(kernel.execute(insert("sales", three), anna), "out_of_stock"),
    );
  });

  test("two hundred at once with ten in stock: exactly ten", async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 200 }, () =>
        kernel.execute(
          insert("sales", { shop_id: shop, quantity: 1 }, { answer: "minimal" }),
          anna,
        ),
      ),
    );
    expect(all.filter((r) => r.status === "fulfilled")).toHaveLength(10);
    const codes = all.flatMap((r) => (r.status === "rejected" ? [r.reason.code] : []));
    expect(new Set(codes)).toEqual(new Set(["out_of_stock"]));
    expect(await stock()).toBe(0);
    expect(await raw("select count(*) as n from sales")).toEqual([{ n: 10 }]);
  });

  test("the caller's insert policy is asked about the row that was decided", async () => {
    await changesNothing(async () => {
      await refused(
        kernel.execute(insert("sales", { shop_id: shop, quantity: 0 }), anna),
        "42501",
        { table: "sales", row: "0" },
      );
      await refused(
        kernel.execute(insert("sales", { shop_id: shop, quantity: 1 }), nobodyYet),
        "42501",
      );
    });
  });

  test("inputs are parsed, columns keep their rules, and unknown names are refused", async () => {
    await changesNothing(async () => {
      await refused(
        kernel.execute(insert("sales", { shop_id: shop, quantity: "2" }), anna),
        "22P02",
      );
      await refused(kernel.execute(insert("sales", { shop_id: shop }), anna), "22P02");
      await refused(kernel.execute(insert("sales", { shop_id: "x", quantity: 1 }), anna), "22P02");
      await refused(
        kernel.execute(insert("sales", { shop_id: shop, quantity: 1, n: 5 }), anna),
        "428C9",
        { table: "sales", column: "n", rule: "filled by the server" },
      );
      await refused(
        kernel.execute(insert("sales", { shop_id: shop, quantity: 1, nope: 5 }), anna),
        "PGRST204",
      );
      await refused(
        kernel.execute(
          insert(
            "sales",
            { shop_id: shop, quantity: 1 },
            { columns: ["shop_id", "quantity", "nope"] },
          ),
          anna,
        ),
        "PGRST204",
      );
      await refused(
        kernel.execute(insert("sales", { shop_id: uuids.anna, quantity: 1 }), anna),
        "no_such_shop",
      );
      await refused(
        kernel.execute(
          insert("sales", { shop_id: shop, quantity: 1 }, { select: ["quantity"] }),
          anna,
        ),
        "42703",
      );
    });
  });

  test("it is the only way in: upserts are refused, and updates have no policy", async () => {
    await changesNothing(async () => {
      const row = { shop_id: shop, quantity: 1 };
      for (const intent of [upsert("sales", row, ["id"]), ignore("sales", row, ["id"])])
        await refused(kernel.execute(intent, secretKey), "operation_only");
      await refused(
        kernel.execute(update("sales", { memo: "x" }, { where: eq("shop_id", shop) }), anna),
        "42501",
      );
    });
  });

  test("a dry run decides, and changes nothing", async () => {
    await changesNothing(async () => {
      expect(
        await rows(
          kernel,
          insert(
            "sales",
            { shop_id: shop, quantity: 2 },
            { select: ["n", embed("shops", { select: ["stock"] })], dryRun: true },
          ),
          anna,
        ),
      ).toEqual([{ n: 2, shops: { stock: 8 } }]);
      await refused(
        kernel.execute(insert("sales", { shop_id: shop, quantity: 99 }, { dryRun: true }), anna),
        "out_of_stock",
      );
      await refused(
        kernel.execute(insert("charges", { amount: 1 }, { dryRun: true }), anna),
        "dry_run_not_offered",
      );
    });
    expect(outside.calls).toEqual([]);
  });

  test("more rows than two hundred are refused before anything is read", async () => {
    const counted = strict(env.DB);
    const counting = kernelOf({ db: counted.db });
    const many = Array.from({ length: 201 }, () => ({ shop_id: shop, quantity: 1 }));
    await changesNothing(() =>
      refused(counting.execute(insert("sales", many), anna), "too_many_rows", {
        table: "sales",
        max: 200,
      }),
    );
    expect(counted.trips).toBe(0);
    await raw("update shops set stock = 200");
    await counting.execute(insert("sales", many.slice(1)), anna);
    expect(await stock()).toBe(0);
  });

  test("takes two round trips, and one to read none", async () => {
    const counted = strict(env.DB);
    const counting = kernelOf({ db: counted.db });
    await counting.execute(
      insert("sales", [
        { shop_id: shop, quantity: 1 },
        { shop_id: shop, quantity: 1 },
      ]),
      anna,
    );
    expect(counted.trips).toBe(2);
    await counting.execute(insert("charges", { amount: 1 }), anna);
    expect(counted.trips).toBe(4);
  });
});

describe("the world outside", () => {
  test("is called after the row is there, and what it says is settled", async () => {
    let pending: unknown;
    outside.answer = async () => {
      pending = await raw("select state, user_id from charges");
      return "paid";
    };
    const answer = await kernel.execute(
      insert("charges", { amount: 5 }, { select: ["amount", "state"] }),
      anna,
    );
    expect(pending).toEqual([{ state: "pending", user_id: uuids.anna }]);
    expect(answer.rows).toEqual(['{"amount":5,"state":"paid"}']);
    expect(outside.calls).toHaveLength(1);
  });

  test("may refuse: that is settled too, for each row by itself", async () => {
    outside.answer = (row) => (Number(row.amount) > 5 ? "declined" : "paid");
    const found = await rows(
      kernel,
      insert("charges", [{ amount: 5 }, { amount: 6 }], { select: ["amount", "state"] }),
      anna,
    );
    expect(found).toEqual([
      { amount: 5, state: "paid" },
      { amount: 6, state: "declined" },
    ]);
    expect(await rows(kernel, read("charges"), ben)).toEqual([]);
  });

  test("is never called for what the policy refuses", async () => {
    await changesNothing(() =>
      refused(kernel.execute(insert("charges", { amount: 5 }), guest("x")), "42501"),
    );
    expect(outside.calls).toEqual([]);
  });

  test("is called once for a key: in flight meanwhile, replayed afterwards", async () => {
    let answered: (answer: string) => void = () => {};
    outside.answer = () =>
      new Promise((resolve) => {
        answered = resolve;
      });
    const charge = () =>
      kernel.execute(insert("charges", { amount: 5 }, { select: ["state"] }), anna, keyed("once"));
    const first = charge();
    while (outside.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await refused(charge(), "in_flight");
    await refused(
      kernel.execute(insert("charges", { amount: 6 }), anna, keyed("once", "other")),
      "idempotency_key_reused",
    );
    answered("paid");
    expect((await first).rows).toEqual(['{"state":"paid"}']);
    expect(await charge()).toMatchObject({
      rows: ['{"state":"paid"}'],
      replayed: true,
      created: true,
    });
    expect(outside.calls).toHaveLength(1);
    expect(await raw("select state from charges")).toEqual([{ state: "paid" }]);
  });

  test("has acted, so that even an answer too large to keep is settled and kept", async () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ amount: i }));
    const select = Array.from({ length: 80 }, (_, i) => ({
      field: { column: "id" },
      alias: `a${"x".repeat(60)}${i}`,
    }));
    const answer = await kernel.execute(insert("charges", many, { select }), anna, keyed("large"));
    expect(answer.rows).toHaveLength(60);
    expect(answer.rows.join().length).toBeGreaterThan(262_144);
    expect(await raw("select state, count(*) as n from charges group by state")).toEqual([
      { state: "paid", n: 60 },
    ]);
    expect(
      (await kernel.execute(insert("charges", many, { select }), anna, keyed("large"))).replayed,
    ).toBe(true);
  });
});
