import { beforeAll, describe, expect, test } from "vitest";
import { problemOf } from "../../../src/kernel/errors.ts";
import {
  all,
  among,
  any,
  compare,
  embed,
  eq,
  type Filter,
  field,
  ilike,
  insert,
  is,
  like,
  meets,
  no,
  read,
  refused,
  rows,
  update,
  upsert,
} from "../ask.ts";
import { changesNothing, createTables, raw } from "../database.ts";
import { anna, ben, kernelOf, secretKey, uuids } from "../fixture.ts";

const kernel = kernelOf();
const names = [
  "東京タワー",
  "とうきょう",
  "Phở Bò",
  "PHỞ GÀ",
  "Straße",
  "STRASSE",
  "Ärger",
  "über",
  "plain",
  "PLAIN text",
  "100% [x]_y*?",
  "",
];

beforeAll(async () => {
  await createTables();
  const orders = names.map((note, i) => ({
    note,
    label: note,
    total: i,
    weight: i / 4,
    gift: i % 2 === 0,
    day: `2026-01-${10 + i}`,
  }));
  await kernel.execute(
    insert("orders", [
      ...orders,
      { note: null, total: 99, doc: { tag: "a", n: 2 }, due: "2026-05-01T12:00:00+02:00" },
    ]),
    anna,
  );
  await kernel.execute(insert("orders", { note: "canary-of-ben", total: 1 }), ben);
  await raw("update orders set secret = 'canary'");
});

const totals = async (where: Filter, actor = anna): Promise<number[]> =>
  (await rows(kernel, read("orders", { select: ["total"], where, order: ["total"] }), actor)).map(
    (r) => Number(r.total),
  );
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("comparisons", () => {
  test.each<[string, Filter, number[]]>([
    ["eq", eq("total", "3"), [3]],
    ["neq leaves nulls out", compare("note", "neq", "plain"), [...upTo(12).filter((i) => i !== 8)]],
    [
      "isdistinct keeps them",
      compare("note", "isdistinct", "plain"),
      [...upTo(12).filter((i) => i !== 8), 99],
    ],
    ["lt", compare("total", "lt", "2"), [0, 1]],
    ["lte", compare("total", "lte", "2"), [0, 1, 2]],
    ["gt on a real", compare("weight", "gt", "2.5"), [11]],
    ["gte on a day", compare("day", "gte", "2026-01-20"), [10, 11]],
    ["a moment in another zone", eq("due", "2026-05-01T10:00:00Z"), [99]],
    ["a boolean in any spelling", all(eq("gift", "t"), compare("total", "lt", "4")), [0, 2]],
    ["JSON as text", eq({ column: "doc", path: ["tag"], text: true }, "a"), [99]],
    ["JSON as JSON", compare({ column: "doc", path: ["n"] }, "eq", " 2 "), [99]],
    ["is null", is("note", "null"), [99]],
    ["is not null", is("note", "not_null"), upTo(12)],
    ["is true", all(is("gift", "true"), compare("total", "lt", "3")), [0, 2]],
    ["is false", all(is("gift", "false"), compare("total", "lt", "4")), [1, 3]],
    ["is unknown", is("gift", "unknown"), []],
  ])("%s", async (_, where, expected) => {
    expect(await totals(where)).toEqual(expected);
  });
});

describe("trees", () => {
  test.each<[string, Filter, number[]]>([
    ["or", any(eq("total", "1"), eq("total", "3")), [1, 3]],
    [
      "and inside or inside not",
      no(any(all(compare("total", "gte", "2"), compare("total", "lte", "99")), eq("total", "0"))),
      [1],
    ],
    [
      "not of a comparison with null is not true",
      no(eq("note", "plain")),
      upTo(12).filter((i) => i !== 8),
    ],
    ["not not", no(no(eq("total", "5"))), [5]],
    ["and of nothing holds", all(), [...upTo(12), 99]],
    ["or of nothing does not", any(), []],
  ])("%s", async (_, where, expected) => {
    expect(await totals(where)).toEqual(expected);
  });

  test("an or cannot widen what the policy allows", async () => {
    const widest = any(
      is("id", "not_null"),
      eq("user_id", uuids.ben),
      no(eq("user_id", uuids.anna)),
    );
    const found = await rows(kernel, read("orders", { where: widest }), anna);
    expect(found).toHaveLength(13);
    expect(JSON.stringify(found)).not.toContain("canary");
  });
});

