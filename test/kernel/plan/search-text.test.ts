// Words, and any text as what is searched for.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import { type Search, searchExpression } from "../../../src/kernel/plan/search-query.ts";
import { searchText, wordsOf } from "../../../src/kernel/words.ts";
import fc from "../../random.ts";
import { type Filter, insert, read, refused, rows, search } from "../ask.ts";
import { createTables, raw, strict } from "../database.ts";
import { anna, kernelOf } from "../fixture.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const phrase = (...words: string[]): Search => ({ phrase: words });
const prefix = (word: string): Search => ({ phrase: [word], prefix: true });

beforeAll(createTables);

async function named(where: Filter, actor: Actor = anna): Promise<unknown[]> {
  const asked = read("dishes", { select: ["name"], where, order: ["name"] });
  return (await rows(kernel, asked, actor)).map((row) => row.name);
}

describe("words", () => {
  test.each<[string, string[]]>([
    ["Café  NOIR", ["cafe", "noir"]],
    ["回転寿司屋 2号店", ["回", "転", "寿", "司", "屋", "2", "号", "店"]],
    ["ラーメン・がんこ亭", ["ラ", "ー", "メ", "ン", "が", "ん", "こ", "亭"]],
    ["ﾗｰﾒﾝ", ["ラ", "ー", "メ", "ン"]],
    ["Phở Bò Đặc Biệt", ["pho", "bo", "dac", "biet"]],
    ["ΣΊΣΥΦΟΣ", ["σισυφοσ"]],
    ["Ёлка й", ["елка", "и"]],
    ["İstanbul ISPARTA ığdır", ["istanbul", "isparta", "igdir"]],
    ["Straße, Łódź & Ærø", ["strasse", "lodz", "aero"]],
    ["김치찌개", ["김", "치", "찌", "개"]],
    ["नमस्ते", ["नमस्ते"]],
    ["don't-stop_me", ["don", "t", "stop", "me"]],
    ['🍜 "quoted" * (x) ^y {z}: -w +v', ["quoted", "x", "y", "z", "w", "v"]],
    ["", []],
    ["🍜!?", []],
  ])("of %j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test("are kept beside a text only where it does not spell them itself", () => {
    expect(searchText("Plain ASCII, don't store: it twice!")).toBeNull();
    expect(searchText("Café")).toBe("cafe");
    expect(searchText("寿司")).toBe("寿 司");
  });
});

describe("any text", () => {
  const word = fc.constantFrom(
    "a",
    "b",
    "ab",
    "é",
    "e",
    "寿",
    "寿司",
    "司",
    "Ab",
    "AND",
    "NEAR",
    "*",
  );
  const tree = fc.letrec<{ tree: Search }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.array(word, { minLength: 1, maxLength: 3 }).map((words): Search => ({ phrase: words })),
      word.map((w): Search => ({ phrase: [w], prefix: true })),
      fc.array(tie("tree"), { maxLength: 3 }).map((of): Search => ({ all: of })),
      fc.array(tie("tree"), { maxLength: 3 }).map((of): Search => ({ some: of })),
      tie("tree").map((of): Search => ({ not: of })),
    ),
  })).tree;

  /** What the index is to say; undefined: the tree says nothing. */
  function says(of: Search, text: string[]): boolean | undefined {
    if ("not" in of) {
      const inner = says(of.not, text);
      return inner === undefined ? undefined : !inner;
    }
    if (!("phrase" in of)) {
      const parts = ("all" in of ? of.all : of.some).flatMap((p) => says(p, text) ?? []);
      if (parts.length === 0) return undefined;
      return "all" in of ? parts.every(Boolean) : parts.some(Boolean);
    }
    const want = of.phrase.flatMap(wordsOf);
    if (want.length === 0) return undefined;
    const fits = (have: string | undefined, i: number) =>
      of.prefix && i === want.length - 1
        ? have?.startsWith(want[i] ?? "") === true
        : have === want[i];
    return text.some((_, at) => want.every((__, i) => fits(text[at + i], i)));
  }

  test("is found as a plain reading of it says", async () => {
    const names = fc.array(
      fc.array(word, { maxLength: 5 }).map((words) => words.join(" ")),
      { minLength: 1, maxLength: 12 },
    );
    const property = fc.asyncProperty(
      names,
      fc.array(tree, { maxLength: 12 }),
      async (all, trees) => {
        await raw("delete from dishes");
        const given = [...new Set(all)];
        await kernel.execute(
          insert(
            "dishes",
            given.map((name) => ({ name })),
          ),
          anna,
        );
        for (const of of trees) {
          const expected = given.filter((name) => says(of, wordsOf(name)) === true);
          const found = await named(search("name", of));
          expect(found.toSorted(), JSON.stringify([of, given])).toEqual(expected.toSorted());
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test("is never syntax", async () => {
    const hostile = [
      '" OR "a',
      "{_search_name} : a",
      "a* NOT b",
      "NEAR(a b, 2)",
      "^a",
      "a AND",
      "-- ' ; drop table dishes",
      '"'.repeat(99),
      "(".repeat(99),
      "\ue000",
      "\ue001",
      "\u0001\u007f\u200b\ufeff",
      "\u{10ffff}",
      "a\u0301\u0302\u0303",
    ];
    for (const text of hostile) {
      for (const of of [phrase(text), prefix(text), { not: phrase(text) }]) {
        await named(search("name", of));
      }
      expect(searchExpression(phrase(text), "c", false)).toMatch(
        /^(?:"\ue001"|\{c\} : \("[\p{L}\p{N}\p{M} ]+"\))$/u,
      );
    }
    const property = fc.asyncProperty(
      fc.string({ unit: "binary", maxLength: 40 }),
      async (text) => {
        const asked = named(search("name", { some: [phrase(text), prefix(text)] }));
        if (text.includes("\0") || !text.isWellFormed()) await refused(asked, "22021");
        else await asked;
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  test("of 100 words is searched for; of more it is refused first", async () => {
    const words = (n: number) => phrase(Array.from({ length: n }, (_, i) => `w${i}`).join(" "));
    expect(await named(search("name", words(100)))).toEqual([]);
    const each: Search = { some: Array.from({ length: 100 }, (_, i) => prefix(`w${i}`)) };
    expect(await named(search("name", each))).toEqual([]);
    const before = database.trips;
    await refused(named(search("name", words(101))), "filter_too_large", {
      max: 100,
      what: "words to search for",
    });
    await refused(named(search("name", phrase("寿".repeat(5_000)))), "filter_too_large");
    expect(database.trips).toBe(before);
  });
});
