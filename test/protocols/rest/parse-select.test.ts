import { expect, test } from "vitest";
import type { Item } from "../../../src/kernel/intent.ts";
import { MAX_EMBED_DEPTH, parseSelect } from "../../../src/protocols/rest/parse-select.ts";
import { refusalOf } from "./refusal.ts";

const col = (column: string) => ({ field: { column } });
const rel = (relation: string, select: Item[], more = {}): Item => ({
  embed: { relation, query: { select }, ...more },
});

const grammar: [string, Item[]][] = [
  ["", [{ star: true }]],
  ["  ", [{ star: true }]],
  ["*", [{ star: true }]],
  ["id,name", [col("id"), col("name")]],
  [" id , name ", [col("id"), col("name")]],
  ["*,name", [{ star: true }, col("name")]],
  ["full:name", [{ ...col("name"), alias: "full" }]],
  ['"a.b":"c,d"', [{ ...col("c,d"), alias: "a.b" }]],
  ['"say \\"hi\\" \\\\"', [col('say "hi" \\')]],
  ["Unit Price", [col("Unit Price")]],
  ["größe,名前", [col("größe"), col("名前")]],
  ["a-b", [col("a-b")]],
  ["price::text", [{ ...col("price"), cast: "text" }]],
  ["p:price::double precision", [{ ...col("price"), alias: "p", cast: "double precision" }]],
  ["tags::text[]", [{ ...col("tags"), cast: "text[]" }]],
  ["data->a", [{ field: { column: "data", path: ["a"] } }]],
  ["data->>a", [{ field: { column: "data", path: ["a"], text: true } }]],
  ["data->a->0->>b", [{ field: { column: "data", path: ["a", 0, "b"], text: true } }]],
  ["data->-1", [{ field: { column: "data", path: [-1] } }]],
  ['data->"0"', [{ field: { column: "data", path: ["0"] } }]],
  ["data->0a", [{ field: { column: "data", path: ["0a"] } }]],
  [
    "n:data->>a::int",
    [{ field: { column: "data", path: ["a"], text: true }, alias: "n", cast: "int" }],
  ],
  ["count()", [{ count: true }]],
  ["n:count()::text", [{ count: true, alias: "n", cast: "text" }]],
  ["count", [col("count")]],
  ["price.sum()", [{ ...col("price"), aggregate: "sum" }]],
  ["id.count()", [{ ...col("id"), aggregate: "count" }]],
  [
    "t:price::int.avg()::text",
    [{ ...col("price"), alias: "t", cast: "int", aggregate: "avg", aggregateCast: "text" }],
  ],
  [
    "data->n::int.max()",
    [{ field: { column: "data", path: ["n"] }, cast: "int", aggregate: "max" }],
  ],
  ["items()", [rel("items", [])]],
  ["items(*)", [rel("items", [{ star: true }])]],
  ["id,items( id , name )", [col("id"), rel("items", [col("id"), col("name")])]],
  ["kitchen:restaurants(name)", [rel("restaurants", [col("name")], { alias: "kitchen" })]],
  ["items!inner(id)", [rel("items", [col("id")], { join: "inner" })]],
  ["items!left(id)", [rel("items", [col("id")], { join: "left" })]],
  ["items!fk_a(id)", [rel("items", [col("id")], { hint: "fk_a" })]],
  ["items!fk_a!inner(id)", [rel("items", [col("id")], { hint: "fk_a", join: "inner" })]],
  ["items!inner!fk_a(id)", [rel("items", [col("id")], { hint: "fk_a", join: "inner" })]],
  ["...cities(country)", [rel("cities", [col("country")], { spread: true })]],
  ["...count()", [rel("count", [], { spread: true })]],
  ["a(b(c,...d(e)))", [rel("a", [rel("b", [col("c"), rel("d", [col("e")], { spread: true })])])]],
  ["orders(total.sum(),day)", [rel("orders", [{ ...col("total"), aggregate: "sum" }, col("day")])]],
];

test.each(grammar)("select=%s", (text, items) => {
  expect(parseSelect(text)).toEqual(items);
});

const broken: [string, string][] = [
  [",", "expected a column, an embed or * at character 1"],
  ["id,", "at character 4, found the end"],
  ["id,,name", "at character 4"],
  ["items(id", 'expected a comma or ")"'],
  ["items(id))", "expected a comma or the end at character 10"],
  ["a:b:c", "expected a comma or the end at character 4"],
  ["data->a:b", "a new name stands before the column"],
  ["data->>a->b", "->> gives text"],
  ["data->", "expected a key or an index"],
  ["data->a(b)", "expected a comma or the end"],
  ["price::", "expected a type"],
  ["price.median()", "expected count(), sum(), avg(), min() or max()"],
  ["price.sum", "expected count(), sum(), avg(), min() or max()"],
  ["...name", "only an embed can be spread"],
  ["items!a!b(id)", "one hint is enough"],
  ["items!(id)", "expected a hint, inner or left"],
  ["items!inner", 'expected "("'],
  ['"open', "expected a text with its closing quote"],
  ['""', "expected a column"],
];

test.each(broken)("select=%s is refused where it breaks", async (text, reason) => {
  const refusal = await refusalOf(() => parseSelect(text));
  expect(refusal.code).toBe("PGRST100");
  expect(refusal.params.reason).toContain(reason);
});

test("embeds nest to a bound", async () => {
  const nest = (depth: number) => "a(".repeat(depth) + ")".repeat(depth);
  expect(parseSelect(nest(MAX_EMBED_DEPTH))).toHaveLength(1);
  const refusal = await refusalOf(() => parseSelect(nest(MAX_EMBED_DEPTH + 1)));
  expect(refusal.params.reason).toContain("deeper than 8");
});
