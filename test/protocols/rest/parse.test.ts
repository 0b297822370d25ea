import { expect, test } from "vitest";
import {
  parseCall,
  parseDelete,
  parseInsert,
  parsePut,
  parseRead,
  parseUpdate,
} from "../../../src/protocols/rest/parse.ts";
import { refusalOf } from "./refusal.ts";
import { request, shapeOf } from "./request.ts";

const form = { "content-type": "application/x-www-form-urlencoded" };
const csv = { "content-type": "text/csv; header=present" };
const star = [{ star: true }];

test("a read", async () => {
  const parsing = parseRead(
    request("GET", "?select=id&a=eq.1&limit=5", {
      range: "2-",
      prefer: "count=exact",
      accept: "application/vnd.pgrst.object+json",
      "accept-profile": "staff",
      "content-profile": "elsewhere",
      "x-d1-bookmark": "00000001-00000002-abcdef01-0123456789abcdef",
      "idempotency-key": "reads have none",
    }),
    "t",
  );
  expect(await shapeOf(parsing)).toEqual([
    {
      verb: "read",
      table: "t",
      schema: "staff",
      single: true,
      count: "exact",
      query: {
        select: [{ field: { column: "id" } }],
        where: { field: { column: "a" }, op: "eq", value: 0 },
        limit: 1,
        offset: 2,
      },
    },
    ["1", 3, 2],
  ]);
  const { offset, execution } = await parsing;
  expect(offset).toBe(2);
  expect(execution).toEqual({ bookmark: "00000001-00000002-abcdef01-0123456789abcdef" });
});

test("the public schema is not worth a word in the shape", async () => {
  const [shape] = await shapeOf(parseRead(request("GET", "", { "accept-profile": "public" }), "t"));
  expect(shape).toEqual({ verb: "read", table: "t", query: { select: star } });
});

test.each(["first-unconstrained", "first-primary", "x", "1".repeat(500)])(
  "%s is no bookmark, and is not passed on",
  async (bookmark) => {
    const parsed = await parseRead(request("GET", "", { "x-d1-bookmark": bookmark }), "t");
    expect(parsed.execution).toEqual({});
  },
);

const minimal = { table: "t", answer: "minimal", returning: star };

test("inserts", async () => {
  const one = parseInsert(request("POST", "", {}, { a: 1, b: null }), "t");
  expect(await shapeOf(one)).toEqual([
    { verb: "insert", ...minimal, columns: ["a", "b"], rows: 0, missing: "null" },
    [[{ a: 1, b: null }]],
  ]);
  const many = parseInsert(
    request(
      "POST",
      '?columns="a","b"&select=a',
      {
        prefer:
          "return=representation, missing=default, tx=rollback, max-affected=1, handling=strict",
      },
      [{ a: 1 }, { b: 2, c: 3 }],
    ),
    "t",
  );
  expect(await shapeOf(many)).toEqual([
    {
      verb: "insert",
      table: "t",
      answer: "representation",
      returning: [{ field: { column: "a" } }],
      dryRun: true,
      columns: ["a", "b"],
      rows: 0,
      missing: "default",
    },
    [[{ a: 1 }, { b: 2, c: 3 }]],
  ]);
});

test.each([
  [{}, [{}], []],
  [[], [], []],
  [
    [
      { b: 1, a: 2 },
      { a: 3, b: 4 },
    ],
    [
      { b: 1, a: 2 },
      { a: 3, b: 4 },
    ],
    ["b", "a"],
  ],
])("insert of %j", async (body, rows, columns) => {
  const [shape, values] = await shapeOf(parseInsert(request("POST", "", {}, body), "t"));
  expect([shape, values]).toEqual([
    { verb: "insert", ...minimal, columns, rows: 0, missing: "null" },
    [rows],
  ]);
});

test("upserts", async () => {
  const conflictOf = async (search: string, prefer: string) => {
    const [shape] = await shapeOf(parseInsert(request("POST", search, { prefer }, { a: 1 }), "t"));
    return "conflict" in shape ? shape.conflict : undefined;
  };
  expect(await conflictOf("", "resolution=merge-duplicates")).toEqual({ resolution: "merge" });
  expect(await conflictOf("?on_conflict=a,b", "resolution=ignore-duplicates")).toEqual({
    columns: ["a", "b"],
    resolution: "ignore",
  });
  expect(await conflictOf("?on_conflict=a", "return=minimal")).toBeUndefined();
});

