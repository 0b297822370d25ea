// One policy, for every verb and every kind of caller; each refusal leaves everything as it was.
import { beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../src/kernel/actor.ts";
import { problemOf } from "../../src/kernel/errors.ts";
import type { Intent } from "../../src/kernel/intent.ts";
import {
  embed,
  eq,
  ignore,
  insert,
  is,
  read,
  refused,
  remove,
  rows,
  update,
  upsert,
} from "./ask.ts";
import { changesNothing, createTables, raw } from "./database.ts";
import { anna, ben, kernelOf, nobodyYet, secretKey, uuids } from "./fixture.ts";

const kernel = kernelOf();
const own = "0190eeee-0000-7000-8000-000000000001";
const parentless = "0190eeee-0000-7000-8000-0000000000ff";
const shop = (n: number) => `0190ffff-0000-7000-8000-00000000000${n}`;
const callers = { guest: nobodyYet, owner: anna, stranger: ben, service: secretKey };
const names = Object.keys(callers) as (keyof typeof callers)[];
const each = is("id", "not_null");

beforeAll(async () => {
  await createTables();
  const put = (table: string, list: Record<string, unknown>[]) =>
    kernel.execute(insert(table, list, { answer: "minimal" }), secretKey);
  await put("orders", [{ id: own, user_id: uuids.anna, note: "canary" }]);
  await put("lines", [{ order_id: own, name: "canary-line" }]);
  await put("shops", [
    { id: shop(1), name: "one" },
    { id: shop(2), name: "two" },
  ]);
  await put("keepers", [{ shop_id: shop(1), user_id: uuids.anna }]);
  await put("tasks", [
    { owner_id: uuids.anna, reviewer_id: uuids.ben, slug: "shared" },
    { owner_id: uuids.anna, slug: "canary-task" },
  ]);
  await raw("insert into ledger(id, amount) values('l1', 1)");
  await raw("insert into vault(id, amount) values('v1', 1)");
});

/** `rows`: so many; a code: refused with it. */
type Outcome = number | string;
const outcome = async (intent: Intent, actor: Actor): Promise<Outcome> =>
  kernel.execute(intent, actor).then(
    (a) => a.rows.length,
    (e) => e.code,
  );

/** Dry, so that every caller finds the same world; what they may do to it is told all the same. */
const dry = { dryRun: true } as const;
const matrix: Record<
  string,
  [intent: Intent, guest: Outcome, owner: Outcome, stranger: Outcome, service: Outcome]
> = {
  "own: select": [read("orders"), 0, 1, 0, 1],
  "own: insert as oneself": [insert("orders", { note: "x" }, dry), "42501", 1, 1, "23502"],
  "own: insert as the owner": [
    insert("orders", { user_id: uuids.anna }, dry),
    "42501",
    1,
    "42501",
    1,
  ],
  "own: update": [update("orders", { note: "x" }, { where: each, ...dry }), 0, 1, 0, 1],
  "own: delete": [remove("orders", { where: each, ...dry }), 0, 1, 0, 1],
  "via: select": [read("lines"), 0, 1, 0, 1],
  "via: insert": [insert("lines", { order_id: own, name: "new" }, dry), "42501", 1, "42501", 1],
  "via: insert below nothing": [
    insert("lines", { order_id: parentless, name: "new" }, dry),
    "42501",
    "42501",
    "42501",
    "23503",
  ],
  "via: update": [update("lines", { n: 2 }, { where: each, ...dry }), 0, 1, 0, 1],
  "via: delete": [remove("lines", { where: each, ...dry }), 0, 1, 0, 1],
  "member: select of all": [read("shops"), 2, 2, 2, 2],
  "member: update": [update("shops", { name: "x" }, { where: each, ...dry }), 0, 1, 0, 2],
  "member: update of one": [
    update("shops", { name: "x" }, { where: eq("id", shop(1)), ...dry }),
    0,
    1,
    0,
    1,
  ],
  "member of its own table: select": [read("keepers"), 0, 1, 0, 1],
  "no policy: insert": [insert("shops", { name: "x" }, dry), "42501", "42501", "42501", 1],
  "no policy: delete": [remove("badges", { where: each, ...dry }), "42501", "42501", "42501", 0],
  "no policy: select": [read("suggestions"), "42501", "42501", "42501", 0],
  "no policy: update": [
    update("suggestions", { body: "x" }, { where: each, ...dry }),
    "42501",
    "42501",
    "42501",
    0,
  ],
  "no policy: embedded": [read("badges", { select: [embed("shops")] }), 0, 0, 0, 0],
  "signed in: select": [read("badges"), 0, 0, 0, 0],
  "or: select": [read("tasks"), 0, 2, 1, 2],
  "or: update by who only sees": [
    update("tasks", { stage: 2 }, { where: eq("slug", "shared"), ...dry }),
    0,
    1,
    0,
    1,
  ],
  "service read: select": [read("ledger"), 1, 1, 1, 1],
  "service read: insert": [
    insert("ledger", { amount: 1 }, dry),
    "42501",
    "42501",
    "42501",
    "42501",
  ],
  "service none: select": [read("vault"), 1, 1, 1, "42501"],
  "service none: insert": [insert("vault", { amount: 1 }, dry), 1, 1, 1, "42501"],
};

describe("the matrix", () => {
  test.each(Object.entries(matrix))("%s", async (_, [intent, ...expected]) => {
    await changesNothing(async () => {
      const found: Outcome[] = [];
      for (const name of names) found.push(await outcome(intent, callers[name]));
      expect(Object.fromEntries(names.map((n, i) => [n, found[i]]))).toEqual(
        Object.fromEntries(names.map((n, i) => [n, expected[i]])),
      );
    });
  });
});

describe("a row one may not see", () => {
  test("is as one that does not exist, to every write, in the same words", async () => {
    const asked = (id: string): Intent[] => [
      read("orders", { where: eq("id", id) }),
      read("orders", { where: eq("id", id), single: true }),
      update("orders", { note: "x" }, { where: eq("id", id) }),
      update("orders", { note: "x" }, { where: eq("id", id), single: true }),
      update("orders", { note: "x" }, { where: eq("id", id), ifMatch: 1 }),
      update("orders", { note: "x" }, { where: eq("id", id), maxAffected: 0 }),
      remove("orders", { where: eq("id", id), count: "exact" }),
      insert("lines", { order_id: id, name: "x" }),
      upsert("orders", { id, note: "x" }, ["id"], { ifMatch: 1 }),
    ];
    const said = (intent: Intent) =>
      kernel.execute(intent, ben).then(
        (a) => ({ ...a, bookmark: "" }),
        (e) => problemOf(e),
      );
    const [hidden, absent] = [asked(own), asked(parentless)];
    const before = await raw("select * from orders");
    for (const [i, intent] of hidden.entries())
      expect(await said(intent)).toEqual(await said(absent[i] as Intent));
    expect(await raw("select * from orders")).toEqual(before);
  });

  test("shows in no filter, order, count or constraint", async () => {
    expect(
      (await kernel.execute(read("orders", { count: "exact", where: eq("note", "canary") }), ben))
        .total,
    ).toBe(0);
    await changesNothing(async () => {
      // Both the unique slug and the foreign key would tell; the policy speaks first.
      await refused(
        kernel.execute(insert("tasks", { owner_id: uuids.anna, slug: "canary-task" }), ben),
        "42501",
      );
      await refused(
        kernel.execute(insert("tasks", { owner_id: uuids.anna, slug: "no-such-task" }), ben),
        "42501",
      );
      await refused(
        kernel.execute(insert("lines", { order_id: own, name: "canary-line" }), ben),
        "42501",
      );
      await refused(
        kernel.execute(insert("orders", { total: 2_000_000, user_id: uuids.anna }), ben),
        "42501",
      );
    });
  });

  test("is never skipped by an upsert: it is refused", async () => {
    await changesNothing(async () => {
      await refused(
        kernel.execute(upsert("tasks", { slug: "canary-task", stage: 3 }, ["slug"]), ben),
        "42501",
        { table: "tasks", row: "0" },
      );
      // He sees this one, and may not change it.
      await refused(
        kernel.execute(upsert("tasks", [{ slug: "new" }, { slug: "shared" }], ["slug"]), ben),
        "42501",
        { table: "tasks", row: "1" },
      );
    });
    expect(await rows(kernel, ignore("tasks", { slug: "canary-task" }, ["slug"]), ben)).toEqual([]);
    expect(await raw("select owner_id from tasks where slug = 'canary-task'")).toEqual([
      { owner_id: uuids.anna },
    ]);
  });
});

describe("the row as it will be", () => {
  test("must satisfy the check, or nothing changes", async () => {
    await changesNothing(async () => {
      for (const row of [
        { owner_id: uuids.ben },
        { stage: 0 },
        { owner_id: uuids.ben, stage: 5 },
      ]) {
        await refused(kernel.execute(update("tasks", row, { where: each }), anna), "42501", {
          table: "tasks",
        });
        await refused(
          kernel.execute(update("tasks", row, { where: each }), anna, {
            idempotency: { route: "r", key: "k", hash: "h" },
          }),
          "42501",
        );
      }
      await refused(
        kernel.execute(upsert("tasks", { slug: "shared", stage: 0 }, ["slug"]), anna),
        "42501",
      );
      await refused(
        kernel.execute(upsert("tasks", { slug: "shared", owner_id: uuids.ben }, ["slug"]), anna),
        "42501",
      );
    });
    expect(
      await rows(kernel, update("tasks", { stage: 2 }, { where: eq("slug", "shared") }), anna),
    ).toMatchObject([{ stage: 2 }]);
    expect(
      await rows(kernel, upsert("tasks", { slug: "shared", stage: 4 }, ["slug"]), anna),
    ).toMatchObject([{ stage: 4, reviewer_id: uuids.ben }]);
  });

  test("need not be seen by who wrote it, and then the answer does not show it", async () => {
    const sent = await kernel.execute(insert("letters", { to_id: uuids.ben, body: "hello" }), anna);
    expect(sent.rows).toEqual([]);
    expect(await rows(kernel, read("letters", { select: ["body"] }), ben)).toEqual([
      { body: "hello" },
    ]);
    expect(
      await rows(kernel, update("letters", { to_id: uuids.anna }, { where: each }), ben),
    ).toEqual([]);
    expect(await rows(kernel, read("letters", { select: ["body"] }), anna)).toEqual([
      { body: "hello" },
    ]);
    const keyed = { idempotency: { route: "r", key: "forward", hash: "h" } };
    expect(
      (await kernel.execute(update("letters", { to_id: uuids.ben }, { where: each }), anna, keyed))
        .rows,
    ).toEqual([]);
    expect(await rows(kernel, read("letters", { select: ["to_id"] }), ben)).toEqual([
      { to_id: uuids.ben },
    ]);
  });

  test("must be seen where the answer has to show it: else nothing is written", async () => {
    await changesNothing(async () => {
      const single = { single: true };
      await refused(
        kernel.execute(insert("letters", { to_id: uuids.ben, body: "x" }, single), anna),
        "PGRST116",
        { count: "0" },
      );
      await refused(kernel.execute(insert("suggestions", { body: "x" }, single), anna), "PGRST116");
      await refused(
        kernel.execute(update("letters", { to_id: uuids.anna }, { where: each, ...single }), ben),
        "PGRST116",
        { count: "0" },
      );
      const keyed = { idempotency: { route: "r", key: "s", hash: "h" } };
      await refused(
        kernel.execute(insert("letters", { to_id: uuids.ben, body: "x" }, single), anna, keyed),
        "PGRST116",
      );
      await refused(
        kernel.execute(
          update("letters", { to_id: uuids.anna }, { where: each, ...single }),
          ben,
          keyed,
        ),
        "PGRST116",
      );
    });
    expect(
      (
        await kernel.execute(
          insert("letters", { to_id: uuids.anna, body: "y" }, { single: true }),
          anna,
        )
      ).rows,
    ).toHaveLength(1);
  });

  test("may be one that nobody sees", async () => {
    const dropped = await kernel.execute(insert("suggestions", { body: "more tea" }), nobodyYet);
    expect(dropped).toMatchObject({ rows: [], created: true });
    await kernel.execute(insert("suggestions", { body: "less tea" }, { answer: "minimal" }), anna);
    expect(
      await rows(kernel, read("suggestions", { select: ["body"], order: ["body"] }), secretKey),
    ).toEqual([{ body: "less tea" }, { body: "more tea" }]);
  });
});

test("deleting what a policy is asked of answers with all that is gone", async () => {
  await kernel.execute(
    insert("keepers", [
      { shop_id: shop(2), user_id: uuids.ben },
      { shop_id: shop(2), user_id: uuids.anna },
    ]),
    secretKey,
  );
  const gone = await rows(kernel, remove("keepers", { where: eq("shop_id", shop(2)) }), ben);
  expect(gone).toMatchObject([{ shop_id: shop(2), user_id: uuids.ben }]);
  expect(await raw("select user_id from keepers where shop_id = ?", shop(2))).toEqual([
    { user_id: uuids.anna },
  ]);
});

test("an update or delete needs the row to be seen, however wide its own policy is", async () => {
  await raw("delete from letters");
  const put = (from_id: string, to_id: string) =>
    kernel.execute(insert("letters", { from_id, to_id, body: "x" }), secretKey);
  await put(uuids.anna, uuids.ben);
  const before = await raw("select * from letters");
  for (const execution of [{}, { idempotency: { route: "r", key: "wide", hash: "h" } }]) {
    expect(await rows(kernel, update("letters", { body: "y" }, { where: each }), anna)).toEqual([]);
    expect(await rows(kernel, remove("letters", { where: each }), anna, execution)).toEqual([]);
  }
  expect(await raw("select * from letters")).toEqual(before);
});

test("as the parent row: to update it, it must be seen and be one's own to change", async () => {
  const letter = await raw<{ id: string }>("select id from letters");
  const letter_id = letter[0]?.id;
  await changesNothing(async () => {
    // Anna wrote the letter and may not see it; Ben sees the shop and does not keep it.
    await refused(kernel.execute(insert("shelves", { letter_id }), anna), "42501");
    await refused(kernel.execute(insert("shelves", { shop_id: shop(1) }), ben), "42501");
    await refused(kernel.execute(insert("shelves", {}, { columns: ["shop_id"] }), anna), "42501");
  });
  expect(await rows(kernel, insert("shelves", { letter_id }), ben)).toHaveLength(1);
  expect(await rows(kernel, insert("shelves", { shop_id: shop(1) }), anna)).toHaveLength(1);
});

test("not among others: a null among them is nobody, however it is compiled", async () => {
  const author = (author_id: string) => ({ author_id, body: "x" });
  await kernel.execute(insert("posts", [author(uuids.ben), author(uuids.other)]), secretKey);
  const blocks = [{ blocked_id: null }, { blocked_id: uuids.other }];
  await kernel.execute(insert("blocks", blocks, { answer: "minimal" }), anna);
  const authors = async (where = each) =>
    (await rows(kernel, read("posts", { where }), anna)).map((r) => r.author_id);
  expect(await authors()).toEqual([uuids.ben]);
  expect(await authors(eq("author_id", uuids.ben))).toEqual([uuids.ben]);
  expect(await authors(eq("author_id", uuids.other))).toEqual([]);
  expect(await rows(kernel, read("posts"), ben)).toHaveLength(2);
});
