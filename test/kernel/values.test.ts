import { describe, expect, test } from "vitest";
import { Refusal } from "../../src/kernel/errors.ts";
import type { Column, Kind } from "../../src/kernel/table.ts";
import { fromStored, fromText, toStored } from "../../src/kernel/values.ts";

const column = (kind: Kind, maxBytes?: number): Column => ({
  name: "c",
  kind,
  notNull: false,
  fallback: undefined,
  ...(maxBytes === undefined ? {} : { maxBytes }),
});

test("what a column finds amiss is refused in its words, and null is not looked at", () => {
  const even = (value: unknown) => (Object(value).n % 2 === 0 ? undefined : "n is even");
  const asked = { ...column("json"), table: "pairs", amiss: even };
  expect(toStored(asked, { n: 2 })).toBe('{"n":2}');
  expect(toStored(asked, '{"n":2}', true)).toBe('{"n":2}');
  expect(toStored(asked, null)).toBeNull();
  for (const [value, asText] of [[{ n: 3 }, false] as const, ['{"n":3}', true] as const]) {
    const params = { table: "pairs", constraint: "pairs_c", condition: "n is even" };
    expect(() => toStored(asked, value, asText)).toThrow(
      expect.objectContaining({ code: "23514", params }),
    );
  }
});

/** What is stored, or the code of the refusal. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return `refused ${error.code}`;
    throw error;
  }
}

const no = (code: string) => `refused ${code}`;
const id = "01890a5d-ac96-774b-bcce-b302099a8057";

const cases: Record<Kind, [value: unknown, stored: unknown][]> = {
  uuid: [
    [id, id],
    [id.toUpperCase(), id],
    [id.replaceAll("-", ""), no("22P02")],
    [`{${id}}`, no("22P02")],
    [` ${id}`, no("22P02")],
    [1, no("22P02")],
  ],
  text: [
    ["", ""],
    ["Phở 🍜", "Phở 🍜"],
    [5, no("22P02")],
    [true, no("22P02")],
    [["x"], no("22P02")],
    ["a\0b", no("22021")],
    ["\ud800", no("22021")],
    ["x".repeat(65_536), "x".repeat(65_536)],
    ["x".repeat(65_537), no("22001")],
    ["ở".repeat(21_846), no("22001")],
  ],
  integer: [
    [0, 0],
    [-0, 0],
    ["42", 42],
    [" +42 ", 42],
    ["-007", -7],
    [2 ** 53 - 1, 2 ** 53 - 1],
    ["-9007199254740991", -(2 ** 53 - 1)],
    ["9007199254740992", no("22003")],
    [2 ** 53, no("22003")],
    [1e300, no("22003")],
    ["9".repeat(400), no("22003")],
    [1.5, no("22P02")],
    ["1.0", no("22P02")],
    ["1e2", no("22P02")],
    ["0x10", no("22P02")],
    ["", no("22P02")],
    ["x", no("22P02")],
    [true, no("22P02")],
    [[1], no("22P02")],
    [Number.NaN, no("22P02")],
  ],
  real: [
    [1.5, 1.5],
    [3, 3],
    ["-2.5e3", -2500],
    [".5", 0.5],
    ["5.", 5],
    ["1e999", no("22003")],
    [Number.POSITIVE_INFINITY, no("22003")],
    [Number.NaN, no("22P02")],
    ["NaN", no("22P02")],
    ["Infinity", no("22P02")],
    [".", no("22P02")],
    ["1,5", no("22P02")],
    [false, no("22P02")],
  ],
  boolean: [
    [true, 1],
    [false, 0],
    ...["t", "TRUE", "y", "Yes", "on", "1", " true "].map((w): [string, number] => [w, 1]),
    ...["f", "False", "n", "NO", "off", "0"].map((w): [string, number] => [w, 0]),
    [1, no("22P02")],
    ["2", no("22P02")],
    ["", no("22P02")],
  ],
  json: [
    [{ a: [1, null, "x"] }, '{"a":[1,null,"x"]}'],
    ["text", '"text"'],
    [false, "false"],
    [0, "0"],
    [{ a: "\\ud800" }, '{"a":"\\\\ud800"}'],
    [{ a: "\ud800" }, no("22021")],
    [{ "\udc00": 1 }, no("22021")],
    [["\0"], no("22021")],
    ["x".repeat(65_535), no("22001")],
  ],
  timestamp: [
    ["2026-11-20T11:22:33.456Z", "2026-11-20T11:22:33.456Z"],
    ["2026-11-20 11:22:33.456789+02:00", "2026-11-20T09:22:33.456Z"],
    ["2026-11-20t11:22:33.9999z", "2026-11-20T11:22:33.999Z"],
    ["2026-11-20T11:22", "2026-11-20T11:22:00.000Z"],
    ["2026-11-20T11:22:33.5-0330", "2026-11-20T14:52:33.500Z"],
    ["2026-11-20T11:22:33 02:00", "2026-11-20T09:22:33.000Z"],
    ["2026-11-20 00:00:00+09", "2026-11-19T15:00:00.000Z"],
    ["2026-11-20", "2026-11-20T00:00:00.000Z"],
    ["0001-01-01T00:00Z", "0001-01-01T00:00:00.000Z"],
    ["0099-12-31T23:59:59Z", "0099-12-31T23:59:59.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2025-02-29", no("22008")],
    ["1900-02-29", no("22008")],
    ["2026-02-30T00:00Z", no("22008")],
    ["2026-13-01", no("22008")],
    ["2026-00-01", no("22008")],
    ["2026-01-00", no("22008")],
    ["2026-01-01T25:00Z", no("22008")],
    ["2026-01-01T10:60Z", no("22008")],
    ["2026-01-01T10:00:60Z", no("22008")],
    ["2026-01-01T10:00+16", no("22008")],
    ["2026-01-01T10:00+01:60", no("22008")],
    ["0000-01-01", no("22008")],
    ["10000-01-01", no("22008")],
    ["002026-01-01", no("22008")],
    ["0001-01-01T00:00+01", no("22008")],
    ["9999-12-31T23:59-01", no("22008")],
    ["2026-1-1", no("22007")],
    ["20261120", no("22007")],
    ["2026-11-20T11Z", no("22007")],
    ["2026-11-20T11:22:33.Z", no("22007")],
    ["2026-11-20T11:22:33Z\n", no("22007")],
    ["now", no("22007")],
    ["", no("22007")],
    [1795173753456, no("22007")],
  ],
  date: [
    ["2026-11-20", "2026-11-20"],
    ["2026-02-29", no("22008")],
    ["10000-01-01", no("22008")],
    ["2026-11-20T00:00Z", no("22007")],
    ["20.11.2026", no("22007")],
    [20261120, no("22007")],
  ],
};

const kinds = Object.keys(cases) as Kind[]; // Object.keys forgets the type of the keys

describe.each(kinds)("%s", (kind) => {
  test.each(cases[kind])("%j is stored as %j", (value, stored) => {
    expect(outcome(() => toStored(column(kind), value))).toBe(stored);
  });

  test("null is null", () => {
    expect(toStored(column(kind), null)).toBe(null);
    expect(fromStored(kind, null)).toBe(null);
  });

  test("text in a filter is read by the same rule", () => {
    for (const [value, stored] of cases[kind]) {
      if (typeof value !== "string" || kind === "json" || stored === no("22001")) continue;
      expect(outcome(() => fromText(kind, value))).toBe(stored);
    }
  });

  test("what is stored comes back equal, and is stored equal again", () => {
    for (const [value, stored] of cases[kind]) {
      if (String(stored).startsWith("refused")) continue;
      const back = fromStored(kind, toStored(column(kind), value));
      expect(toStored(column(kind), back)).toBe(stored);
    }
  });
});

test("a column's own limit counts bytes of UTF-8", () => {
  expect(toStored(column("text", 3), "ở")).toBe("ở");
  expect(outcome(() => toStored(column("text", 2), "ở"))).toBe(no("22001"));
  expect(outcome(() => toStored(column("json", 4), "ở"))).toBe(no("22001"));
});

test("booleans and JSON leave the database as such", () => {
  expect(fromStored("boolean", 1)).toBe(true);
  expect(fromStored("boolean", 0)).toBe(false);
  expect(fromStored("json", '{"a":[1]}')).toEqual({ a: [1] });
  expect(fromStored("integer", 1)).toBe(1);
});

test("a JSON literal of a filter is minified, or 22P02", () => {
  expect(fromText("json", ' { "a" : [ 1 , 2 ] } ')).toBe('{"a":[1,2]}');
  expect(fromText("json", "null")).toBe("null");
  for (const text of ["{", "", '{"a":1,"a":2}', "9007199254740993", '"\\ud800"']) {
    expect(outcome(() => fromText("json", text))).toBe(no("22P02"));
  }
});

test("a refusal quotes at most 100 characters of what was sent", () => {
  const long = `${"🍜".repeat(80)}`;
  try {
    fromText("integer", `x${long}`);
    expect.unreachable();
  } catch (error) {
    const value = error instanceof Refusal ? String(error.params.value) : "";
    expect(value.length).toBe(102);
    expect(value.isWellFormed()).toBe(true);
  }
});

test("long nonsense is refused in linear time", () => {
  for (const kind of kinds) {
    if (kind === "text") continue;
    const nonsense = ["1".repeat(1e6), " ".repeat(1e6), "1.".repeat(5e5)].map((s) => `${s}x`);
    for (const text of nonsense) expect(outcome(() => fromText(kind, text))).toMatch(/^refused/);
  }
});
