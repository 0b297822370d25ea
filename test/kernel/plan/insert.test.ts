import { beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import type { Intent } from "../../../src/kernel/intent.ts";
import { embed, eq, insert, read, refused, rows, upsert } from "../ask.ts";
import { changesNothing, createTables, raw } from "../database.ts";
import { anna, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";

const now = Date.parse("2026-11-20T10:00:00Z");
const kernel = kernelOf({ now: () => now });
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const own = "0190eeee-0000-7000-8000-000000000001";

beforeAll(async () => {
  await createTables();
  await kernel.execute(insert("orders", { id: own, user_id: uuids.anna }), secretKey);
});

const made = async (intent: Intent, actor: Actor = anna) =>
  (await rows(kernel, intent, actor))[0] ?? {};

describe("insert", () => {
  test("fills what the server fills, and takes defaults and what was sent", async () => {
    const row = await made(
      insert("orders", {
        note: "hi",
        gift: true,
        doc: { a: [1, null] },
        weight: "1.50",
        due: "2026-01-01 00:00:00+01",
      }),
    );
    expect(row).toEqual({
      id: expect.stringMatching(UUID7),
      user_id: uuids.anna,
      state: "open",
      note: "hi",
      label: null,
      total: 0,
      weight: 1.5,
      gift: true,
      doc: { a: [1, null] },
      blob: null,
      due: "2025-12-31T23:00:00.000Z",
      day: null,
      created_at: "2026-11-20T10:00:00.000Z",
      updated_at: "2026-11-20T10:00:00.000Z",
    });
    expect(
      await raw(
        "select secret, _fold_note, _v, typeof(gift) as t from orders where id = ?",
        row.id,
      ),
    ).toEqual([{ secret: null, _fold_note: "hi", _v: 1, t: "integer" }]);
  });

  test("a client may choose the id, in any case, once", async () => {
    const id = "0190ABCD-0000-7000-8000-00000000000A";
    expect((await made(insert("orders", { id }))).id).toBe(id.toLowerCase());
    await changesNothing(() =>
      refused(kernel.execute(insert("orders", { id }), anna), "23505", {
        table: "orders",
        columns: "id",
      }),
    );
  });

  test("what a column left out of a row becomes: null, or its default", async () => {
    const list = [
      { note: "a", label: "x" },
      { note: "b", total: 5 },
    ];
    expect(
      await rows(
        kernel,
        insert("orders", list, { missing: "default", select: ["label", "total"] }),
        anna,
      ),
    ).toEqual([
      { label: "x", total: 0 },
      { label: null, total: 5 },
    ]);
    await changesNothing(() =>
      refused(kernel.execute(insert("orders", list, { missing: "null" }), anna), "23502", {
        table: "orders",
        column: "total",
      }),
    );
    const nulls = insert("orders", [{ note: "a", id: null, user_id: null }], {
      missing: "null",
      select: ["id", "user_id", "total"],
    });
    expect(await rows(kernel, nulls, anna)).toEqual([
      { id: expect.stringMatching(UUID7), user_id: uuids.anna, total: 0 },
    ]);
  });

  test("only the columns named are taken", async () => {
    const row = await made(
      insert("orders", { note: "kept", label: "dropped", nonsense: 1 }, { columns: ["note"] }),
    );
    expect(row).toMatchObject({ note: "kept", label: null });
  });

  test("texts arrive as they were sent", async () => {
    const texts = [
      "",
      " ",
      "'; drop table orders; --",
      '"quoted"',
      "\\",
      "\n\t\u0001",
      "日本語 🍜",
      "null",
      "1",
      "%_",
      "[1]",
      "$.a",
      "?1",
    ];
    const list = await rows(
      kernel,
      insert(
        "orders",
        texts.map((note) => ({ note, doc: { [note || "k"]: note } })),
      ),
      anna,
    );
    expect(list.map((r) => r.note)).toEqual(texts);
    expect(list.map((r) => r.doc)).toEqual(texts.map((t) => ({ [t || "k"]: t })));
    for (const text of texts)
      expect(
        await rows(kernel, read("orders", { select: ["note"], where: eq("note", text) }), anna),
      ).toContainEqual({ note: text });
  });

  test("numbers keep their kind", async () => {
    const [row] = await rows(
      kernel,
      insert("orders", { weight: 2, total: "7" }, { select: ["weight", "total"] }),
      anna,
    );
    expect(row).toEqual({ weight: 2, total: 7 });
    expect(
      await raw("select typeof(weight) as w, typeof(total) as t from orders where total = 7"),
    ).toEqual([{ w: "real", t: "integer" }]);
  });

  test("a thousand rows; and one bad row among a thousand leaves none", async () => {
    const many = (bad?: number) =>
      Array.from({ length: 1000 }, (_, i) => ({
        note: `bulk ${i}`,
        total: i === bad ? 2_000_000 : i,
      }));
    const answer = await kernel.execute(
      insert("orders", many(), { answer: "minimal", count: "exact" }),
      anna,
    );
    expect(answer).toMatchObject({ rows: [], total: 1000, created: true });
    await changesNothing(async () => {
      await refused(kernel.execute(insert("orders", many(777)), anna), "23514", {
        table: "orders",
        constraint: "orders_total",
      });
      const foreign = many().map((row, i) =>
        i === 998 ? { ...row, user_id: uuids.ben } : { ...row, user_id: uuids.anna },
      );
      await refused(kernel.execute(insert("orders", foreign), anna), "42501", {
        table: "orders",
        row: "998",
      });
    });
  });

  test("no row at all is no refusal", async () => {
    await changesNothing(async () => {
      // The batch's own row in _tx stays: take it back, it changes no table.
      expect(await kernel.execute(insert("orders", []), anna)).toMatchObject({ rows: [] });
      await raw("delete from _tx where seq = (select max(seq) from _tx)");
    });
  });

  test("the answer embeds, selects and is in the order of the rows sent, or as asked", async () => {
    const list = insert(
      "lines",
      [
        { order_id: own, name: "b", n: 1 },
        { order_id: own, name: "a", n: 2 },
      ],
      { select: ["name", embed("orders", { select: ["id"] })] },
    );
    expect(await rows(kernel, list, anna)).toEqual([
      { name: "b", orders: { id: own } },
      { name: "a", orders: { id: own } },
    ]);
    const notes = ["d", null, "b", "ä"].map((note) => ({ note }));
    const ordered = (order: string[], more = {}) =>
      rows(kernel, insert("orders", notes, { select: ["note"], order, ...more }), anna).then((l) =>
        l.map((r) => r.note),
      );
    expect(await ordered(["note"])).toEqual(["b", "d", "ä", null]);
    expect(await ordered(["note.desc"])).toEqual([null, "ä", "d", "b"]);
    expect(await ordered(["note.desc.nullslast"], { limit: 2, offset: 1 })).toEqual(["d", "b"]);
    expect(await ordered(["gift", "note.asc.nullsfirst"], { limit: 2 })).toEqual([null, "b"]);
    const parents = insert(
      "lines",
      [
        { order_id: own, name: "y" },
        { order_id: own, name: "x" },
      ],
      {
        select: ["name", embed("orders", { select: [] })],
        order: [{ field: { column: "created_at" }, relation: "orders" }, "name"],
      },
    );
    expect(await rows(kernel, parents, anna)).toEqual([{ name: "x" }, { name: "y" }]);
  });

  test("headers only: the key, for a Location", async () => {
    const answer = await kernel.execute(
      insert("orders", { note: "x" }, { answer: "headers", select: ["note"] }),
      anna,
    );
    expect(Object.keys(JSON.parse(answer.rows[0] ?? ""))).toEqual(["id"]);
    expect(answer).toMatchObject({ version: 1, created: true });
  });
});

describe("what an insert refuses", () => {
  const refusals: [string, Intent, Actor, string, Record<string, unknown>?][] = [
    [
      "an unknown column",
      insert("orders", { nope: 1 }),
      anna,
      "PGRST204",
      { table: "orders", column: "nope" },
    ],
    ["a server-filled column", insert("orders", { created_at: "2020-01-01" }), anna, "428C9"],
    [
      "a read-only column",
      insert("orders", { state: "paid" }),
      anna,
      "428C9",
      { table: "orders", column: "state", rule: "filled by the server" },
    ],
    [
      "a missing value",
      insert("tasks", { stage: 1 }),
      anna,
      "23502",
      { table: "tasks", column: "slug" },
    ],
    ["a null", insert("tasks", { slug: null }), anna, "23502"],
    [
      "a parent that is none",
      insert("lines", { order_id: uuids.other, name: "x" }),
      secretKey,
      "23503",
    ],
    ["a check that fails", insert("orders", { total: 1_000_001 }), anna, "23514"],
    ["a policy that fails by value", insert("orders", { total: -1 }), anna, "42501"],
    ["a number that is none", insert("orders", { total: "many" }), anna, "22P02"],
    ["a number too large", insert("orders", { total: 2 ** 53 }), anna, "22003"],
    ["a text that is none", insert("orders", { note: 5 }), anna, "22P02"],
    ["a text too long", insert("orders", { label: "ö".repeat(51) }), anna, "22001"],
    ["a NUL", insert("orders", { note: "a\0b" }), anna, "22021"],
    ["a moment that is none", insert("orders", { due: "soon" }), anna, "22007"],
    ["a day that is none", insert("orders", { day: "2026-02-30" }), anna, "22008"],
    ["a guest's own row", insert("orders", { note: "x" }), nobodyYet, "42501"],
    [
      "a table that is none",
      insert("order", { note: "x" }),
      anna,
      "PGRST205",
      { table: "public.order", near: "Perhaps you meant 'orders'" },
    ],
    [
      "a table of a schema that is not exposed",
      insert("sessions", { user_id: uuids.anna }),
      secretKey,
      "PGRST205",
    ],
    [
      "a schema that is none",
      insert("sessions", { user_id: uuids.anna }, { schema: "private" }),
      secretKey,
      "PGRST106",
    ],
    ["a table of the kernel", insert("_tx", { nonce: "x" }), secretKey, "PGRST205"],
    [
      "a returned column that is none",
      insert("orders", { note: "x" }, { select: ["nope"] }),
      anna,
      "42703",
    ],
    [
      "a version without an upsert",
      insert("orders", { note: "x" }, { ifMatch: 1 }),
      anna,
      "precondition_failed",
    ],
    [
      "two rows as one",
      insert("orders", [{ note: "x" }, { note: "y" }], { single: true }),
      anna,
      "PGRST116",
    ],
    [
      "a key that is not unique",
      upsert("orders", { note: "x" }, ["note"]),
      anna,
      "42P10",
      { table: "orders", choices: "id" },
    ],
    ["a key twice", upsert("tasks", [{ slug: "a" }, { slug: "a" }], ["slug"]), anna, "21000"],
    [
      "a key twice, in two spellings",
      upsert(
        "orders",
        [
          { id: own, note: "1" },
          { id: own.toUpperCase(), note: "2" },
        ],
        ["id"],
      ),
      anna,
      "21000",
    ],
  ];
  test.each(refusals)("%s", async (_, intent, actor, code, params) => {
    await changesNothing(() => refused(kernel.execute(intent, actor), code, params));
  });

  test("the service may fill what the server fills", async () => {
    const row = { user_id: uuids.ben, state: "paid", created_at: "2020-01-01T00:00:00Z" };
    expect(await made(insert("orders", row), secretKey)).toMatchObject({
      ...row,
      created_at: "2020-01-01T00:00:00.000Z",
    });
  });
});
