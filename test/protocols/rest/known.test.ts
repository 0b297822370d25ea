import { expect, test } from "vitest";
import { readOnce } from "../../../src/protocols/rest/known.ts";

function counted() {
  const read: string[] = [];
  const once = readOnce((text) => {
    read.push(text);
    if (text === "bad") throw new Error("refused");
    return { text };
  });
  return { read, once };
}

test("a header is read once, and none at all is the empty one", () => {
  const { read, once } = counted();
  expect([once("a"), once("a"), once(null), once("")].map(({ text }) => text)).toEqual([
    ...["a", "a", "", ""],
  ]);
  expect(read).toEqual(["a", ""]);
  expect(Object.isFrozen(once("a"))).toBe(true);
});

test("what is refused is refused again", () => {
  const { read, once } = counted();
  for (let n = 0; n < 2; n++) expect(() => once("bad")).toThrow("refused");
  expect(read).toEqual(["bad", "bad"]);
});

test("neither many headers nor long ones are kept", () => {
  const { read, once } = counted();
  const long = "x".repeat(201);
  once(long);
  once(long);
  expect(read).toEqual([long, long]);
  once("first");
  for (let n = 0; n < 100; n++) once(`${n}`);
  once("first");
  expect(read.filter((text) => text === "first")).toHaveLength(2);
});
