// What modules read and write with their own authority.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { minus, plus } from "../../../src/kernel/change.ts";
import { actorId, and, eq, everyone, gte, oneOf } from "../../../src/kernel/predicate.ts";
import { insert, refused } from "../ask.ts";
import { changesNothing, createTables, raw } from "../database.ts";
import { anna, ben, kernelOf, secretKey, uuids } from "../fixture.ts";
import { orders, sessions, shops } from "../tables.ts";

let now = Date.parse("2026-11-20T10:00:00Z");
const kernel = kernelOf({ now: () => now });
const { read, commit } = kernel.modules;
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;

beforeAll(createTables);
beforeEach(async () => {
  for (const table of ["orders", "shops"]) await raw(`delete from ${table}`);
  await kernel.execute(
    insert("shops", [
      { id: id(1), name: "Ä", stock: 5 },
      { id: id(2), name: "b", stock: 2 },
    ]),
    secretKey,
  );
  await kernel.execute(
    insert("orders", { id: id(3), gift: true, doc: { a: [1] }, user_id: uuids.anna }),
    anna,
  );
  await raw("update orders set secret = 'canary'");
});

describe("read", () => {
  test("sees hidden columns and everybody's rows, as values of their kind", async () => {
    const [orderRows, list] = await read(
      [
        { from: orders, where: everyone },
        {
          from: shops,
          where: gte("stock", 1),
          columns: ["name"],
          order: [{ column: "stock", descending: true }],
          limit: 1,
          offset: 1,
        },
      ],
      ben,
    );
    expect(orderRows?.[0]).toMatchObject({
      secret: "canary",
      gift: true,
      doc: { a: [1] },
      weight: null,
      user_id: uuids.anna,
    });
    expect(list).toEqual([{ name: "b" }]);
  });

  test("as the caller, it sees what the caller sees", async () => {
    const asCaller = (actor: typeof anna) =>
      read([{ from: orders, where: everyone, as: "caller" }], actor);
    expect(await asCaller(ben)).toEqual([[]]);
    const [[row]] = (await asCaller(anna)) as [[Record<string, unknown>]];
    expect(row).not.toHaveProperty("secret");
    expect(await read([{ from: orders, where: eq("user_id", actorId) }], ben)).toEqual([[]]);
  });
});

describe("commit", () => {
  test("makes all steps or none, and answers with the rows of each, whole", async () => {
    now += 1000;
    const steps = await commit(
      [
        { insert: shops, rows: [{ name: "new" }, { name: "newer", stock: 3 }] },
        { update: shops, set: { stock: plus(10), name: "ÖL" }, where: eq("id", id(1)) },
        { update: orders, set: { secret: "mine", doc: { b: 2 }, gift: false }, where: everyone },
        { expect: shops, where: gte("stock", 3), rows: 2, else: "out_of_stock" },
        { delete: shops, where: oneOf("id", [id(2)]) },
      ],
      ben,
    );
    expect(steps[0]).toMatchObject([
      { name: "new", stock: 0 },
      { name: "newer", stock: 3 },
    ]);
    expect(steps[1]).toMatchObject([{ name: "ÖL", stock: 15 }]);
    expect(steps[2]).toMatchObject([
      { secret: "mine", doc: { b: 2 }, gift: false, updated_at: new Date(now).toISOString() },
    ]);
    expect(steps.slice(3)).toMatchObject([[], [{ id: id(2) }]]);
    expect(await raw("select _fold_name, _v from shops where id = ?", id(1))).toEqual([
      { _fold_name: "öl", _v: 2 },
    ]);
  });

  test("upserts, reckoning from the row that is there", async () => {
    const put = () =>
      commit(
        [
          {
            insert: shops,
            rows: [{ id: id(1), name: "other", stock: 1 }],
            conflict: { on: ["id"], set: { stock: plus(1) } },
          },
        ],
        anna,
      );
    expect(await put()).toMatchObject([[{ name: "Ä", stock: 6 }]]);
    expect(await put()).toMatchObject([[{ stock: 7 }]]);
  });

  test("a guard that does not hold undoes everything, with its code", async () => {
    const first = { insert: shops, rows: [{ name: "never" }] };
    await changesNothing(async () => {
      await refused(
        commit(
          [
            first,
            {
              update: shops,
              set: { stock: minus(9) },
              where: and(eq("id", id(1)), gte("stock", 9)),
              rows: 1,
              else: "out_of_stock",
            },
          ],
          anna,
        ),
        "out_of_stock",
        { table: "shops" },
      );
      await refused(
        commit([first, { delete: shops, where: everyone, rows: 2, else: "no_such_shop" }], anna),
        "no_such_shop",
      );
      await refused(
        commit([first, { expect: orders, where: everyone, rows: 0, else: "in_flight" }], anna),
        "in_flight",
      );
    });
  });

  test("types and constraints hold for modules too", async () => {
    await changesNothing(async () => {
      await refused(commit([{ insert: shops, rows: [{ name: 5 }] }], anna), "22P02");
      await refused(commit([{ insert: shops, rows: [{}] }], anna), "23502");
      await refused(
        commit([{ update: shops, set: { stock: minus(100) }, where: everyone }], anna),
        "23514",
        { table: "shops", constraint: "shops_stock" },
      );
      await refused(
        commit([{ insert: sessions, rows: [{ user_id: uuids.anna, ends_at: "soon" }] }], anna),
        "22007",
      );
      await expect(
        commit([{ update: shops, set: { nope: 1 }, where: everyone }], anna),
      ).rejects.toThrow("shops.nope");
      await expect(
        commit([{ insert: shops, rows: [{ name: "x", nope: 1 }] }], anna),
      ).rejects.toThrow("shops.nope");
    });
  });
});
