// Every filter of the query builder, as supabase-js spells it.
import { beforeAll, expect, test } from "vitest";
import { insert } from "../../kernel/ask.ts";
import { createTables } from "../../kernel/database.ts";
import { anna, kernelOf } from "../../kernel/fixture.ts";
import { wireOf } from "./fixture-api.ts";

const kernel = kernelOf();
const { db, call } = wireOf(kernel, anna);

beforeAll(async () => {
  await createTables();
  const rows = [
    { note: "Apple pie", doc: ["a", "b"], total: 1, gift: true, day: "2026-01-01" },
    { note: "apple tart", doc: ["b", "c,d"], total: 2, weight: 1.5 },
    { note: 'Pear (ripe), "best" 100%', doc: [1, 2, "2"], total: 3, label: "x" },
    { note: "東京", doc: { k: 1, list: ["x"], deep: { a: [{ b: 2 }] } }, total: 4 },
    { note: null, doc: null, total: 5, label: "null" },
  ].map((row) => ({ gift: false, ...row }));
  await kernel.execute(insert("orders", rows), anna);
});

const from = () => db.from("orders").select("total").order("total");
type Query = PromiseLike<{ data: { total: number }[] | null; error: { code: string } | null }>;

async function totals(query: Query): Promise<number[] | string | undefined> {
  const { data, error } = await query;
  return data?.map((row) => row.total) ?? error?.code;
}

const cases: [string, (q: ReturnType<typeof from>) => Query, number[]][] = [
  ["eq", (q) => q.eq("note", "東京"), [4]],
  ["neq leaves null out", (q) => q.neq("note", "東京"), [1, 2, 3]],
  ["isDistinct keeps it", (q) => q.isDistinct("note", "東京"), [1, 2, 3, 5]],
  ["gt, lte", (q) => q.gt("total", 1).lte("total", 3), [2, 3]],
  ["gte on a day", (q) => q.gte("day", "2026-01-01"), [1]],
  ["lt on a real", (q) => q.lt("weight", 1.6), [2]],
  ["like", (q) => q.like("note", "A%"), [1]],
  ["ilike", (q) => q.ilike("note", "%APPLE%"), [1, 2]],
  ["likeAllOf", (q) => q.likeAllOf("note", ["%pp%", "%t"]), [2]],
  ["likeAnyOf", (q) => q.likeAnyOf("note", ["A%", "%t"]), [1, 2]],
  ["ilikeAllOf", (q) => q.ilikeAllOf("note", ["APP%", "%PIE"]), [1]],
  ["ilikeAnyOf", (q) => q.ilikeAnyOf("note", ["%PIE", "東%"]), [1, 4]],
  ["not like(any)", (q) => q.not("note", "like(any)", "{A%,a%}"), [3, 4]],
  ["eq(any)", (q) => q.filter("total", "eq(any)", "{1,5,9}"), [1, 5]],
  ["gt(all)", (q) => q.filter("total", "gt(all)", "{1,3}"), [4, 5]],
  ["in", (q) => q.in("total", [1, 2, 2, 9]), [1, 2]],
  ["in with reserved characters", (q) => q.in("note", ["Apple pie", "東京", "a,b"]), [1, 4]],
  ["notIn", (q) => q.notIn("total", [1, 2, 3, 4]), [5]],
  ["in of nothing", (q) => q.in("total", []), []],
  ["is null", (q) => q.is("note", null), [5]],
  ["is true", (q) => q.is("gift", true), [1]],
  ["is not_null", (q) => q.filter("note", "is", "not_null"), [1, 2, 3, 4]],
  ["not is null", (q) => q.not("note", "is", null), [1, 2, 3, 4]],
  ["contains a list", (q) => q.contains("doc", ["b"]), [1, 2]],
  ["contains numbers or their texts", (q) => q.contains("doc", [1, 2]), [3]],
  ["contains JSON", (q) => q.contains("doc", '["c,d"]'), [2]],
  ["contains an object", (q) => q.contains("doc", { k: 1, list: ["x"] }), [4]],
  ["contains, deeply", (q) => q.contains("doc", { deep: { a: [{ b: 2 }] } }), [4]],
  ["contains nothing: lists", (q) => q.contains("doc", []), [1, 2, 3, 4]],
  ["contains nothing: no scalars", (q) => q.contains("doc->k", []), []],
  ["contains inside a path", (q) => q.contains("doc->list", ["x"]), [4]],
  ["containedBy a list", (q) => q.containedBy("doc", ["a", "b", "z"]), [1]],
  ["containedBy JSON", (q) => q.containedBy("doc", '[1, 2, "2", 3]'), [3]],
  ["overlaps", (q) => q.overlaps("doc", ["a", "2"]), [1, 3]],
  ["not contains leaves null out", (q) => q.not("doc", "cs", "{b}"), [3, 4]],
  ["or", (q) => q.or('note.eq."Apple pie",doc.cs.["c,d"],and(total.gt.3,note.is.null)'), [1, 2, 5]],
  [
    "or with what is reserved",
    (q) => q.or('note.eq."Pear (ripe), \\"best\\" 100%",total.eq.9'),
    [3],
  ],
  ["match", (q) => q.match({ total: 2, note: "apple tart" }), [2]],
  ["a path as text", (q) => q.eq("doc->>k", 1), [4]],
  ["a text that says null", (q) => q.eq("label", "null"), [5]],
];

