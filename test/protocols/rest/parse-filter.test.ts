import { expect, test } from "vitest";
import { type Condition, Values } from "../../../src/kernel/intent.ts";
import { parseUrl } from "../../../src/protocols/rest/parse-url.ts";
import { refusalOf } from "./refusal.ts";

/** The condition of one key and value, with its values. */
function read(key: string, value: string): [Condition | undefined, unknown[]] {
  const values = new Values();
  const search = `?${encodeURIComponent(key)}=${encodeURIComponent(value)}`;
  return [parseUrl(search, values).query.where, values.list];
}

const a = { column: "a" };
const eq = (column: string, value: number): Condition => ({ field: { column }, op: "eq", value });
const like = { form: "prefix", fold: false } as const;

const grammar: [string, string, Condition, unknown[]][] = [
  ["a", "eq.1", eq("a", 0), ["1"]],
  ["a", "eq.", eq("a", 0), [""]],
  ["a", "eq.x,y.(z)", eq("a", 0), ["x,y.(z)"]],
  ["a", 'eq."q"', eq("a", 0), ['"q"']],
  ["a", "eq.line\nbreak", eq("a", 0), ["line\nbreak"]],
  ["a", "not.eq.1", { not: eq("a", 0) }, ["1"]],
  ['"a.b"', "eq.1", eq("a.b", 0), ["1"]],
  ["Unit Price", "lt.2", { field: { column: "Unit Price" }, op: "lt", value: 0 }, ["2"]],
  [
    "data->n->>0",
    "gt.5",
    {
      field: { column: "data", path: ["n", 0], text: true },
      op: "gt",
      value: 0,
    },
    ["5"],
  ],
  ...["neq", "gt", "gte", "lt", "lte", "match", "imatch", "isdistinct"].map(generic),
  ...["sl", "sr", "nxr", "nxl", "adj"].map(generic),
  [
    "a",
    "plfts(english).fat cats",
    { field: a, search: 0, config: "english" },
    [{ all: [{ phrase: ["fat"] }, { phrase: ["cats"] }] }],
  ],
  [
    "a",
    "not.phfts(simple).x",
    {
      not: { field: a, search: 0, config: "simple" },
    },
    [{ phrase: ["x"] }],
  ],
  ["a", "is.null", { field: a, is: "null" }, []],
  ["a", "is.NOT_NULL", { field: a, is: "not_null" }, []],
  ["a", "is.true", { field: a, is: "true" }, []],
  ["a", "is.false", { field: a, is: "false" }, []],
  ["a", "is.unknown", { field: a, is: "unknown" }, []],
  ["a", "not.is.null", { not: { field: a, is: "null" } }, []],
  ["a", "in.()", { field: a, in: 0, size: "many" }, [[]]],
  ["a", "in.(1)", { field: a, in: 0, size: 1 }, ["1"]],
  ["a", "in.(1,2,3)", { field: a, in: 0, size: 4 }, ["1", "2", "3", "3"]],
  ["a", "in.(1,2,3,4,5)", { field: a, in: 0, size: "many" }, [["1", "2", "3", "4", "5"]]],
  ["a", 'in.("x,y","\\"q\\" \\\\")', { field: a, in: 0, size: 2 }, ["x,y", '"q" \\']],
  ["a", 'in.( b,c"d)', { field: a, in: 0, size: 2 }, [" b", 'c"d']],
  ["a", 'in.("",)', { field: a, in: 0, size: 2 }, ["", ""]],
  ["a", "not.in.(1)", { not: { field: a, in: 0, size: 1 } }, ["1"]],
  ["a", "like.x*", { field: a, like: 0, ...like }, ["x%"]],
  ["a", "like.x%", { field: a, like: 0, ...like }, ["x%"]],
  ["a", "ilike.*x*", { field: a, like: 0, form: "contains", fold: true }, ["%x%"]],
  ["a", "like.a*b", { field: a, like: 0, form: "glob", fold: false }, ["a%b"]],
  [
    "a",
    "like(any).{x*,y*}",
    {
      or: [
        { field: a, like: 0, ...like },
        { field: a, like: 1, ...like },
      ],
    },
    ["x%", "y%"],
  ],
  [
    "a",
    'ilike(all).{"x,y", z }',
    {
      and: [
        { field: a, like: 0, form: "exact", fold: true },
        { field: a, like: 1, form: "exact", fold: true },
      ],
    },
    ["x,y", "z"],
  ],
  ["a", "eq(any).{1,2}", { field: a, in: 0, size: 2 }, ["1", "2"]],
  ["a", "eq(any).{}", { field: a, in: 0, size: "many" }, [[]]],
  ["a", "not.gte(all).{1}", { not: { and: [{ field: a, op: "gte", value: 0 }] } }, ["1"]],
  ["or", "(a.eq.1,b.eq.2)", { or: [eq("a", 0), eq("b", 1)] }, ["1", "2"]],
  ["and", "( a.eq.1 , b.eq.2)", { and: [eq("a", 0), eq("b", 1)] }, ["1 ", "2"]],
  ["not.or", "(a.eq.1)", { not: { or: [eq("a", 0)] } }, ["1"]],
  ["not.and", "(a.eq.1)", { not: { and: [eq("a", 0)] } }, ["1"]],
  [
    "or",
    "(a.eq.1,not.and(b.eq.2,or(c.not.eq.3)))",
    {
      or: [eq("a", 0), { not: { and: [eq("b", 1), { or: [{ not: eq("c", 2) }] }] } }],
    },
    ["1", "2", "3"],
  ],
  ["or", '(a.eq."x,y)",b.eq.)', { or: [eq("a", 0), eq("b", 1)] }, ["x,y)", ""]],
  [
    "or",
    "(a.eq.1.5,a.eq.2020-01-01T00:00:00.000Z)",
    {
      or: [eq("a", 0), eq("a", 1)],
    },
    ["1.5", "2020-01-01T00:00:00.000Z"],
  ],
  [
    "or",
    '(a.in.("x)",y),a.is.null)',
    {
      or: [
        { field: a, in: 0, size: 2 },
        { field: a, is: "null" },
      ],
    },
    ["x)", "y"],
  ],
  [
    "or",
    '(a.cs.{x,y},a.cs.{"k":{"v":"}"}},a.ov.["x,y",1],a.cd."[]")',
    {
      or: [
        { field: a, meets: "each", value: 0, depth: 2 },
        { field: a, meets: "contains", value: 1, depth: 2 },
        { field: a, meets: "overlaps", value: 2, depth: 1 },
        { field: a, meets: "contained", value: 3, depth: 1 },
      ],
    },
    [[["x"], ["y"]], { k: { v: "}" } }, ["x,y", 1], []],
  ],
  [
    "or",
    '(a.like(any).{x*,y*},a.phfts(simple).z,b.phfts."x,y")',
    {
      or: [
        {
          or: [
            { field: a, like: 0, ...like },
            { field: a, like: 1, ...like },
          ],
        },
        { field: a, search: 2, config: "simple" },
        { field: { column: "b" }, search: 3 },
      ],
    },
    ["x%", "y%", { phrase: ["z"] }, { phrase: ["x,y"] }],
  ],
  [
    "or",
    '("and".eq.1,data->>b.eq.2,and.eq.3)',
    {
      or: [
        eq("and", 0),
        { field: { column: "data", path: ["b"], text: true }, op: "eq", value: 1 },
        eq("and", 2),
      ],
    },
    ["1", "2", "3"],
  ],
];

