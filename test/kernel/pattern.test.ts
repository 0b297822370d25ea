import { describe, expect, test } from "vitest";
import {
  fold,
  foldAscii,
  foldPattern,
  patternForm,
  patternGlob,
  patternMatches,
  patternText,
  prefixEnd,
} from "../../src/kernel/pattern.ts";

test.each([
  ["", "exact", ""],
  ["abc", "exact", "abc"],
  ["a\\%b\\_c\\\\", "exact", "a%b_c\\"],
  ["%", "any", ""],
  ["%%%", "any", ""],
  ["abc%", "prefix", "abc"],
  ["abc%%", "prefix", "abc"],
  ["\\%%", "prefix", "%"],
  ["%abc", "suffix", "abc"],
  ["%abc%", "contains", "abc"],
  ["%\\%%", "contains", "%"],
  ["a%b", "glob", "ab"],
  ["_", "glob", ""],
  ["a_", "glob", "a"],
  ["%_%", "glob", ""],
  ["trailing\\", "exact", "trailing\\"],
])("%j is %s, about %j", (pattern, form, text) => {
  expect(patternForm(pattern)).toBe(form);
  expect(patternText(pattern)).toBe(text);
});

test.each([
  ["a%b", "a*b"],
  ["a_b", "a?b"],
  ["*?[%", "[*][?][[]*"],
  ["\\%_%", "%?*"],
  ["]^-", "]^-"],
])("%j is GLOB's %j", (pattern, glob) => {
  expect(patternGlob(pattern)).toBe(glob);
});

test.each<[string, string, boolean]>([
  ["a%b%c", "a-b--c", true],
  ["a%b%c", "a-c-b", false],
  ["%ab%ab", "abab", true],
  ["%ab%ab", "ab", false],
  ["_", "😀", true],
  ["__", "😀", false],
  ["%", "", true],
  ["_%", "", false],
  ["", "", true],
  ["", "a", false],
  ["a\\_", "a_", true],
  ["a\\_", "ab", false],
])("%j on %j: %s", (pattern, text, matches) => {
  expect(patternMatches(pattern, text)).toBe(matches);
});

describe("the end of a prefix", () => {
  test.each([
    ["a", "b"],
    ["az", "a{"],
    ["\ud7ff", "\ue000"],
    ["a\u{10ffff}", "b"],
    ["é", "ê"],
  ])("%j: %j", (prefix, end) => {
    expect(prefixEnd(prefix)).toBe(end);
    expect(prefixEnd(prefix).isWellFormed()).toBe(true);
  });

  test("of the last characters there are is above all that begin with them", () => {
    expect(prefixEnd("\u{10ffff}") > "\u{10ffff}\u{10ffff}").toBe(true);
  });
});

describe("folding", () => {
  test.each([
    ["ÄPFEL", "äpfel"],
    ["ＡＢＣ", "abc"],
    ["ﬁ", "fi"],
    ["e\u0301", "é"],
    ["か\u3099", "が"],
    ["ｶﾞ", "ガ"],
    ["PHỞ", "phở"],
    ["ẞ", "ß"],
  ])("%j: %j", (text, folded) => {
    expect(fold(text)).toBe(folded);
    expect(fold(fold(text))).toBe(folded);
  });

  test("ASCII only: A to Z, as SQLite's lower()", () => {
    expect(foldAscii("ABC xyz ÄÖ İ")).toBe("abc xyz ÄÖ İ");
  });

  test("a pattern's wildcards stay wildcards, and letters that become like them do not", () => {
    expect(foldPattern("％A%_\\_", fold)).toBe("\\%a%_\\_");
  });
});