test.each(cases)("%s", async (_, filter, expected) => {
  expect(await totals(filter(from()))).toEqual(expected);
});

test.each<[string, (q: ReturnType<typeof from>) => Query, string]>([
  ["a regular expression", (q) => q.regexMatch("note", "^a"), "regex_not_offered"],
  ["without its case", (q) => q.regexIMatch("note", "^a"), "regex_not_offered"],
  ["several", (q) => q.filter("note", "match(any)", "{^a,^b}"), "regex_not_offered"],
  ["a range above", (q) => q.rangeGt("total", "[1,2]"), "range_not_offered"],
  ["a range adjacent", (q) => q.rangeAdjacent("total", "[1,2]"), "range_not_offered"],
  ["to contain, of a text", (q) => q.contains("note", ["a"]), "42883"],
  ["a range that overlaps", (q) => q.overlaps("doc", "[1,2)"), "22P02"],
  ["a word for a number", (q) => q.eq("total", "x"), "22P02"],
  ["a word among numbers", (q) => q.in("total", [1, 2, 3, 4, 5, "x"]), "22P02"],
  ["a word in any()", (q) => q.filter("total", "gt(any)", "{1,x}"), "22P02"],
  ["a number too large", (q) => q.gt("total", "9007199254740993"), "22003"],
  ["JSON with one", (q) => q.contains("doc", '{"k":9007199254740993}'), "22P02"],
  ["isDistinct from a word", (q) => q.isDistinct("total", "x"), "22P02"],
  ["a day that is none", (q) => q.lt("day", "2026-02-30"), "22008"],
  ["a NUL", (q) => q.eq("note", "a\0"), "22021"],
  ["a NUL in a list", (q) => q.in("note", ["a\0"]), "22021"],
  ["a modifier of neq", (q) => q.filter("note", "neq(any)", "{a}"), "PGRST100"],
])("%s is refused", async (_, filter, code) => {
  expect(await totals(filter(from()))).toBe(code);
});

test("what D1 has nothing for is refused with a way to do without", async () => {
  const ask = async (query: string) => (await call(`/orders?${query}`)).json();
  expect(await ask("note=match.a")).toMatchObject({
    status: 400,
    message: "D1 has no regexes",
    hint: "Use like, ilike or fts.",
  });
  expect(await ask("total=nxl.[1,2]")).toMatchObject({ hint: "Use gte and lt." });
  // A column that is not there is told first, hidden or not.
  expect(await ask("secret=match.a")).toMatchObject({ code: "42703" });
});

test("numbers beyond 2^53 are texts, or refused", async () => {
  const big = "9007199254740993";
  const sent = await call("/orders", { method: "POST", body: `{"total":${big}}` });
  expect([sent.status, await sent.json()]).toMatchObject([400, { code: "PGRST102" }]);
  const doc = await call("/orders", { method: "POST", body: `{"doc":{"n":[${big}]}}` });
  expect([doc.status, await doc.json()]).toMatchObject([400, { code: "PGRST102" }]);
  const label = await call("/orders", { method: "POST", body: `{"label":${big}}` });
  expect(label.status).toBe(400);
  const text = await db.from("orders").insert({ label: big, total: 77 }).select("label").single();
  expect(text.data).toEqual({ label: big });
  expect(await totals(from().eq("label", big))).toEqual([77]);
  expect(await totals(from().in("label", [big, "y"]))).toEqual([77]);
  expect(await totals(from().eq("doc->n", big))).toBe("22P02");
  await db.from("orders").delete().eq("total", 77);
});

test("filters of an embed, and of what it refers to", async () => {
  const { data: order } = await db.from("orders").select("id").eq("total", 1).single();
  const lines = ["one", "two", "three"].map((name, n) => ({ order_id: order?.id, name, n }));
  await db.from("lines").insert(lines);
  const select = db.from("orders").select("total, lines(name)").order("total");
  const { data } = await select
    .or("name.eq.one,n.gt.1", { referencedTable: "lines" })
    .order("n", { referencedTable: "lines" })
    .in("total", [1, 2]);
  expect(data).toEqual([
    { total: 1, lines: [{ name: "one" }, { name: "three" }] },
    { total: 2, lines: [] },
  ]);
  const inner = db.from("orders").select("total, lines!inner(name)");
  const not = await inner.not("lines.name", "like(any)", "{o*,tw*}").limit(1, {
    referencedTable: "lines",
  });
  expect(not.data).toEqual([{ total: 1, lines: [{ name: "three" }] }]);
});