function generic(op: string): [string, string, Condition, unknown[]] {
  return ["a", `${op}.{x,"y"}`, { field: a, op, value: 0 }, ['{x,"y"}']];
}

test.each(grammar)("%s=%s", (key, value, condition, values) => {
  expect(read(key, value)).toEqual([condition, values]);
});

const broken: [string, string, string][] = [
  ["a", "", "a: expected an operator"],
  ["a", "1", "expected an operator and a dot"],
  ["a", "eq", "expected an operator and a dot"],
  ["a", "equals.1", 'at character 1, found "equals.1"'],
  ["a", "not.not.eq.1", "expected an operator"],
  ["a", "is.maybe", "expected null, not_null, true, false or unknown at character 4"],
  ["a", "is.null ", "expected the end"],
  ["a", "in.1,2", 'expected "(" before the list'],
  ["a", "in.(1,2", 'expected a comma or ")"'],
  ["a", "in.(1)2", "expected the end"],
  ["a", 'in.("1"2)', 'expected a comma or ")"'],
  ["a", 'in.("1)', "closing quote"],
  ["a", "neq(any).{1}", 'no parentheses after "neq"'],
  ["a", "eq(some).{1}", "eq(any) or eq(all)"],
  ["a", "eq(any).1", 'expected "{"'],
  ["a", "eq(any).{1,null}", "nothing equals null"],
  ["a", "eq(any).{1,{2}}", "nothing equals null"],
  ["a", "eq(any).{1", 'expected a comma or "}"'],
  ["a", "eq(any).{1}2", "expected the end"],
  ["a", "fts().x", "a word in the parentheses"],
  ["or", "a.eq.1", 'or: expected "(" at character 1'],
  ["or", "()", "expected a column"],
  ["or", "(a.eq.1", 'expected a comma or ")"'],
  ["or", "(a.eq.1))", "expected the end"],
  ["or", "(a.eq.1,)", "expected a column"],
  ["or", "(rel.a.eq.1)", "expected an operator"],
  ["or", '(a.eq."x"y)', 'expected a comma or ")" after the value'],
  ["or", "(a.cs.{x)", "closing brackets"],
  ["or", "(a=eq.1)", "expected an operator"],
  ["a->", "eq.1", "expected a key or an index"],
  ["a:b", "eq.1", "expected a dot or the end"],
  ["a->b.c", "eq.1", "expected the end"],
  ["", "eq.1", "expected a column"],
];

test.each(broken)("%s=%s is refused where it breaks", async (key, value, reason) => {
  const refusal = await refusalOf(() => read(key, value));
  expect(refusal.code).toBe("PGRST100");
  expect(refusal.params.reason).toContain(reason);
});

test("a filter has bounds", async () => {
  const many = (n: number) => `(${Array.from({ length: n }, () => "a.eq.1").join(",")})`;
  expect(read("or", many(199))[1]).toHaveLength(199);
  const wide = await refusalOf(() => read("or", many(200)));
  expect([wide.code, wide.params]).toEqual(["filter_too_large", { max: 200, what: "conditions" }]);

  const deep = (n: number) => `(${"and(".repeat(n - 1)}a.eq.1${")".repeat(n)}`;
  expect(read("or", deep(20))[1]).toEqual(["1"]);
  const tower = await refusalOf(() => read("or", deep(21)));
  expect([tower.code, tower.params.max]).toEqual(["filter_too_large", 20]);
  // Far deeper than any stack would bear.
  expect((await refusalOf(() => read("or", deep(100_000)))).code).toBe("filter_too_large");

  const list = (n: number) => `in.(${Array.from({ length: n }, (_, i) => i).join(",")})`;
  expect(read("a", list(10_000))[1]).toEqual([Array.from({ length: 10_000 }, (_, i) => String(i))]);
  const long = await refusalOf(() => read("a", list(10_001)));
  expect([long.code, long.params.max]).toEqual(["filter_too_large", 10_000]);
});
