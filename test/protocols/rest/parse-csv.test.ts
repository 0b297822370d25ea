import { expect, test } from "vitest";
import { parseCsv } from "../../../src/protocols/rest/parse-csv.ts";
import fc from "../../random.ts";
import { refusalOf } from "./refusal.ts";

test.each([
  ["a,b\n1,2\n", [{ a: "1", b: "2" }]],
  [
    "a,b\r\n1,2\r\n3,4",
    [
      { a: "1", b: "2" },
      { a: "3", b: "4" },
    ],
  ],
  ["\ufeffa\nx", [{ a: "x" }]],
  ['a,b\n"x, ""y""\nz",', [{ a: 'x, "y"\nz', b: "" }]],
  ['a\nNULL\n"NULL"\nnull', [{ a: null }, { a: "NULL" }, { a: "null" }]],
  ['a\n""', [{ a: "" }]],
  ["a\n\n", [{ a: "" }]],
  ['"a,b",c\n 1 ,\t', [{ "a,b": " 1 ", c: "\t" }]],
  ["a,b", []],
  ["", []],
])("%j", (text, rows) => {
  expect(parseCsv(text)).toEqual(rows);
});

test.each([
  ["a,b\n1", "row 1 has 1 cells, the first line 2"],
  ["a\n1\n2,3", "row 2 has 2 cells, the first line 1"],
  ['a\n"1', "row 1 has a quote that does not close"],
  ['a\nx"y"', "row 1 has a quote in the middle of a cell"],
  ['a\n"x"y', "row 1 has a quote in the middle of a cell"],
  ["a,a\n1,2", 'the column "a" stands twice in the first line'],
  ["a,,b\n1,2,3", "a column of the first line has no name"],
])("%j is refused", async (text, reason) => {
  const refusal = await refusalOf(() => parseCsv(text));
  expect([refusal.code, refusal.params.reason]).toEqual(["PGRST102", reason]);
});

test("whatever is quoted comes back", () => {
  const table = fc.array(fc.array(fc.string({ unit: "binary" }), { minLength: 2, maxLength: 2 }));
  fc.assert(
    fc.property(table, (rows) => {
      const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
      const lines = ["a,b", ...rows.map((cells) => cells.map(quote).join(","))];
      const expected = rows.map(([a, b]) => ({ a, b }));
      expect(parseCsv(lines.join("\n"))).toEqual(expected);
      expect(parseCsv(`${lines.join("\r\n")}\r\n`)).toEqual(expected);
    }),
  );
});
