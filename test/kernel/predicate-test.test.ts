import { describe, expect, test } from "vitest";
import { guest } from "../../src/kernel/actor.ts";
import {
  and,
  eq,
  everyone,
  gt,
  isNotNull,
  isNull,
  lt,
  member,
  neq,
  nobody,
  not,
  now,
  oneOf,
  or,
  own,
  type Predicate,
  signedIn,
  via,
} from "../../src/kernel/predicate.ts";
import { type RowBind, testRow } from "../../src/kernel/predicate-test.ts";
import type { AnyTable, Kind, Row } from "../../src/kernel/table.ts";

const kinds: Record<string, Kind> = {
  name: "text",
  other: "text",
  n: "integer",
  flag: "boolean",
  doc: "json",
  at: "timestamp",
  owner: "uuid",
};
const bind: RowBind = {
  kinds: (column) => kinds[column],
  folds: (column) => column === "name",
  actor: { role: "authenticated", id: "u1", session: "s1", address: "local" },
  now: "2026-11-20T00:00:00.000Z",
  values: ["a", "b", 1, ["x", null]],
};
const row: Row = {
  name: "İstanbul",
  other: null,
  n: 5,
  flag: true,
  owner: "u1",
  at: "2026-11-19T23:59:59.999Z",
  doc: { a: { b: [1, "x", null, true, { c: 1.5 }] }, n: null, __proto__: null },
};

const unknown = eq("other", "x");
const never: () => AnyTable = () => expect.unreachable();
const elsewhere = member("n", never, "id", everyone);
const field = (path: (string | number)[], text: boolean) => ({ column: "doc", path, text });
const at = (path: (string | number)[], text: boolean, value: string): Predicate => ({
  kind: "compare",
  op: "eq",
  left: field(path, text),
  right: { value },
});
const absent = (path: (string | number)[], text: boolean): Predicate => ({
  kind: "is",
  left: field(path, text),
  word: "null",
});
const like = (column: string, pattern: string, fold: boolean): Predicate => ({
  kind: "like",
  left: { column },
  pattern: { value: pattern },
  form: "glob",
  fold,
});

describe("the tables of truth", () => {
  const truths = { yes: everyone, no: nobody, null: unknown, ask: elsewhere };
  type Truth = keyof typeof truths;
  const tables: [a: Truth, b: Truth, and: Truth, or: Truth][] = [
    ["yes", "yes", "yes", "yes"],
    ["yes", "no", "no", "yes"],
    ["yes", "null", "null", "yes"],
    ["yes", "ask", "ask", "yes"],
    ["no", "no", "no", "no"],
    ["no", "null", "no", "null"],
    ["no", "ask", "no", "ask"],
    ["null", "null", "null", "null"],
    ["null", "ask", "ask", "ask"],
    ["ask", "ask", "ask", "ask"],
  ];
  const top = (t: Truth) => (t === "null" ? "no" : t);
  const negated = { yes: "no", no: "yes", null: "no", ask: "ask" } as const;

  test.each(tables)("%s with %s: and is %s, or is %s", (a, b, both, either) => {
    for (const [x, y] of [
      [truths[a], truths[b]],
      [truths[b], truths[a]],
    ] as [Predicate, Predicate][]) {
      expect(testRow(and(x, y), row, bind)).toBe(top(both));
      expect(testRow(or(x, y), row, bind)).toBe(top(either));
      expect(testRow(not(and(x, y)), row, bind)).toBe(negated[both]);
      expect(testRow(not(or(x, y)), row, bind)).toBe(negated[either]);
    }
  });

  test("nothing to satisfy is yes, nothing to choose from is no", () => {
    expect(testRow({ kind: "and", of: [] }, row, bind)).toBe("yes");
    expect(testRow({ kind: "or", of: [] }, row, bind)).toBe("no");
  });
});

