import { expect, test } from "vitest";
import { type Order, type Query, Values } from "../../../src/kernel/intent.ts";
import { parseOrder } from "../../../src/protocols/rest/parse-order.ts";
import { argumentsOf, parseUrl } from "../../../src/protocols/rest/parse-url.ts";
import { refusalOf } from "./refusal.ts";

function read(search: string, declared?: string[] | null) {
  const values = new Values();
  const isArgument = declared === undefined ? undefined : argumentsOf(declared ?? undefined);
  return { ...parseUrl(search, values, isArgument), values: values.list };
}

const a: Order["field"] = { column: "a" };
const orders: [string, Order[]][] = [
  ["a", [{ field: a }]],
  ["a.asc", [{ field: a }]],
  ["a.desc", [{ field: a, descending: true }]],
  ["a.nullsfirst", [{ field: a, nulls: "first" }]],
  [
    "a.desc.nullslast,b",
    [{ field: a, descending: true, nulls: "last" }, { field: { column: "b" } }],
  ],
  [" a.asc , b ", [{ field: a }, { field: { column: "b" } }]],
  [
    "data->n->>x.desc",
    [{ field: { column: "data", path: ["n", "x"], text: true }, descending: true }],
  ],
  ["rel(a).desc.nullsfirst", [{ field: a, relation: "rel", descending: true, nulls: "first" }]],
  ["rel(data->k)", [{ field: { column: "data", path: ["k"] }, relation: "rel" }]],
  ['"a.b".desc', [{ field: { column: "a.b" }, descending: true }]],
];

test.each(orders)("order=%s", (text, terms) => {
  expect(parseOrder("order", text)).toEqual(terms);
});

test.each([
  ["", "expected a column"],
  ["a,", "expected a column"],
  ["a.down", ".asc or .desc"],
  ["a.nullslast.desc", ".asc or .desc"],
  ["a.desc.nulls", ".asc or .desc"],
  ["a.descending", ".asc or .desc"],
  ["rel(a", 'expected ")"'],
  ["rel()", 'a column of "rel"'],
  ["a b)", "a comma or the end"],
])("order=%s is refused where it breaks", async (text, reason) => {
  const refusal = await refusalOf(() => parseOrder("order", text));
  expect(refusal.code).toBe("PGRST100");
  expect(refusal.params.reason).toContain(reason);
});

test("conditions, order and limits of embeds go to the embed, at any depth", () => {
  const { query, values } = read(
    "?select=id,items(id,opts:options(id)),...cities(name)&open=is.true&items.price=gt.5" +
      "&items.order=price.desc" +
      "&items.limit=3&items.opts.not.or=(n.eq.1,n.eq.2)&items.opts.offset=1&items.price=lt.9" +
      "&cities.name=neq.X&order=cities(name)",
  );
  const id = { field: { column: "id" } };
  const price = { column: "price" };
  const n = { column: "n" };
  const expected: Query = {
    select: [
      id,
      {
        embed: {
          relation: "items",
          query: {
            select: [
              id,
              {
                embed: {
                  relation: "options",
                  alias: "opts",
                  query: {
                    select: [id],
                    offset: 4,
                    where: {
                      not: {
                        or: [
                          { field: n, op: "eq", value: 2 },
                          { field: n, op: "eq", value: 3 },
                        ],
                      },
                    },
                  },
                },
              },
            ],
            order: [{ field: price, descending: true }],
            limit: 1,
            where: {
              and: [
                { field: price, op: "gt", value: 0 },
                { field: price, op: "lt", value: 5 },
              ],
            },
          },
        },
      },
      {
        embed: {
          relation: "cities",
          spread: true,
          query: {
            select: [{ field: { column: "name" } }],
            where: { field: { column: "name" }, op: "neq", value: 6 },
          },
        },
      },
    ],
    where: { field: { column: "open" }, is: "true" },
    order: [{ field: { column: "name" }, relation: "cities" }],
  };
  expect(query).toEqual(expected);
  expect(values).toEqual(["5", 3, "1", "2", 1, "9", "X"]);
});

test("a condition may name an embed itself", () => {
  const { query } = read("?select=*,items()&items=not.is.null&or=(items.is.null,id.eq.1)");
  expect(query.where).toEqual({
    and: [
      { not: { field: { column: "items" }, is: "null" } },
      {
        or: [
          { field: { column: "items" }, is: "null" },
          { field: { column: "id" }, op: "eq", value: 0 },
        ],
      },
    ],
  });
});