describe("lists", () => {
  test.each([1, 2, 3, 4, 5, 500])("in with %i values", async (size) => {
    const list = Array.from({ length: size }, (_, i) => String(i * 2));
    expect(await totals(among("total", list))).toEqual(
      upTo(12).filter((i) => i % 2 === 0 && i / 2 < size),
    );
    expect(await totals(no(among("total", list)))).toEqual(
      [...upTo(12), 99].filter((i) => !list.includes(String(i))),
    );
  });

  test("in with no value is nothing", async () => {
    expect(await totals(among("total", []))).toEqual([]);
    expect(await totals(no(among("total", [])))).toHaveLength(13);
  });

  test("texts in a list", async () => {
    expect(await totals(among("note", ["plain", "Straße", "x", "y", "z"]))).toEqual([4, 8]);
    expect(await totals(among("note", ["plain"]))).toEqual([8]);
  });
});

describe("patterns", () => {
  test.each<[string, Filter, number[]]>([
    ["exact", like("note", "plain"), [8]],
    ["exact with escapes", like("note", "100\\% [x]\\_y*?"), [10]],
    ["prefix", like("note", "PLAIN%"), [9]],
    ["suffix", like("note", "%text"), [9]],
    ["contains", like("note", "%% [x]\\_%"), [10]],
    ["one character each", like("note", "p_a__"), [8]],
    ["wildcards of GLOB are plain text", like("note", "%[x]_y*_"), [10]],
    ["any text, but no null", like("note", "%"), upTo(12)],
    ["like minds case", like("note", "Plain%"), []],
    ["ilike, folded: Japanese", ilike("note", "%京タ%"), [0]],
    ["ilike, folded: Vietnamese", ilike("note", "phở%"), [2, 3]],
    ["ilike, folded: German", ilike("note", "ÄRGER"), [6]],
    ["ilike, folded: ß stays ß", ilike("note", "straße"), [4]],
    ["ilike, folded: wide letters", ilike("note", "ＰＬＡＩＮ%"), [8, 9]],
    ["ilike, folded: in the middle", ilike("note", "_BER"), [7]],
    ["ilike elsewhere folds ASCII", ilike("label", "plain%"), [8, 9]],
    ["ilike elsewhere leaves other letters alone", ilike("label", "ärger"), []],
  ])("%s", async (_, where, expected) => {
    expect(await totals(where)).toEqual(expected);
  });

  test("a long pattern is refused only where GLOB must do it", async () => {
    expect(await totals(like("note", `%${"x".repeat(500)}%`))).toEqual([]);
    expect(await totals(like("note", `${"x".repeat(500)}%`))).toEqual([]);
    await refused(totals(like("note", `a_${"x".repeat(60)}`)), "pattern_too_long");
  });
});

