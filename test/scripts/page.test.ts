import { expect, test } from "vitest";
import { columnsOf, entry } from "../../scripts/page.ts";

const step = { says: "asks who is open", came: "2 places, and a word more", list: [], ms: 7.4 };

test("a step is a line with its time at the edge, and more lines where it is narrow", () => {
  expect(entry(step, 60)).toBe("  asks who is open: 2 places, and a word more           7 ms");
  expect(entry(step, 40).split("\n")).toEqual([
    "  asks who is open: 2 places,",
    "    and a word more                 7 ms",
  ]);
});

test("a list stands in columns, in every script", () => {
  const list = [
    ["한옥 House", "1.2 km"],
    ["Mẹ Tôi", "40 m"],
  ];
  expect(
    entry({ ...step, list }, 60)
      .split("\n")
      .slice(1),
  ).toEqual(["      한옥 House   1.2 km", "      Mẹ Tôi         40 m"]);
});

test("letters of the East take two columns, marks none", () => {
  expect([columnsOf("Kōji"), columnsOf("鶴 식당"), columnsOf("e\u0301")]).toEqual([4, 7, 1]);
});
