import { expect, test } from "vitest";
import { hoursOn } from "../../../src/modules/restaurants/hours.ts";

test("the same openings on each of the days; the others are closed", () => {
  const lunch = { opens: "12:00", closes: "14:00" };
  const night = { opens: "18:00", closes: "02:00" };
  expect(hoursOn(["mon", "sat"], lunch, night)).toEqual({
    weekly: { mon: [lunch, night], sat: [lunch, night] },
    exceptions: {},
  });
});
