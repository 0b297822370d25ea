// What a function is given: values of the kinds it declares, however they were spelled.
import { beforeAll, expect, test } from "vitest";
import type { CallShape, Intent } from "../../../src/kernel/intent.ts";
import type { Fn, Module } from "../../../src/kernel/module.ts";
import type { Row } from "../../../src/kernel/table.ts";
import { call, insert, refused, rows } from "../ask.ts";
import { createTables } from "../database.ts";
import { anna, fixture, kernelOf, secretKey } from "../fixture.ts";
import { shops } from "../tables.ts";

beforeAll(createTables);

let given: Row = {};
const module: Module = {
  ...fixture,
  functions: [
    ...(fixture.functions ?? []),
    {
      name: "look",
      params: {
        flag: { kind: "boolean", fallback: true },
        doc: { kind: "json", fallback: null },
        at: { kind: "timestamp", fallback: null },
        n: { kind: "integer", fallback: 3 },
      },
      scalar: (args) => {
        given = args;
        return args;
      },
    },
  ],
};
const kernel = kernelOf({ module });
const asText = (intent: Intent<CallShape>): Intent<CallShape> => ({
  ...intent,
  shape: { ...intent.shape, asText: true },
});

test("a function in JavaScript gets typed values, from JSON or from texts", async () => {
  const typed = { flag: false, doc: { a: [1, "x"] }, at: "2026-01-02T00:00:00.000Z", n: 7 };
  await kernel.execute(call("look", { ...typed, at: "2026-01-02" }), anna);
  expect(given).toEqual(typed);
  const texts = { flag: "f", doc: '{"a":[1,"x"]}', at: "2026-01-02", n: "7" };
  await kernel.execute(asText(call("look", texts)), anna);
  expect(given).toEqual(typed);
  await kernel.execute(call("look"), anna);
  expect(given).toEqual({ flag: true, doc: null, at: null, n: 3 });
  await kernel.execute(call("look", { doc: '{"a":1}' }), anna);
  expect(given.doc).toBe('{"a":1}');
});

test("a JSON argument in a query string is JSON, or refused", async () => {
  const items = (list: string) =>
    rows(kernel, asText(call("items", { list }, { order: ["item"] })), anna);
  expect(await items('["a","b"]')).toEqual([{ item: "a" }, { item: "b" }]);
  for (const bad of ["", "[", "{a}", "[1"]) await refused(items(bad), "22P02");
  await refused(kernel.execute(asText(call("look", { doc: "nope" })), anna), "22P02");
  await refused(kernel.execute(asText(call("look", { n: "x" })), anna), "22P02");
});

test("a function of one row answers with it, or with null", async () => {
  const largest: Fn = {
    name: "largest",
    params: { below: { kind: "integer", fallback: 1000 } },
    relation: {
      of: shops,
      columns: {},
      one: true,
      sql: ({ source, param }) =>
        `select * from ${source} where stock < ${param("below")} order by stock desc`,
    },
  };
  const kernel = kernelOf({ module: { ...fixture, functions: [largest] } });
  const rows = [
    { name: "small", stock: 1 },
    { name: "big", stock: 9 },
  ];
  await kernel.execute(insert("shops", rows), secretKey);
  const ask = async (args: Row) => {
    const asked = call("largest", args, { select: ["name"] });
    const { rows, scalar } = await kernel.execute(asked, anna);
    return [rows, scalar];
  };
  expect(await ask({})).toEqual([['{"name":"big"}'], true]);
  expect(await ask({ below: 5 })).toEqual([['{"name":"small"}'], true]);
  expect(await ask({ below: 0 })).toEqual([["null"], true]);
});