describe("one condition", () => {
  const yes: [string, Predicate][] = [
    ["own", own("owner")],
    ["signed in", signedIn],
    ["before now", lt("at", now)],
    ["a boolean", eq("flag", true)],
    ["is null", isNull("other")],
    ["is not null", isNotNull("n")],
    ["is true", { kind: "is", left: { column: "flag" }, word: "true" }],
    ["is not false", not({ kind: "is", left: { column: "flag" }, word: "false" })],
    ["NULL is not true, surely", not({ kind: "is", left: { column: "other" }, word: "true" })],
    [
      "distinct from null",
      { kind: "compare", op: "isdistinct", left: { column: "n" }, right: { value: null } },
    ],
    ["one of", oneOf("n", [null, 5])],
    ["not one of none, though null", not(oneOf("other", []))],
    ["a slot list", { kind: "in", left: { value: "b" }, list: { slot: 0, size: 2 } }],
    ["a slot of many", { kind: "in", left: { value: "x" }, list: { slot: 3, size: "many" } }],
    ["numbers before text", lt("n", "0")],
    [
      "astral after U+FFFD",
      { kind: "compare", op: "gt", left: { value: "😀" }, right: { value: "\ufffd" } },
    ],
    ["-> number", at(["a", "b", 0], false, "1")],
    ["-> string is quoted", at(["a", "b", 1], false, '"x"')],
    ["-> JSON null is a value", at(["n"], false, "null")],
    ["->> JSON null is NULL", absent(["n"], true)],
    ["->> string", at(["a", "b", 1], true, "x")],
    ["->> boolean", at(["a", "b", 3], true, "true")],
    ["->> object", at(["a", "b", -1], true, '{"c":1.5}')],
    ["absent", absent(["zz"], false)],
    ["inherited is absent", absent(["constructor"], false)],
    ["a key of an array", absent(["a", "b", "length"], false)],
    ["an index of an object", absent(["a", 0], false)],
    ["an index past the end", absent(["a", "b", 9], false)],
    ["beyond a scalar", absent(["a", "b", 1, "x"], false)],
    ["like", like("name", "_stan%", false)],
    ["ilike with fold", like("name", "%TANB_L", true)],
  ];
  test.each(yes)("yes: %s", (_, predicate) => expect(testRow(predicate, row, bind)).toBe("yes"));

  const no: [string, Predicate][] = [
    ["NULL = x", unknown],
    ["NULL <> x", neq("other", "x")],
    ["NULL > x", gt("other", "")],
    ["not one of a list with NULL", not(oneOf("n", [1, null]))],
    ["NULL one of", oneOf("other", ["x"])],
    ["NULL like %", like("other", "%", false)],
    ["like heeds case", like("name", "%TAN%", false)],
    ["unknown", { kind: "is", left: { column: "n" }, word: "unknown" }],
  ];
  test.each(no)("no: %s", (_, predicate) => expect(testRow(predicate, row, bind)).toBe("no"));

  test("ilike without fold folds ASCII only", () => {
    const plain = { ...bind, folds: () => false };
    expect(testRow(like("name", "ÉTÉ", true), { name: "été" }, plain)).toBe("no");
    expect(testRow(like("name", "ÉTÉ", true), { name: "été" }, bind)).toBe("yes");
    expect(testRow(like("name", "É%T", true), { name: "Ét" }, plain)).toBe("yes");
  });

  test("a guest owns nothing, not even what is nobody's", () => {
    const nobodys = { ...bind, actor: guest("local") };
    expect(testRow(own("owner"), { owner: null }, nobodys)).toBe("no");
    expect(testRow(signedIn, row, nobodys)).toBe("no");
  });

  test("what the row does not carry must be asked", () => {
    for (const p of [
      eq("secret", 1),
      isNull("secret"),
      oneOf("secret", [1]),
      like("secret", "x", true),
    ]) {
      expect(testRow(p, row, bind)).toBe("ask");
    }
    expect(testRow(via("n"), row, bind)).toBe("ask");
  });
});
