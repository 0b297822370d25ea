import { beforeAll, expect, test } from "vitest";
import { field, ignore, ilike, insert, read, refused, rows, upsert } from "../ask.ts";
import { changesNothing, createTables, raw } from "../database.ts";
import { anna, ben, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";

let now = Date.parse("2026-11-20T10:00:00Z");
const kernel = kernelOf({ now: () => now });
const own = "0190eeee-0000-7000-8000-000000000001";

beforeAll(async () => {
  await createTables();
  await kernel.execute(insert("orders", { id: own, user_id: uuids.anna }), secretKey);
});

const line = (name: string, more = {}) => ({ order_id: own, name: `up ${name}`, ...more });
const key = ["order_id", "name"];
const select = ["name", "n"];
const dry = { dryRun: true };

test("inserts what is new and merges what is there, changing only what was sent", async () => {
  await kernel.execute(insert("lines", [line("a", { n: 3 }), line("b", { n: 4 })]), anna);
  const mixed = await kernel.execute(
    upsert("lines", [line("a", { n: 9 }), line("c", { n: 5 })], key, { select, count: "exact" }),
    anna,
  );
  expect(mixed).toMatchObject({ created: true, total: 2 });
  expect(mixed.rows.map((r) => JSON.parse(r))).toEqual([
    { name: "up a", n: 9 },
    { name: "up c", n: 5 },
  ]);
  const merged = await kernel.execute(upsert("lines", [line("b")], key, { select }), anna);
  expect(merged).toMatchObject({ created: false, version: 2 });
  expect(merged.rows).toEqual(['{"name":"up b","n":4}']);
  expect(await raw("select name, n, _v from lines where name like 'up %' order by name")).toEqual([
    { name: "up a", n: 9, _v: 2 },
    { name: "up b", n: 4, _v: 2 },
    { name: "up c", n: 5, _v: 1 },
  ]);
});

test("goes by the primary key when no other is named", async () => {
  const id = "0190eeee-0000-7000-8000-0000000000aa";
  const put = (note: string) =>
    kernel.execute(
      insert("orders", { id, note }, { conflict: { resolution: "merge" }, select: ["note"] }),
      anna,
    );
  expect(await put("first")).toMatchObject({ created: true, rows: ['{"note":"first"}'] });
  now += 5000;
  expect(await put("second")).toMatchObject({ created: false, rows: ['{"note":"second"}'] });
  const [row] = await raw("select created_at, updated_at, _fold_note from orders where id = ?", id);
  expect(row).toEqual({
    created_at: "2026-11-20T10:00:00.000Z",
    updated_at: "2026-11-20T10:00:05.000Z",
    _fold_note: "second",
  });
});

test("a key that is NULL meets no row, and what became of it is answered", async () => {
  const list = [{ slug: null, topic: "x" }, { slug: "s", topic: "y" }, { topic: "z" }];
  const answer = { select: ["slug", "topic"] };
  const expected = [
    { slug: null, topic: "x" },
    { slug: "s", topic: "y" },
    { slug: null, topic: "z" },
  ];
  for (const write of [upsert, ignore]) {
    const once = { idempotency: { route: "r", key: `null ${write.name}`, hash: "h" } };
    for (const [execution, more] of [
      [{}, {}],
      [{}, dry],
      [once, {}],
    ] as const) {
      await raw("delete from notices");
      const made = write("notices", list, ["slug"], { ...answer, ...more });
      expect(await rows(kernel, made, anna, execution)).toEqual(expected);
    }
  }
  const one = upsert("notices", { topic: "alone" }, ["slug"], { ...answer, single: true });
  expect(await rows(kernel, one, anna)).toEqual([{ slug: null, topic: "alone" }]);
  expect(await raw("select count(*) as n from notices where slug is null")).toEqual([{ n: 3 }]);
});

test("of duplicates in one request the first is made, and answered once", async () => {
  const list = [
    { slug: "there", topic: "no" },
    { slug: "d", topic: "first" },
    { slug: null, topic: "p" },
    { slug: "d", topic: "second" },
    { slug: null, topic: "q" },
  ];
  const once = { idempotency: { route: "r", key: "duplicates", hash: "h" } };
  for (const [execution, more] of [
    [{}, {}],
    [{}, dry],
    [once, {}],
  ] as const) {
    await raw("delete from notices");
    await kernel.execute(insert("notices", { slug: "there", topic: "x" }), anna);
    const skip = ignore("notices", list, ["slug"], { select: ["topic"], count: "exact", ...more });
    const answer = await kernel.execute(skip, anna, execution);
    expect(answer.total).toBe(3);
    expect(answer.rows.map((r) => JSON.parse(r).topic)).toEqual(["first", "p", "q"]);
  }
});

test("keeps the companion of a folded column", async () => {
  const id = "0190eeee-0000-7000-8000-0000000000ab";
  for (const note of ["ÄPFEL", "BÜCHER"])
    await kernel.execute(upsert("orders", { id, note }, ["id"]), anna);
  expect(
    await rows(kernel, read("orders", { select: ["note"], where: ilike("note", "bücher") }), anna),
  ).toEqual([{ note: "BÜCHER" }]);
  expect(
    await rows(kernel, read("orders", { select: ["note"], where: ilike("note", "äpfel") }), anna),
  ).toEqual([]);
});

test("leaves alone what is written once", async () => {
  const slug = "once";
  await kernel.execute(insert("tasks", { slug, born: "here" }), anna);
  await changesNothing(() =>
    refused(kernel.execute(upsert("tasks", { slug, born: "there" }, ["slug"]), anna), "428C9", {
      table: "tasks",
      column: "born",
      rule: "written once",
    }),
  );
  expect(
    await rows(
      kernel,
      upsert("tasks", { slug, born: "here", stage: 2 }, ["slug"], { select: ["born", "stage"] }),
      anna,
    ),
  ).toEqual([{ born: "here", stage: 2 }]);
  await changesNothing(() =>
    refused(kernel.execute(upsert("tasks", { id: uuids.other, slug }, ["slug"]), anna), "428C9"),
  );
});

test("duplicates ignored: only what is new is written and answered", async () => {
  const list = [line("a", { n: 1 }), line("z", { n: 1 })];
  const once = await kernel.execute(ignore("lines", list, key, { select }), anna);
  expect(once.rows).toEqual(['{"name":"up z","n":1}']);
  const again = await kernel.execute(ignore("lines", list, key, { select }), anna);
  expect(again).toMatchObject({ rows: [], created: false });
  expect(await raw("select n, _v from lines where name = 'up a'")).toEqual([{ n: 9, _v: 2 }]);
  await refused(
    kernel.execute(ignore("lines", [line("a")], key, { single: true }), anna),
    "PGRST116",
    { count: 0 },
  );
});

test("every proposed row must satisfy the insert policy, even where it meets a row", async () => {
  await changesNothing(async () => {
    await refused(kernel.execute(upsert("orders", { id: own, total: -5 }, ["id"]), anna), "42501");
    await refused(
      kernel.execute(ignore("orders", { id: own, user_id: uuids.ben }, ["id"]), anna),
      "42501",
    );
    await refused(kernel.execute(upsert("lines", line("a"), key), ben), "42501");
    await refused(
      kernel.execute(
        upsert("letters", { id: own, to_id: uuids.ben, body: "x" }, ["id"]),
        nobodyYet,
      ),
      "42501",
    );
    await refused(
      kernel.execute(upsert("suggestions", { id: own, body: "x" }, ["id"]), anna),
      "42501",
    );
  });
});

test("a unique key besides the one it goes by is still unique", async () => {
  await kernel.execute(
    insert("tasks", { id: "0190eeee-0000-7000-8000-0000000000ba", slug: "left" }),
    anna,
  );
  await kernel.execute(
    insert("tasks", { id: "0190eeee-0000-7000-8000-0000000000bb", slug: "right" }),
    anna,
  );
  const clash = upsert("tasks", { id: "0190eeee-0000-7000-8000-0000000000ba", slug: "right" }, [
    "id",
  ]);
  await changesNothing(() =>
    refused(kernel.execute(clash, anna), "23505", { table: "tasks", columns: "slug" }),
  );
});

test("an alias may be put on what comes back", async () => {
  expect(
    await rows(
      kernel,
      upsert("tasks", { slug: "left", stage: 7 }, ["slug"], {
        select: [field("stage", { alias: "level" })],
      }),
      anna,
    ),
  ).toEqual([{ level: 7 }]);
});