test("PUT is an upsert of the row that the URL names", async () => {
  const parsing = parsePut(
    request("PUT", "?id=eq.4&lang=eq.en", { "if-match": '"3"' }, { id: 4, lang: "en", n: 1 }),
    "t",
  );
  expect(await shapeOf(parsing)).toEqual([
    {
      verb: "insert",
      ...minimal,
      ifMatch: 2,
      columns: ["id", "lang", "n"],
      rows: 3,
      missing: "null",
      conflict: { columns: ["id", "lang"], resolution: "merge" },
    },
    ["4", "en", [3], [{ id: 4, lang: "en", n: 1 }]],
  ]);
});

test("what a row must be, or that there is none, goes with a write that may merge", async () => {
  const any = { "if-match": "*", "if-none-match": "*" };
  const put = request("PUT", "?id=eq.4", any, { id: 4 });
  expect((await shapeOf(parsePut(put, "t")))[0]).toMatchObject({ ifMatch: "*", ifNoneMatch: true });
  const post = request(
    "POST",
    "",
    { "if-match": '"3"', prefer: "resolution=merge-duplicates" },
    {},
  );
  const [shape, values] = await shapeOf(parseInsert(post, "t"));
  expect(shape).toMatchObject({ ifMatch: 0 });
  expect(values[0]).toEqual([3]);
  expect(shape).not.toHaveProperty("ifNoneMatch");
});

test.each([
  ["", { id: 4 }, "PGRST105"],
  ["?id=gt.4", { id: 4 }, "PGRST105"],
  ["?or=(id.eq.4,id.eq.5)", { id: 4 }, "PGRST105"],
  ["?id->a=eq.4", { id: 4 }, "PGRST105"],
  ["?id=eq.4", { id: 5 }, "PGRST115"],
  ["?id=eq.4", { n: 4 }, "PGRST115"],
  ["?id=eq.4&columns=n", { id: 4, n: 4 }, "PGRST115"],
  ["?id=eq.4&limit=1", { id: 4 }, "PGRST114"],
  ["?id=eq.4", [{ id: 4 }], "PGRST102"],
])("PUT %s of %j: %s", async (search, body, code) => {
  const refusal = await refusalOf(() => parsePut(request("PUT", search, {}, body), "t"));
  expect(refusal.code).toBe(code);
});

test("updates and deletes", async () => {
  const headers = {
    prefer: "return=representation, handling=strict, max-affected=2, count=exact",
    "if-match": '"7", "8"',
    "content-profile": "staff",
    "accept-profile": "elsewhere",
  };
  const affecting = {
    schema: "staff",
    table: "t",
    count: "exact",
    answer: "representation",
    returning: star,
    order: [{ field: { column: "a" } }],
    limit: 1,
    offset: 2,
    where: { field: { column: "a" }, op: "eq", value: 0 },
    maxAffected: 3,
    ifMatch: 4,
  };
  const search = "?a=eq.1&order=a&limit=10&offset=5";
  expect(await shapeOf(parseUpdate(request("PATCH", search, headers, { b: 2 }), "t"))).toEqual([
    { verb: "update", ...affecting, columns: ["b"], row: 5 },
    ["1", 10, 5, 2, [7, 8], { b: 2 }],
  ]);
  expect(await shapeOf(parseDelete(request("DELETE", search, headers), "t"))).toEqual([
    { verb: "delete", ...affecting },
    ["1", 10, 5, 2, [7, 8]],
  ]);
});

test("an update of nothing is for the plan to see", async () => {
  const [shape] = await shapeOf(parseUpdate(request("PATCH", "?a=eq.1", {}, {}), "t"));
  expect(shape).toMatchObject({ verb: "update", columns: [] });
  const [named] = await shapeOf(
    parseUpdate(request("PATCH", "?a=eq.1&columns=b", {}, { b: 1, c: 2 }), "t"),
  );
  expect(named).toMatchObject({ columns: ["b"] });
});

test("writes without a filter are refused, for the verb they are", async () => {
  const update = await refusalOf(() => parseUpdate(request("PATCH", "", {}, { a: 1 }), "t"));
  expect([update.code, update.params]).toEqual([
    "unfiltered_write",
    { verb: "Update", table: "t" },
  ]);
  const search = "?select=r(a)&r.a=eq.1";
  const erase = await refusalOf(() => parseDelete(request("DELETE", search), "t"));
  expect([erase.code, erase.params.verb]).toEqual(["unfiltered_write", "Delete"]);
});

