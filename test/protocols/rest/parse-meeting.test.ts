// What JSON columns may meet, as clients spell it.
import { expect, test } from "vitest";
import { meeting } from "../../../src/protocols/rest/parse-meeting.ts";
import { refusalOf } from "./refusal.ts";

test.each<[string, string, string, unknown]>([
  ["cs", "{a,b}", "each", [["a"], ["b"]]],
  ["cs", '{"a,b", c d ,"x\\"y"}', "each", [["a,b"], ["c d"], ['x"y']]],
  [
    "cs",
    "{1,true,-1.5e2}",
    "each",
    [
      ["1", 1],
      ["true", true],
      ["-1.5e2", -150],
    ],
  ],
  ["cs", '{"1",01,1.}', "each", [["1"], ["01"], ["1."]]],
  ["cs", "{9007199254740993}", "each", [["9007199254740993"]]],
  ["cs", "{}", "each", []],
  ["cs", '["a",1,null]', "contains", ["a", 1, null]],
  ["cs", '{"k":1}', "contains", { k: 1 }],
  ["cs", ' {"k" : ["}"]} ', "contains", { k: ["}"] }],
  ["cs", '"a"', "contains", "a"],
  ["cs", "null", "contains", null],
  ["cd", "{a,1}", "contained", ["a", "1", 1]],
  ["cd", '{"k\\"":{}}', "contained", { 'k"': {} }],
  ["ov", "{a,b}", "overlaps", ["a", "b"]],
  ["ov", "[1,2]", "overlaps", [1, 2]],
])("%s.%s", (op, text, meets, value) => {
  expect(meeting(op, text)).toEqual({ meets, value });
});

test.each([
  ["", "22P02"],
  ["a", "22P02"],
  ["[1,2", "22P02"],
  ['{"k":1', "22P02"],
  ['{"k":1,"k":2}', "22P02"],
  ['{"k":9007199254740993}', "22P02"],
  ["{a", "PGRST100"],
  ["{a}b", "PGRST100"],
  ["{a,null}", "PGRST100"],
  ["{{a},{b}}", "PGRST100"],
])("%j is refused", async (text, code) => {
  expect((await refusalOf(() => meeting("cs", text))).code).toBe(code);
});
