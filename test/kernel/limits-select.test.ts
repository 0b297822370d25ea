// What may be selected, at the bounds of D1: a statement is within them, or refused unsent. Every
// one of these passes `keepsLimits`; columns, joins, terms and depths are the database's to refuse.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { Item } from "../../src/kernel/intent.ts";
import type { Row } from "../../src/kernel/table.ts";
import { embed, field, insert, read, refused, rows, type Selected } from "./ask.ts";
import { createTables, mostArguments, strict } from "./database.ts";
import { anna, kernelOf } from "./fixture.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const text = Array.from({ length: 60 }, (_, i) => `c${i}`).filter((_, i) => i % 3 !== 0);
const count: Item = { count: true };
const max = (column: string): Item => ({
  ...field(column),
  aggregate: "max",
  alias: `${column} §`,
});
const many = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i));
const ask = (table: string, select: Selected[]) => rows(kernel, read(table, { select }), anna);

beforeAll(async () => {
  await createTables();
  const put = (table: string, row: Row) => kernel.execute(insert(table, row), anna);
  await put("wide", { c1: "a", c4: "b" });
  const order_id = "0190eeee-0000-7000-8000-000000000001";
  await put("orders", { id: order_id });
  await put("lines", { order_id, name: "x" });
});

test("arguments: all columns at once, summed up, grouped by, and spread", async () => {
  const [sums] = await ask("wide", [count, ...text.map(max)]);
  expect(Object.keys(sums ?? {})).toHaveLength(1 + text.length);
  expect(sums).toMatchObject({ count: 1, "c1 §": "a", "c4 §": "b", "c2 §": null });
  const [grouped] = await ask("wide", ["*", count]);
  expect(Object.keys(grouped ?? {})).toHaveLength(63);
  expect(Math.max(...database.statements.map(({ sql }) => mostArguments(sql)))).toBe(32);
});

test("parameters: more names than a statement takes travel as one", async () => {
  const names = many(99, (i) => field("n", { alias: `§ ${i}` }));
  for (const select of [names, [embed("orders", { spread: true, select: ["note"] }), ...names]]) {
    const [line] = await ask("lines", select);
    expect(line).toMatchObject({ "§ 0": 1, "§ 98": 1 });
  }
  const arrays = embed("lines", { spread: true, select: names });
  expect(await ask("orders", [arrays])).toMatchObject([{ "§ 0": [1], "§ 98": [1] }]);
  expect(await ask("lines", [...names, count])).toMatchObject([{ "§ 7": 1, count: 1 }]);
  const sent = database.statements.slice(-4).map(({ params }) => params.length);
  expect(sent).toEqual([1, 1, 1, 1]);
});

test("text: spreads within spreads grow, and are refused before they are sent", async () => {
  const before = database.trips;
  const inner = (e: number) =>
    many(99, (i) => field("n", { alias: `${"long ".repeat(40)}${e} ${i}` }));
  const wide = many(30, (e) =>
    embed("lines", {
      ...{ alias: `e${e}`, spread: true },
      select: [...inner(e), field({ column: "name" }, { cast: "uuid", alias: `u${e}` })],
    }),
  );
  await refused(ask("orders", wide), "statement_too_large");
  expect(database.trips).toBe(before);
});

test("depth: eight spreads of one row inside each other, and no ninth", async () => {
  const up = (levels: number): ReturnType<typeof embed> =>
    embed("after", { spread: true, select: levels > 1 ? [up(levels - 1)] : ["id"] });
  expect(await ask("transfers", [up(8)])).toEqual([]);
  await refused(ask("transfers", [up(9)]), "filter_too_large");
  const down = (levels: number): ReturnType<typeof embed> =>
    embed("transfers", {
      spread: true,
      select: levels > 1 ? [down(levels - 1)] : ["id"],
    });
  expect(await ask("transfers", [down(3)])).toEqual([]);
  await refused(ask("transfers", [down(4)]), "embed_too_large");
});