test.each([
  [
    "limit on a write that sends no rows back",
    () => parseDelete(request("DELETE", "?a=eq.1&limit=1"), "t"),
    "PGRST127",
  ],
  [
    "a filter on an insert",
    () => parseInsert(request("POST", "?a=eq.1", {}, { a: 1 }), "t"),
    "PGRST127",
  ],
  ["a body that is no JSON", () => parseInsert(request("POST", "", {}, "{a:1}"), "t"), "PGRST102"],
  ["no body", () => parseInsert(request("POST", ""), "t"), "PGRST102"],
  ["a number", () => parseInsert(request("POST", "", {}, 5), "t"), "PGRST102"],
  ["null", () => parseInsert(request("POST", "", {}, null), "t"), "PGRST102"],
  ["rows that are no objects", () => parseInsert(request("POST", "", {}, [1]), "t"), "PGRST102"],
  [
    "rows of different keys",
    () => parseInsert(request("POST", "", {}, [{ a: 1 }, { b: 1 }]), "t"),
    "PGRST102",
  ],
  [
    "rows of more and less keys",
    () => parseInsert(request("POST", "", {}, [{ a: 1 }, { a: 1, b: 1 }]), "t"),
    "PGRST102",
  ],
  [
    "a list as new values",
    () => parseUpdate(request("PATCH", "?a=eq.1", {}, [{ a: 1 }]), "t"),
    "PGRST102",
  ],
  ["arguments in a list", () => parseCall(request("POST", "", {}, [1]), "f", []), "PGRST102"],
  [
    "another media type",
    () => parseInsert(request("POST", "", { "content-type": "text/plain" }, "a\n1"), "t"),
    "content_type_invalid",
  ],
  [
    "a form that says a field twice",
    () => parseInsert(request("POST", "", form, "a=1&a=2"), "t"),
    "PGRST102",
  ],
  [
    "several rows of CSV as new values",
    () => parseUpdate(request("PATCH", "?a=eq.1", csv, "a\n1\n2"), "t"),
    "PGRST102",
  ],
])("%s is refused", async (_, act, code) => {
  expect((await refusalOf(act)).code).toBe(code);
});

test("media types that are JSON are read as JSON", async () => {
  for (const type of ["application/json; charset=utf-8", "application/vnd.pgrst.object+json"]) {
    const parsing = parseInsert(request("POST", "", { "content-type": type }, { a: 1 }), "t");
    expect((await shapeOf(parsing))[1]).toEqual([[{ a: 1 }]]);
  }
});

test("calls", async () => {
  const get = parseCall(request("GET", "?lat=1.5&open=is.true&limit=3"), "near", ["lat"]);
  expect(await shapeOf(get)).toEqual([
    {
      verb: "call",
      function: "near",
      names: ["lat"],
      args: 0,
      asText: true,
      query: { select: star, where: { field: { column: "open" }, is: "true" }, limit: 1 },
      readOnly: true,
    },
    [{ lat: "1.5" }, 3],
  ]);
  const post = parseCall(
    request("POST", "?lat=eq.2", { prefer: "count=exact" }, { lat: 1.5, tags: ["a"] }),
    "near",
    ["lat", "tags"],
  );
  expect(await shapeOf(post)).toEqual([
    {
      verb: "call",
      count: "exact",
      function: "near",
      names: ["lat", "tags"],
      args: 1,
      query: { select: star, where: { field: { column: "lat" }, op: "eq", value: 0 } },
      readOnly: false,
    },
    ["2", { lat: 1.5, tags: ["a"] }],
  ]);
  const [bare] = await shapeOf(parseCall(request("POST", ""), "now", []));
  expect(bare).toMatchObject({ names: [] });
});

test("a key makes writes and calls by POST happen once", async () => {
  const key = { "idempotency-key": "k-1" };
  const parsings = [
    parseInsert(request("POST", "", key, { a: 1 }), "t"),
    parsePut(request("PUT", "?a=eq.1", key, { a: 1 }), "t"),
    parseUpdate(request("PATCH", "?a=eq.1", key, { a: 1 }), "t"),
    parseDelete(request("DELETE", "?a=eq.1", key), "t"),
    parseCall(request("POST", "", key, {}), "f", []),
  ];
  const routes = (await Promise.all(parsings)).map((p) => p.execution.idempotency?.route);
  expect(routes).toEqual(["POST", "PUT", "PATCH", "DELETE", "POST"].map((m) => `${m} /rest/v1/t`));
  const reading = await parseCall(request("GET", "", key), "f", []);
  expect(reading.execution).toEqual({});
});
