// What D1 does when it fails: a write may stand although its answer was lost (SECURITY P4).
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Intent } from "../../src/kernel/intent.ts";
import { call, eq, insert, is, read, refused, remove, rows, update, upsert } from "./ask.ts";
import {
  changesNothing,
  createTables,
  type Fault,
  lostAnswer,
  lostRequest,
  raw,
  type StrictDatabase,
  strict,
} from "./database.ts";
import { anna, kernelOf, nobodyYet, outside, secretKey, uuids } from "./fixture.ts";
import { shops } from "./tables.ts";

let database: StrictDatabase;
let kernel = kernelOf();
let keys = 0;
const key = () => ({ idempotency: { route: "r", key: `k${keys++}`, hash: "h" } });

beforeAll(createTables);
beforeEach(async () => {
  for (const table of ["orders", "tasks", "sales", "charges", "shops"])
    await raw(`delete from ${table}`);
  await kernelOf().execute(insert("shops", { id: uuids.shop, name: "s", stock: 5 }), secretKey);
  await kernelOf().execute(insert("tasks", { slug: "there" }), anna);
  database = strict(env.DB);
  kernel = kernelOf({ db: database.db });
  outside.calls = [];
  outside.answer = () => "paid";
});

/** What a write must have done exactly once, whatever was lost. */
const effects: Record<string, [intent: () => Intent, effect: string]> = {
  insert: [
    () => insert("orders", { note: "x" }, { select: ["note"] }),
    "select count(*) = 1 as ok from orders",
  ],
  upsert: [
    () => upsert("tasks", { slug: "there", stage: 4 }, ["slug"], { select: ["stage"] }),
    "select _v = 2 as ok from tasks",
  ],
  update: [
    () => update("tasks", { stage: 4 }, { where: is("id", "not_null"), select: ["stage"] }),
    "select _v = 2 as ok from tasks",
  ],
  delete: [
    () => remove("tasks", { where: eq("slug", "there"), select: ["slug"] }),
    "select count(*) = 0 as ok from tasks",
  ],
  operation: [
    () => insert("sales", { shop_id: uuids.shop, quantity: 2 }, { select: ["n"] }),
    "select stock = 3 as ok from shops",
  ],
};

describe.each(Object.entries(effects))("%s", (_, [intent, effect]) => {
  test("committed, and its answer lost: done once, and said so", async () => {
    database.faults = [lostAnswer];
    await refused(kernel.execute(intent(), anna), "answer_lost");
    expect(await raw(effect)).toEqual([{ ok: 1 }]);
  });

  test("committed with a key, and its answer lost: answered from what was kept", async () => {
    const k = key();
    database.faults = [lostAnswer];
    const answer = await kernel.execute(intent(), anna, k);
    expect(answer.replayed).toBeUndefined();
    expect(answer.rows).toHaveLength(1);
    expect(await raw(effect)).toEqual([{ ok: 1 }]);
    expect(await kernel.execute(intent(), anna, k)).toMatchObject({
      replayed: true,
      rows: answer.rows,
    });
    expect(await raw(effect)).toEqual([{ ok: 1 }]);
  });

  test.each([{}, key()])(
    "lost on its way there, twice: tried again, and done once",
    async (execution) => {
      database.faults = [lostRequest, lostRequest];
      const answer = await kernel.execute(intent(), anna, execution);
      expect(answer.rows).toHaveLength(1);
      expect(answer.replayed).toBeUndefined();
      expect(await raw(effect)).toEqual([{ ok: 1 }]);
    },
  );
});