describe("JSON values that meet", () => {
  const docs: unknown[] = [
    ["a", "b", 1, null],
    { a: 1, b: { c: [1, 2, { d: "x" }] }, e: [] },
    [{ k: 1 }, { l: 2 }],
    "a",
    [],
    [["a"], [["b"]]],
  ];
  beforeAll(async () => {
    await kernel.execute(
      insert(
        "orders",
        docs.map((doc, i) => ({ doc, total: 200 + i })),
      ),
      ben,
    );
  });
  const found = (where: Filter) => totals(all(where, compare("total", "gte", "200")), ben);
  const inside = { column: "doc", path: ["b"] };

  test.each<[string, Filter, number[]]>([
    ["contains elements, in any order", meets("doc", "contains", ["b", "a"]), [200]],
    ["contains an element by itself", meets("doc", "contains", "a"), [200, 203]],
    ["an element repeated counts once", meets("doc", "contains", [1, 1, 1]), [200]],
    ["JSON's null is an element", meets("doc", "contains", [null]), [200]],
    ["an object in an object", meets("doc", "contains", { b: { c: [{ d: "x" }, 2] } }), [201]],
    ["a key with another value", meets("doc", "contains", { b: { c: [{ d: "y" }] } }), []],
    ["a key that is not there", meets("doc", "contains", { z: null }), []],
    ["one element must hold both", meets("doc", "contains", [{ k: 1, l: 2 }]), []],
    ["two elements may share", meets("doc", "contains", [{ k: 1 }, { l: 2 }]), [202]],
    ["a list in a list, not its elements", meets("doc", "contains", [["a"]]), [205]],
    ["nor a level too few", meets("doc", "contains", [["b"]]), []],
    ["every list contains none", meets("doc", "contains", []), [200, 202, 204, 205]],
    ["an object that asks nothing", meets("doc", "contains", {}), [201]],
    ["numbers are not texts", meets("doc", "contains", ["1"]), []],
    ["inside a path", meets(inside, "contains", { c: [2] }), [201]],
    ["a path that is not there is null, not no", no(meets(inside, "contains", { c: [9] })), [201]],
    ["contained", meets("doc", "contained", ["a", "b", 1, null, 7]), [200, 203, 204]],
    ["contained, deeply", meets("doc", "contained", [["a", "b"], [["b", 1]]]), [204, 205]],
    ["contained in an object", meets("doc", "contained", { a: 1 }), []],
    ["overlaps", meets("doc", "overlaps", ["z", 1]), [200]],
    ["overlaps with nothing", meets("doc", "overlaps", []), []],
    ["one of each", meets("doc", "each", [["1", 1], ["a"]]), [200]],
    ["one of none", meets("doc", "each", [["a"], []]), []],
  ])("%s", async (_, where, expected) => {
    expect(await found(where)).toEqual(expected);
  });

  test("as deep and as much as the bounds say", async () => {
    const MOST = 5;
    const deep = (n: number): unknown => (n === 0 ? 1 : n % 2 ? [deep(n - 1)] : { k: deep(n - 1) });
    await kernel.execute(insert("orders", { doc: [[deep(MOST)]], total: 300 }), ben);
    expect(await found(meets("doc", "contains", deep(1)))).toEqual([200]);
    expect(await found(meets({ column: "doc", path: [0, 0] }, "contains", deep(MOST)))).toEqual([
      300,
    ]);
    expect(await found(meets("doc", "contained", deep(MOST)))).toEqual([204]);
    await refused(found(meets("doc", "contains", deep(MOST + 1))), "filter_too_large");
    const many = (n: number) => Array.from({ length: n }, (_, i) => i);
    expect(await found(meets("doc", "overlaps", many(199)))).toEqual([200]);
    await refused(found(meets("doc", "overlaps", many(200))), "filter_too_large");
    // Together, not each for itself.
    const both = (n: number) =>
      any(meets("doc", "overlaps", many(99)), no(meets("doc", "contains", many(n))));
    expect(await found(both(98))).toContain(200);
    await refused(found(both(100)), "filter_too_large", { max: 200, what: "JSON values" });
  });
});

