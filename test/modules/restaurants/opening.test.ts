// When a restaurant is open: its own clock, over midnight, over the week's end, summer time.
import { beforeAll, describe, expect, test } from "vitest";
import { offsetIn, offsetsAt } from "../../../src/modules/restaurants/clocks.ts";
import { zones } from "../../../src/modules/restaurants/zones.ts";
import { nearby, onceWritten, openPlaces } from "./nearby-ask.ts";

const at = { lat: 1, lng: 1 };
const every = (...openings: object[]) =>
  Object.fromEntries("mon tue wed thu fri sat sun".split(" ").map((day) => [day, openings]));
const opening = (opens: string, closes: string) => ({ opens, closes });

const hours: Record<string, { time_zone: string; hours: object; paused_until?: string }> = {
  night: {
    time_zone: "Europe/London",
    hours: {
      weekly: { fri: [opening("18:00", "02:00")], sun: [opening("20:00", "03:30")] },
      exceptions: {},
    },
  },
  clock: {
    time_zone: "Europe/London",
    hours: { weekly: every(opening("00:00", "00:00")), exceptions: {} },
  },
  special: {
    time_zone: "Europe/London",
    hours: {
      weekly: every(opening("12:00", "14:00"), opening("17:30", "22:30")),
      exceptions: {
        "2026-12-24": [opening("10:00", "16:00")],
        "2026-12-25": [],
        "2026-12-31": [opening("19:00", "04:00")],
      },
    },
  },
  many: {
    time_zone: "Asia/Kolkata",
    hours: {
      weekly: every(
        opening("06:00", "07:00"),
        opening("08:00", "09:00"),
        opening("23:00", "01:00"),
      ),
      exceptions: {},
    },
  },
  old: {
    time_zone: "Etc/GMT+5",
    hours: { weekly: every(opening("22:00", "03:00"), opening("12:00", "15:00")), exceptions: {} },
  },
  small: {
    time_zone: "Europe/London",
    hours: { weekly: every(opening("01:15", "01:45")), exceptions: {} },
  },
  paused: {
    time_zone: "Europe/London",
    hours: { weekly: every(opening("00:00", "00:00")), exceptions: {} },
    paused_until: "2026-11-20T18:30:00.000Z",
  },
  "paused, unsaid": {
    time_zone: "UTC",
    hours: { weekly: {}, exceptions: {} },
    paused_until: "2026-11-20T18:30:00.000Z",
  },
  york: {
    time_zone: "America/New_York",
    hours: { weekly: every(opening("22:00", "03:00"), opening("12:00", "15:00")), exceptions: {} },
  },
};

beforeAll(async () => {
  await openPlaces(Object.entries(hours).map(([name, given]) => ({ ...at, ...given, name })));
  await onceWritten("paused, unsaid", "time_zone", "Mars/Olympus");
});

async function openNow(now: string): Promise<Record<string, boolean | null>> {
  const { rows } = await nearby(at, { now });
  return Object.fromEntries(rows.map((row) => [row.name, row.open_now]));
}

