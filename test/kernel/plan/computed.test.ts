import { beforeAll, describe, expect, test } from "vitest";
import { id as key, table, text } from "../../../src/kernel/table.ts";
import {
  type Asking,
  all,
  call,
  compare,
  embed,
  eq,
  field,
  ilike,
  insert,
  is,
  no,
  read,
  refused,
  remove,
  rows,
  update,
} from "../ask.ts";
import { changesNothing, createTables } from "../database.ts";
import { anna, kernelOf, nobodyYet, secretKey } from "../fixture.ts";

const kernel = kernelOf();
const tag = (n: number) => `0190dddd-0000-7000-8000-00000000000${n}`;

beforeAll(async () => {
  await createTables();
  const names = ["red", "green", "blue"];
  const tags = names.map((name, i) => ({ id: tag(i + 1), name }));
  await kernel.execute(insert("tags", tags, { answer: "minimal" }), secretKey);
  const shops = [
    { name: "full", stock: 3 },
    { name: "empty", stock: 0 },
  ];
  await kernel.execute(insert("shops", shops, { answer: "minimal" }), secretKey);
});

const ask = (name: string, asking: Asking) => rows(kernel, read(name, asking), nobodyYet);

describe("a computed column", () => {
  test("is shown where it is named, as its kind, and not by a star", async () => {
    expect(await ask("tags", { where: eq("name", "red") })).toEqual([{ id: tag(1), name: "red" }]);
    const size = field({ column: "facts", path: ["size"] });
    const select = ["loud", "facts", size, field("loud", { alias: "l", cast: "text" })];
    expect(await ask("tags", { select, where: eq("name", "red") })).toEqual([
      { loud: "RED", facts: { size: 3 }, size: 3, l: "RED" },
    ]);
    expect(await ask("shops", { select: ["name", "sold_out"], order: ["name"] })).toEqual([
      { name: "empty", sold_out: true },
      { name: "full", sold_out: false },
    ]);
  });

  test("filters, orders and groups, its inside too", async () => {
    const names = async (asking: Asking) =>
      (await ask("tags", { select: ["name"], ...asking })).map((row) => row.name);
    const size = { column: "facts", path: ["size"] };
    expect(await names({ where: eq("loud", "GREEN") })).toEqual(["green"]);
    expect(await names({ where: ilike("loud", "bl*".replace("*", "%")) })).toEqual(["blue"]);
    expect(await names({ where: compare(size, "gt", "3"), order: ["loud.desc"] })).toEqual([
      "green",
      "blue",
    ]);
    expect(await names({ order: [{ field: size, descending: true }] })).toEqual([
      "green",
      "blue",
      "red",
    ]);
    const open = { select: ["name"], where: all(no(is("sold_out", "true"))) };
    expect(await ask("shops", open)).toEqual([{ name: "full" }]);
    const most = { ...field("loud"), aggregate: "max" } as const;
    expect(await ask("tags", { select: [most] })).toEqual([{ max: "RED" }]);
    const groups = { select: ["sold_out", { count: true } as const], order: ["sold_out"] };
    expect(await ask("shops", groups)).toEqual([
      { sold_out: false, count: 1 },
      { sold_out: true, count: 1 },
    ]);
  });

  test("is there in embeds, spreads, functions and what a write answers", async () => {
    await kernel.execute(insert("badges", { shop_id: await full(), title: "t" }), secretKey);
    const badges = (spread: boolean) =>
      read("badges", { select: [embed("shops", { spread, select: ["sold_out"] })] });
    expect(await rows(kernel, badges(false), anna)).toEqual([{ shops: { sold_out: false } }]);
    expect(await rows(kernel, badges(true), anna)).toEqual([{ sold_out: false }]);
    const stocked = call(
      "stocked",
      { least: 0 },
      { select: ["name", "sold_out"], order: ["name"] },
    );
    expect(await rows(kernel, stocked, nobodyYet)).toMatchObject([
      { name: "empty", sold_out: true },
      { name: "full", sold_out: false },
    ]);
    const where = eq("sold_out", "true");
    const change = update("shops", { stock: 1 }, { where, select: ["name", "sold_out"] });
    expect(await rows(kernel, change, secretKey)).toEqual([{ name: "empty", sold_out: false }]);
    const none = remove("shops", { where, select: ["name"] });
    expect(await rows(kernel, none, secretKey)).toEqual([]);
  });

  const full = async () =>
    String((await ask("shops", { select: ["id"], where: eq("name", "full") }))[0]?.id);

  test("is never written", async () => {
    const denied = { table: "shops", column: "sold_out", rule: "computed from other columns" };
    await changesNothing(async () => {
      const made = insert("shops", { name: "x", sold_out: true });
      await refused(kernel.execute(made, secretKey), "428C9", denied);
      const changed = update("shops", { sold_out: true }, { where: eq("name", "full") });
      await refused(kernel.execute(changed, secretKey), "428C9", denied);
    });
  });
});

test.each<[string, Parameters<typeof table>[2]["computed"]]>([
  ["has the name of a column", { name: { kind: "text", sql: (column) => column("id") } }],
  ["has no name for the wire", { _x: { kind: "text", sql: (column) => column("id") } }],
  ["names no column", { x: { kind: "text", sql: (column) => column("nope") } }],
  ["names a hidden one", { x: { kind: "text", sql: (column) => column("secret") } }],
])("one that %s throws at start", (_, computed) => {
  const declare = () =>
    table(
      "things",
      { id: key(), name: text(), secret: text({ hidden: true }) },
      { policy: {}, example: () => ({}), ...(computed && { computed }) },
    );
  expect(declare).toThrow("things.");
});
