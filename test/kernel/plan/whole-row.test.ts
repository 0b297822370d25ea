// A row that was read can be sent back whole: what its sender may not write must be as it was.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { eq, insert, read, refused, rows, update, upsert } from "../ask.ts";
import { changesNothing, createTables, raw, strict } from "../database.ts";
import { anna, ben, kernelOf, secretKey, uuids } from "../fixture.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const id = "0190eeee-0000-7000-8000-000000000001";
const other = "0190eeee-0000-7000-8000-000000000002";
const where = eq("id", id);
const whole = async (table: string) => (await rows(kernel, read(table, { where }), anna))[0] ?? {};
const filled = (column: string) => ({ column, rule: "filled by the server" });

beforeAll(async () => {
  await createTables();
  await kernel.execute(insert("orders", { id, note: "as it was", doc: { b: [1], a: 2 } }), anna);
});

test("by an upsert or an update", async () => {
  const row = await whole("orders");
  expect(Object.keys(row)).toEqual(expect.arrayContaining(["created_at", "updated_at", "user_id"]));
  const merged = upsert("orders", { ...row, note: "merged" }, ["id"]);
  const [after] = await rows(kernel, merged, anna);
  expect(after).toEqual({ ...row, note: "merged", updated_at: expect.any(String) });
  const changed = update("orders", { ...(await whole("orders")), note: "changed" }, { where });
  expect(await rows(kernel, changed, anna)).toMatchObject([{ id, note: "changed" }]);
});

test("but not with other values, nor as a new row", async () => {
  const row = await whole("orders");
  const others = { created_at: "2020-01-01", updated_at: "2020-01-01", state: "paid" };
  for (const [column, value] of Object.entries(others)) {
    const denied = { table: "orders", ...filled(column) };
    const given = { ...row, [column]: value };
    for (const write of [upsert("orders", given, ["id"]), update("orders", given, { where })]) {
      await changesNothing(() => refused(kernel.execute(write, anna), "428C9", denied));
    }
  }
  const moved = update("orders", { ...row, user_id: uuids.ben }, { where });
  await changesNothing(() => refused(kernel.execute(moved, anna), "428C9"));
  for (const given of [row, { id: row.id, state: null }]) {
    const copy = upsert("orders", { ...given, id: other }, ["id"]);
    await changesNothing(() => refused(kernel.execute(copy, anna), "428C9"));
  }
});

test("whatever the columns hold that the server fills", async () => {
  const log = { b: [1.5, null], "2": "x" };
  const full = { by_id: uuids.ben, seen: false, score: 0.1 + 0.2, log };
  const due = "2026-11-20T10:00:00.000Z";
  const none = { by_id: null, seen: null, score: null, log: null, due: null };
  for (const held of [none, { ...full, due }]) {
    const ticket = { id, user_id: uuids.anna, ...held };
    await kernel.execute(upsert("tickets", ticket, ["id"]), secretKey);
    await raw("update tickets set by_id = ? where id = ?", held.by_id, id);
    const merged = upsert("tickets", { ...(await whole("tickets")), note: "y" }, ["id"]);
    expect(await rows(kernel, merged, anna)).toMatchObject([{ ...held, note: "y" }]);
    const changed = update("tickets", { ...(await whole("tickets")), note: "z" }, { where });
    expect(await rows(kernel, changed, anna)).toMatchObject([{ ...held, note: "z" }]);
  }
  for (const [column, value] of Object.entries({ ...none, log: { ...log, b: [] } })) {
    const given = { ...(await whole("tickets")), [column]: value };
    for (const write of [upsert("tickets", given, ["id"]), update("tickets", given, { where })]) {
      const denied = { table: "tickets", ...filled(column) };
      await changesNothing(() => refused(kernel.execute(write, anna), "428C9", denied));
    }
  }
});

test("nobody learns what a row holds that is hidden from them, nor that it is there", async () => {
  const row = { ...(await whole("tickets")), user_id: uuids.ben };
  for (const given of [row, { ...row, seen: true }, { ...row, log: null }]) {
    const merged = upsert("tickets", given, ["id"]);
    await changesNothing(() => refused(kernel.execute(merged, ben), "42501"));
    const { user_id: _, ...values } = given;
    const changed = update("tickets", values, { where, count: "exact" });
    expect(await kernel.execute(changed, ben)).toMatchObject({ rows: [], total: 0 });
  }
});

test("a thousand at once, by one statement more", async () => {
  const ids = Array.from({ length: 1000 }, (_, i) => `${id.slice(0, -4)}${9000 - i}`);
  const made = insert(
    "tickets",
    ids.map((one) => ({ id: one })),
  );
  const written = await rows(kernel, made, anna);
  const cost = async (columns: string[]) => {
    const given = written.map((row) => Object.fromEntries(columns.map((c) => [c, row[c]])));
    const { trips, read, statements } = database;
    const before = statements.length;
    await kernel.execute(upsert("tickets", given, ["id"], { answer: "minimal" }), anna);
    expect(database.trips).toBe(trips + 1);
    return { read: database.read - read, statements: statements.length - before };
  };
  const plain = await cost(["id", "note"]);
  const full = await cost(["id", "by_id", "seen", "score", "log", "due", "user_id", "note"]);
  expect(full.statements).toBe(plain.statements + 1);
  // The rows that were sent, kept at hand, and those they meet.
  expect(full.read).toBeLessThan(plain.read + 3_010);
});