describe("what fails", () => {
  test("three times lost on its way there: unavailable, and nothing is done", async () => {
    for (const execution of [{}, key()]) {
      database.faults = [lostRequest, lostRequest, lostRequest];
      await changesNothing(() =>
        refused(kernel.execute(insert("orders", { note: "x" }), anna, execution), "unavailable"),
      );
    }
  });

  test("a retry that is refused is refused", async () => {
    database.faults = [lostRequest];
    await changesNothing(() =>
      refused(kernel.execute(insert("tasks", { slug: "there" }), anna), "23505"),
    );
  });

  test.each([
    "D1_ERROR: database is locked: SQLITE_BUSY",
    "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
    "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
  ])("%s: unavailable at once", async (message) => {
    const fault: Fault = { when: "before", message };
    database.faults = [fault];
    await changesNothing(() =>
      refused(kernel.execute(insert("orders", { note: "x" }), anna), "unavailable"),
    );
    expect(database.statements.filter((s) => s.sql.includes("insert into _tx"))).toHaveLength(1);
    database.down = message;
    await refused(kernel.execute(read("shops"), nobodyYet), "unavailable");
    await refused(kernel.execute(call("stocked"), anna), "unavailable");
    await refused(
      kernel.execute(insert("sales", { shop_id: uuids.shop, quantity: 1 }), anna),
      "unavailable",
    );
    await expect(kernel.ping()).rejects.toThrow();
  });

  test("an error nobody knows is no refusal: nothing is promised about it", async () => {
    database.down = "D1_ERROR: canary";
    await expect(kernel.execute(read("shops"), anna)).rejects.toThrow("D1_ERROR: canary");
  });

  test("a table that was not migrated is said so, by the real database", async () => {
    await raw("alter table badges rename to elsewhere");
    await raw("alter table shelves rename column letter_id to other_id");
    await refused(kernel.execute(read("badges"), anna), "not_migrated");
    await refused(kernel.execute(read("shelves"), anna), "not_migrated");
    await refused(kernel.execute(insert("shelves", {}), secretKey), "not_migrated");
    await raw("alter table elsewhere rename to badges");
    await raw("alter table shelves rename column other_id to letter_id");
  });

  test("a bookmark that D1 does not take is read without, in one more trip", async () => {
    await kernel.execute(read("shops"), anna, { bookmark: "0-0" });
    expect(database.sessions).toEqual(["0-0"]);
    database.badBookmark = "dead-beef";
    const found = await rows(kernel, read("shops"), anna, { bookmark: "dead-beef" });
    expect(found).toHaveLength(1);
    expect(database.sessions).toEqual(["0-0", "dead-beef", "first-primary"]);
    database.down = "D1_ERROR: no bookmark helps";
    await expect(kernel.execute(read("shops"), anna)).rejects.toThrow("no bookmark helps");
    expect(database.sessions).toHaveLength(4);
  });

  test("a module's own commit", async () => {
    const change = [{ insert: shops, rows: [{ name: "by module" }] }];
    database.faults = [lostAnswer];
    await refused(kernel.modules.commit(change, secretKey), "answer_lost");
    database.faults = [lostRequest];
    expect(await kernel.modules.commit(change, secretKey)).toMatchObject([
      [{ name: "by module", stock: 0 }],
    ]);
    expect(await raw("select name from shops where name = 'by module'")).toHaveLength(2);
  });
});

describe("around a call of the world outside", () => {
  const charge = () => insert("charges", { amount: 5 }, { select: ["state"] });

  test("the pending row's answer lost: the call is made all the same", async () => {
    for (const execution of [{}, key()]) {
      database.faults = [lostAnswer];
      expect((await kernel.execute(charge(), anna, execution)).rows).toEqual(['{"state":"paid"}']);
    }
    expect(outside.calls).toHaveLength(2);
    expect(await raw("select state, count(*) as n from charges group by state")).toEqual([
      { state: "paid", n: 2 },
    ]);
  });

  test("the settlement's answer lost: settled once, and the answer found by its key", async () => {
    const k = key();
    outside.answer = () => {
      database.faults = [lostAnswer];
      return "paid";
    };
    expect((await kernel.execute(charge(), anna, k)).rows).toEqual(['{"state":"paid"}']);
    expect(await kernel.execute(charge(), anna, k)).toMatchObject({
      replayed: true,
      rows: ['{"state":"paid"}'],
    });
    expect((await kernel.execute(charge(), anna)).rows).toEqual(['{"state":"paid"}']);
    expect(outside.calls).toHaveLength(2);
    expect(await raw("select _v, state from charges")).toEqual([
      { _v: 2, state: "paid" },
      { _v: 2, state: "paid" },
    ]);
  });
});

describe("where it reads and writes", () => {
  test("guests at any replica, others at the primary, or at the bookmark they bring", async () => {
    const { bookmark = "" } = await kernel.execute(insert("orders", { note: "x" }), anna);
    expect(bookmark).toMatch(/^[0-9a-f-]+$/);
    database.sessions = [];
    await kernel.execute(read("shops"), nobodyYet);
    await kernel.execute(read("shops"), anna);
    await kernel.execute(read("shops"), secretKey);
    expect(await rows(kernel, read("orders", { select: ["note"] }), anna, { bookmark })).toEqual([
      { note: "x" },
    ]);
    await kernel.execute(insert("suggestions", { body: "x" }), nobodyYet);
    expect(database.sessions).toEqual([
      "first-unconstrained",
      "first-primary",
      "first-primary",
      bookmark,
      "first-primary",
    ]);
  });

  test("a write of more statements than D1 takes is refused before it is sent", async () => {
    const many = Array.from({ length: 901 }, (_, i) => ({
      insert: shops,
      rows: [{ name: `many ${i}` }],
    }));
    await changesNothing(() =>
      refused(kernel.modules.commit(many, secretKey), "statement_too_large"),
    );
    expect(await kernel.modules.commit(many.slice(1), secretKey)).toHaveLength(900);
  });
});
