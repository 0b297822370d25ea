import { expect, test } from "vitest";
import { parseCsv } from "../../../src/protocols/rest/parse-csv.ts";
import { csvOf, withoutNulls } from "../../../src/protocols/rest/rows.ts";

test.each([
  ['{"a":1,"b":null}', '{"a":1}'],
  ['{"a":{"b":null,"c":[null,{"d":null}]}}', '{"a":{"c":[null,{}]}}'],
  ['{"a":"null","b":"x"}', '{"a":"null","b":"x"}'],
  ["null", "null"],
])("%s without nulls", (row, stripped) => {
  expect(withoutNulls(row)).toBe(stripped);
});

const rows = (...of: unknown[]) => of.map((row) => JSON.stringify(row));

test("a line of names, and one per row", () => {
  const first = { name: "a", n: 1.5, open: true, none: null };
  const second = { name: 'x, "y"', n: -2, open: false, none: "" };
  expect(csvOf(rows(first, second))).toBe(
    'name,n,open,none\na,1.5,true,\n"x, ""y""",-2,false,""\n',
  );
  expect(csvOf([])).toBe("\n");
});

test("what is in a cell is JSON where it is no plain value", () => {
  const text = csvOf(rows({ list: [1, "a"], of: { b: null } }));
  expect(text).toBe('list,of\n"[1,""a""]","{""b"":null}"\n');
  expect(parseCsv(text)).toEqual([{ list: '[1,"a"]', of: '{"b":null}' }]);
});

test.each(["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\0x"])("no cell runs: %j", (value) => {
  const [row] = parseCsv(csvOf(rows({ [value]: value, n: -1 })));
  expect(row).toEqual({ [`'${value}`]: `'${value}`, n: "-1" });
});

test("a text that reads as null is no null", () => {
  expect(parseCsv(csvOf(rows({ a: "NULL", b: "" })))).toEqual([{ a: "NULL", b: "" }]);
});

test("a value without a name", () => {
  expect(csvOf(rows(3))).toBe("pgrst_scalar\n3\n");
  expect(csvOf(rows([1, 2]))).toBe('pgrst_scalar\n"[1,2]"\n');
  expect(csvOf(rows({ a: 3 }))).toBe("a\n3\n");
});
