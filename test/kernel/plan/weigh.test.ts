// How many bytes of rows one answer may have: what is refused, and what costs nothing.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { light, MAX_ANSWER_BYTES, weighed } from "../../../src/kernel/plan/weigh.ts";
import { compare, embed, insert, read, refused, rows } from "../ask.ts";
import { createTables, raw, strict } from "../database.ts";
import { anna, ben, kernelOf, secretKey, uuids } from "../fixture.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const note = 60_000;
const count = 300;

beforeAll(async () => {
  await createTables();
  await kernel.execute(insert("orders", { note: "the first transaction" }), ben);
  // Beside the engine: as many by its inserts would take very long.
  await raw(
    `insert into orders(id, user_id, created_at, updated_at, note, total)
      select printf('0190eeee-0000-7000-8000-%012d', key), ?1, '2026', '2026',
        replace(hex(zeroblob(?2)), '00', 'ab'), key from json_each(?3)`,
    uuids.anna,
    note / 2,
    JSON.stringify(Array(count).fill(0)),
  );
});

const many = { select: ["id", "note"], order: [{ field: { column: "total" }, descending: true }] };

test("rows that are too large together end inside the statement", async () => {
  const { params } = await refused(kernel.execute(read("orders", many), anna), "page_too_large");
  expect(params).toEqual({ max_bytes: String(MAX_ANSWER_BYTES) });
  const cursor = read("orders", { ...many, cursor: "", count: "exact" });
  await refused(kernel.execute(cursor, anna), "page_too_large");
  const within = embed("lines", { select: ["id"] });
  await refused(
    kernel.execute(read("orders", { select: ["note", within] }), anna),
    "page_too_large",
  );
});

test("fewer of them, or fewer columns, are answered whole and in order", async () => {
  const some = await rows(kernel, read("orders", { ...many, limit: 250 }), anna);
  expect(some.map((row) => String(row.note).length)).toEqual(Array(250).fill(note));
  const ids = some.map((row) => row.id);
  expect(ids).toEqual(ids.toSorted().toReversed());
  expect(await rows(kernel, read("orders", { ...many, select: ["id"] }), anna)).toHaveLength(count);
  const one = read("orders", { ...many, limit: 2, cursor: "" });
  const answer = await kernel.execute(one, anna);
  expect([answer.rows.length, typeof answer.next]).toEqual([2, "string"]);
});

test("a page whose rows are small is asked for once, and costs nothing more", async () => {
  const small = read("orders", { ...many, select: ["id"] });
  const before = database.trips;
  expect((await kernel.execute(small, secretKey)).rowsRead).toBeLessThanOrEqual(2 * count + 2);
  expect(database.trips - before).toBe(1);
  // A row of 60 KB is more than its share among 1,000, so that such a page is weighed.
  const one = { ...many, where: compare("total", "eq", 7) };
  expect(await rows(kernel, read("orders", one), anna)).toHaveLength(1);
  expect(database.trips - before).toBe(3);
  await rows(kernel, read("orders", { ...one, limit: 100 }), anna);
  expect(database.trips - before).toBe(4);
  // The plan remembers: the next such page is weighed at once.
  expect(await rows(kernel, read("orders", one), anna)).toHaveLength(1);
  expect(database.trips - before).toBe(5);
});

test("rows are built once each, and one row is never too much", () => {
  const page = { sql: "select 1 as j", params: [] };
  expect(light(page, 1)).toBe(page);
  for (const { sql } of [light(page, 2), weighed(page)]) expect(sql).toMatch(/ where true$/);
  expect(light(page, 2).sql).toContain(`>${MAX_ANSWER_BYTES / 2},`);
});