test.each([
  ["?items.price=gt.5", "items"],
  ["?select=dishes:items(id)&items.price=gt.5", "items"],
  ["?select=items(id)&items.options.order=n", "options"],
  ["?select=items(id)&dishes.limit=1", "dishes"],
])("%s names an embed that is not there", async (search, relation) => {
  const refusal = await refusalOf(() => read(search));
  expect([refusal.code, refusal.params.relation]).toEqual(["PGRST108", relation]);
});

test("reserved keys", () => {
  const { query, limit, offset, columns, onConflict } = read(
    '?limit=10&offset=20&columns="a","b,c", d,a&on_conflict=x,y',
  );
  expect(query).toEqual({ select: [{ star: true }] });
  expect({ limit, offset, columns, onConflict }).toEqual({
    limit: 10,
    offset: 20,
    columns: ["a", "b,c", "d"],
    onConflict: ["x", "y"],
  });
});

test.each([
  "select=a&select=b",
  "order=a&order=b",
  "limit=1&limit=1",
  "offset=1&offset=2",
  "columns=a&columns=b",
  "on_conflict=a&on_conflict=b",
  "select=r(a)&r.order=a&r.order=a",
  "select=r(a)&r.limit=1&r.limit=2",
])("%s: what can be said once is not said twice", async (search) => {
  const refusal = await refusalOf(() => read(search));
  expect(refusal.code).toBe("PGRST100");
  expect(refusal.params.reason).toMatch(/: it is given twice$/);
});

test.each(["-1", "1.5", "1e3", "ten", "", "0x10", "+1"])("limit=%s is no number", async (text) => {
  const refusal = await refusalOf(() => read(`?limit=${encodeURIComponent(text)}`));
  expect(refusal.code).toBe("PGRST100");
  expect(refusal.params.reason).toContain("limit: expected a whole number");
});

test("a number that no table reaches is still a number", () => {
  expect(read("?limit=99999999999999999999").limit).toBe(Number.MAX_SAFE_INTEGER);
});

test("the query string is decoded as URLSearchParams does", () => {
  const { values, query } = read("?a=eq.x+y%2Bz%26%3D%C3%A9&&b=eq.1=2&%61=eq.%F0%9F%8D%9C");
  expect(values).toEqual(["x y+z&=é", "1=2", "🍜"]);
  expect(query.where).toHaveProperty("and");
});

test.each(["%", "%zz", "%C3", "%ff", "a=%ED%A0%80"])(
  "%s is not percent-encoded UTF-8",
  async (s) => {
    const refusal = await refusalOf(() => read(`?${s}`));
    expect(refusal.code).toBe("PGRST100");
    expect(refusal.params.reason).toContain("percent-encoded UTF-8");
  },
);

test("a cursor is taken as it is, and an empty one begins", () => {
  expect(read("?cursor=abc.d-_").cursor).toBe("abc.d-_");
  expect(read("?cursor=").cursor).toBe("");
  expect(read("?limit=1").cursor).toBeUndefined();
});

test("a function's arguments, and filters: what reads as one is one", () => {
  const read1 = read("?lat=5&lng=2&lat=gt.1&open=is.true&order=distance&limit=5&or=(a.eq.1)", [
    "lat",
    "lng",
  ]);
  expect([...read1.args]).toEqual([
    ["lat", "5"],
    ["lng", "2"],
  ]);
  expect(read1.query.where).toEqual({
    and: [
      { field: { column: "lat" }, op: "gt", value: 0 },
      { field: { column: "open" }, is: "true" },
      { or: [{ field: { column: "a" }, op: "eq", value: 1 }] },
    ],
  });
  expect([read1.limit, read1.query.order]).toEqual([5, [{ field: { column: "distance" } }]]);
});

test("what cannot be a filter is an argument, for the plan to refuse by name", () => {
  expect([...read("?lat=1&lgn=2", ["lat", "lng"]).args.keys()]).toEqual(["lat", "lgn"]);
  expect([...read("?a=eq.1&b=2", null).args.keys()]).toEqual(["a", "b"]);
});

test("an argument is given once", async () => {
  expect((await refusalOf(() => read("?lat=1&lat=2", ["lat"]))).code).toBe("PGRST100");
  // Two filters of one column are a range, and fine.
  expect(read("?n=gt.1&n=lt.5", ["lat"]).values).toEqual(["1", "5"]);
});