describe.each([
  // Over midnight; 2026-11-20 is a Friday, and London keeps UTC.
  ["night", "2026-11-20T17:59:00.000Z", false],
  ["night", "2026-11-20T18:00:00.000Z", true],
  ["night", "2026-11-21T01:59:59.999Z", true],
  ["night", "2026-11-21T02:00:00.000Z", false],
  ["night", "2026-11-20T01:00:00.000Z", false],
  // Over the week's end: Sunday into Monday.
  ["night", "2026-11-22T20:00:00.000Z", true],
  ["night", "2026-11-23T03:29:00.000Z", true],
  ["night", "2026-11-23T03:30:00.000Z", false],
  ["clock", "2026-11-22T00:00:00.000Z", true],
  ["clock", "2026-11-22T23:59:00.000Z", true],
  ["clock", "2027-01-01T12:00:00.000Z", true],
  // Exceptions: other hours, closed, into a day with hours of its own.
  ["special", "2026-12-23T18:00:00.000Z", true],
  ["special", "2026-12-24T11:00:00.000Z", true],
  ["special", "2026-12-24T18:00:00.000Z", false],
  ["special", "2026-12-25T13:00:00.000Z", false],
  ["special", "2026-12-31T13:00:00.000Z", false],
  ["special", "2027-01-01T03:59:00.000Z", true],
  ["special", "2027-01-01T04:00:00.000Z", false],
  ["special", "2027-01-01T12:00:00.000Z", true],
  // The third of a day, by a clock that is five and a half hours ahead.
  ["many", "2026-11-20T01:00:00.000Z", true],
  ["many", "2026-11-20T01:30:00.000Z", false],
  ["many", "2026-11-20T17:30:00.000Z", true],
  ["many", "2026-11-20T19:29:00.000Z", true],
  ["many", "2026-11-20T19:30:00.000Z", false],
  // London leaps from 01:00 to 02:00: those openings do not happen.
  ["small", "2026-03-28T01:30:00.000Z", true],
  ["small", "2026-03-29T00:30:00.000Z", false],
  ["small", "2026-03-29T01:30:00.000Z", false],
  ["small", "2026-03-30T00:30:00.000Z", true],
  ["night", "2026-07-03T16:59:00.000Z", false],
  ["night", "2026-07-03T17:00:00.000Z", true],
  // And falls back: 01:30 comes twice.
  ["small", "2026-10-25T00:30:00.000Z", true],
  ["small", "2026-10-25T01:30:00.000Z", true],
  ["small", "2026-10-25T01:50:00.000Z", false],
  // A pause ends to the millisecond.
  ["paused", "2026-11-20T12:00:00.000Z", false],
  ["paused", "2026-11-20T18:29:59.999Z", false],
  ["paused", "2026-11-20T18:30:00.000Z", true],
  ["paused, unsaid", "2026-11-20T18:29:59.999Z", false],
  ["paused, unsaid", "2026-11-20T18:30:00.000Z", null],
  // A name that only the statement's own reading of a path could break.
  ["old", "2026-07-20T19:59:00.000Z", true],
  ["old", "2026-07-20T20:00:00.000Z", false],
  // New York: 07:00 UTC is 02:00 before, and 03:00 after the leap of 8 March.
  ["york", "2026-03-07T07:59:00.000Z", true],
  ["york", "2026-03-08T06:59:00.000Z", true],
  ["york", "2026-03-08T07:00:00.000Z", false],
  ["york", "2026-03-08T16:00:00.000Z", true],
  ["york", "2026-03-07T16:30:00.000Z", false],
  ["york", "2026-11-01T05:30:00.000Z", true],
  ["york", "2026-11-01T07:59:00.000Z", true],
  ["york", "2026-11-01T08:00:00.000Z", false],
] as const)("%s at %s", (name, now, open) => {
  test(open === null ? "is not known" : open ? "is open" : "is closed", async () => {
    expect((await openNow(now))[name]).toBe(open);
    const found = await nearby({ ...at, open_only: true }, { now });
    expect(found.rows.some((row) => row.name === name)).toBe(open === true);
  });
});

describe("clocks", () => {
  const moments = [
    "2026-03-08T06:59:00Z",
    "2026-03-08T07:00:00Z",
    "2026-03-29T00:59:00Z",
    "2026-03-29T01:00:00Z",
    "2026-10-25T00:59:00Z",
    "2026-10-25T01:00:00Z",
    "2026-11-01T06:00:00Z",
    "2026-11-20T12:07:00Z",
    "2026-11-21T12:06:00Z",
  ].map(Date.parse);

  test("an answer that is kept is the one that would be made anew", () => {
    const [london, york] = ["Europe/London", "America/New_York"].map((z) => offsetIn(z));
    for (const now of moments) {
      const offsets = JSON.parse(offsetsAt(now)) as Record<string, number>;
      expect(offsets["Europe/London"]).toBe(london?.(now));
      expect(offsets["America/New_York"]).toBe(york?.(now));
      expect(offsets["Asia/Kathmandu"]).toBe(345);
      expect(offsets["America/St_Johns"]).toBeLessThan(0);
    }
  });

  test("every zone is known to Intl, once", () => {
    expect(new Set(zones()).size).toBe(zones().length);
    expect(zones().length).toBeGreaterThan(590);
    for (const zone of Intl.supportedValuesOf("timeZone")) expect(zones()).toContain(zone);
    for (const zone of zones()) expect(() => offsetIn(zone), zone).not.toThrow();
  });

  // Both names of a zone, whichever of them Intl lists, and names of old.
  test.each([
    ["America/New_York", ["US/Eastern", "EST5EDT"]],
    ["Asia/Kolkata", ["Asia/Calcutta"]],
    ["Europe/Kyiv", ["Europe/Kiev"]],
    ["Europe/London", ["GB", "Europe/Belfast"]],
    ["Asia/Tokyo", ["Japan"]],
    ["Pacific/Auckland", ["NZ"]],
    ["UTC", ["GMT", "Etc/UTC", "Etc/GMT+0", "Zulu"]],
    ["America/Bogota", ["Etc/GMT+5"]],
  ])("%s and %s keep one clock", (zone, names) => {
    for (const now of moments) {
      const offsets = JSON.parse(offsetsAt(now)) as Record<string, number>;
      expect(offsets[zone]).toBeTypeOf("number");
      for (const name of names) expect(offsets[name], name).toBe(offsets[zone]);
    }
  });
});
