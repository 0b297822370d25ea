// PostgreSQL's grammars of what is searched for.
import { expect, test } from "vitest";
import { Refusal } from "../../../src/kernel/errors.ts";
import { parseSearch } from "../../../src/protocols/rest/parse-search.ts";
import fc from "../../random.ts";
import { refusalOf } from "./refusal.ts";

/** The tree in few words: groups of one are what is in them. */
function short(op: string, text: string): string {
  const say = (of: ReturnType<typeof parseSearch>): string => {
    if ("phrase" in of) return of.phrase.join("+") + (of.prefix ? "*" : "");
    if ("not" in of) return `!${say(of.not)}`;
    const parts = ("all" in of ? of.all : of.some).map(say);
    return parts.length === 1 ? parts.join() : `(${parts.join("all" in of ? " & " : " | ")})`;
  };
  return say(parseSearch(op, text));
}

test.each<[string, string, string]>([
  ["fts", "cat", "cat"],
  ["fts", "fat & cat | dog", "((fat & cat) | dog)"],
  ["fts", "fat&(cat|dog)", "(fat & (cat | dog))"],
  ["fts", "!fat & !!cat", "(!fat & cat)"],
  ["fts", "! ( fat | cat )", "!(fat | cat)"],
  ["fts", "fat <-> cat <1> dog & x", "(fat+cat+dog & x)"],
  ["fts", "cat:*", "cat*"],
  ["fts", "fat <-> ca:*", "fat+ca*"],
  ["fts", "'fat cat' & d", "(fat cat & d)"],
  ["fts", "'it''s & (x' | \\'y", "(it's & (x | 'y)"],
  ["fts", " ", "()"],
  ["fts", "寿司|phở", "(寿司 | phở)"],
  ["fts", "a-b", "a-b"],
  ["plfts", "fat & cat!", "(fat & & & cat!)"],
  ["plfts", "one", "one"],
  ["phfts", "the fat  cat", "the fat  cat"],
  ["wfts", "fat cat", "(fat & cat)"],
  ["wfts", '"fat cat" or dog -rat', '("fat cat" | (dog & !-rat))'],
  ["wfts", "a OR b Or c", "(a | b | c)"],
  ["wfts", "or a or", "(or & a & or)"],
  ["wfts", '-"fat cat" x', '(!-"fat cat" & x)'],
  ["wfts", 'open "quote never', '(open & "quote never)'],
  ["wfts", "a & | ! ( <-> :*", "(a & & & | & ! & ( & <-> & :*)"],
  ["wfts", "", "()"],
])("%s.%s", (op, text, tree) => {
  expect(short(op, text)).toBe(tree);
});

test.each([
  "fat cat",
  "fat &",
  "& fat",
  "fat | | cat",
  "(fat",
  "fat)",
  "()",
  "!",
  "fat <-> ",
  "fat <> cat",
  "'fat",
  "cat:",
  "cat:x",
  ":*",
  "fat < cat",
  "\\",
])("fts.%s is malformed", async (text) => {
  const refusal = await refusalOf(() => parseSearch("fts", text));
  expect([refusal.code, refusal.params.query]).toEqual(["42601", JSON.stringify(text)]);
});

test.each(["(a & b) <-> c", "a <2> b", "a:* <-> b", "!a <-> b", "a:A", "a:*b"])(
  "fts.%s is not offered",
  async (text) => {
    expect((await refusalOf(() => parseSearch("fts", text))).code).toBe("PGRST127");
  },
);

test("parentheses nest 20 deep", async () => {
  const deep = (n: number) => `${"(".repeat(n)}a${")".repeat(n)}`;
  expect(short("fts", deep(19))).toBe("a");
  expect((await refusalOf(() => parseSearch("fts", deep(20)))).code).toBe("filter_too_large");
  expect((await refusalOf(() => parseSearch("fts", "(".repeat(16_000)))).code).toBe(
    "filter_too_large",
  );
});

test("whatever is typed is read, or refused as fts alone is", () => {
  const typed = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(..."ab &|!()<->:*'\"\\"), maxLength: 30 }),
  );
  fc.assert(
    fc.property(typed, (text) => {
      for (const op of ["plfts", "phfts", "wfts"]) parseSearch(op, text);
      try {
        parseSearch("fts", text);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        expect(["42601", "PGRST127", "filter_too_large"]).toContain((error as Refusal).code);
      }
    }),
    { numRuns: 1_000 },
  );
});