describe("what makes no sense", () => {
  test.each<[string, Filter, string]>([
    ["an operator nobody has", compare("note", "near", "x"), "PGRST127"],
    ["like on a number", like("total", "1%"), "42883"],
    ["is true on a text", is("note", "true"), "42883"],
    ["a number that is none", eq("total", "many"), "22P02"],
    ["a number that is none, in a long list", among("total", ["1", "2", "3", "4", "x"]), "22P02"],
    ["a number too large", eq("total", "9007199254740993"), "22003"],
    ["a UUID that is none", eq("id", "1"), "22P02"],
    ["a moment that is none", eq("due", "soon"), "22007"],
    ["a day that is none", eq("day", "2026-02-30"), "22008"],
    ["JSON that is none", eq({ column: "doc", path: ["a"] }, "{"), "22P02"],
    ["a regular expression", compare("note", "imatch", "^a"), "regex_not_offered"],
    ["a range", compare("total", "adj", "[1,2]"), "range_not_offered"],
    ["to contain, for a text", meets("note", "contains", ["a"]), "42883"],
    ["to overlap with more than plain values", meets("doc", "overlaps", [["a"]]), "22P02"],
    ["a JSON value with a NUL", meets("doc", "contains", { a: "\0" }), "22021"],
  ])("%s", async (_, where, code) => {
    await refused(totals(where), code);
  });

  test("bounds on how much", async () => {
    const many = (n: number) => any(...Array.from({ length: n }, (_, i) => eq("total", String(i))));
    expect(await totals(many(190))).toEqual([...upTo(12), 99]);
    await refused(totals(many(250)), "filter_too_large");
    const deep = (n: number): Filter => (n === 0 ? eq("total", "1") : no(deep(n - 1)));
    expect(await totals(deep(18))).toEqual([1]);
    await refused(totals(deep(25)), "filter_too_large");
  });

  test("the largest tree within the bounds is taken; three inside each other are not", async () => {
    const bushy = (levels: number, column = "total", value = "0"): Filter =>
      levels === 0
        ? compare(column, "gte", value)
        : (levels % 2 ? all : any)(
            bushy(levels - 1, column, value),
            ...Array.from({ length: 8 }, () => compare(column, "gte", value)),
          );
    const found = await totals(bushy(18));
    expect(found.length).toBeGreaterThan(0);
    const where = bushy(18, "id", uuids.anna);
    const after = embed("after", { where, select: [embed("after", { where })] });
    const nested = read("transfers", { select: [after], where });
    // Each filter is within the bounds; together they are more than SQLite's depth of 100.
    await refused(kernel.execute(nested, anna), "statement_too_large");
  });
});

describe("a hidden column is one that does not exist", () => {
  const without = (text: string, name: string) => text.replaceAll(name, "∎");
  const asked = (column: string) => ({
    filter: read("orders", { where: eq(column, "canary") }),
    "is filter": read("orders", { where: is(column, "null") }),
    "filter by like": read("orders", { where: like(column, "c%") }),
    list: read("orders", { where: among(column, ["canary"]) }),
    order: read("orders", { order: [column] }),
    select: read("orders", { select: [column] }),
    path: read("orders", { select: [field({ column, path: ["a"] })] }),
    "embedded filter": read("lines", {
      select: [embed("orders", { where: eq(column, "canary") })],
    }),
    "embedded order": read("lines", {
      select: ["id", embed("orders", { select: ["id"] })],
      order: [{ field: { column }, relation: "orders" }],
    }),
    returning: insert("orders", { note: "x" }, { select: [column] }),
    insert: insert("orders", { [column]: "x" }),
    update: update("orders", { [column]: "x" }, { where: is("id", "not_null") }),
    "update filter": update("orders", { note: "x" }, { where: eq(column, "canary") }),
    conflict: upsert("orders", { note: "x" }, [column]),
  });

  test.each(Object.keys(asked("x")))(
    "in a %s, for everyone, with the same words",
    async (place) => {
      await changesNothing(async () => {
        for (const actor of [anna, secretKey]) {
          const texts = [];
          for (const column of ["secret", "sekret"]) {
            const intent = asked(column)[place as keyof ReturnType<typeof asked>]; // from its keys
            const error = await kernel.execute(intent, actor).then(
              () => undefined,
              (e) => e,
            );
            texts.push(without(JSON.stringify(problemOf(error)), column));
          }
          expect(texts[0]).toMatch(/"code":"(42703|PGRST204|42P10)"/);
          expect(texts[0]).toBe(texts[1]);
        }
      });
    },
  );

  test("an embed may bear a hidden column's name", async () => {
    const by = (alias: string) =>
      rows(
        kernel,
        read("orders", { select: ["id", embed("lines", { alias })], where: is(alias, "null") }),
        anna,
      );
    expect(await by("secret")).toHaveLength(13);
    expect(await by("sekret")).toHaveLength(13);
  });

  test("neither the version nor a companion column can be named", async () => {
    for (const column of ["_v", "_fold_note", "rowid"]) {
      await refused(kernel.execute(read("orders", { select: [column] }), secretKey), "42703");
      await refused(kernel.execute(insert("orders", { [column]: 1 }), anna), "PGRST204");
    }
  });
});
