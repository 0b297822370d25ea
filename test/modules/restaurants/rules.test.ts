// The rules that are said twice, in JavaScript and in SQL, say the same.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { hourAt, offsetsAt } from "../../../src/modules/restaurants/clocks.ts";
import { deliveryMinutes, deliveryTime } from "../../../src/modules/restaurants/delivery-time.ts";
import { between, distance, metres } from "../../../src/modules/restaurants/distance.ts";
import {
  amissOfHours,
  type Hours,
  isOpenAt,
  localMinutes,
  openAt,
  type Weekday,
  weekdays,
} from "../../../src/modules/restaurants/hours.ts";
import fc from "../../random.ts";

/** `sql` for each case, whose parts are columns `c`. */
async function inSql(sql: string, cases: object[], ...rest: unknown[]): Promise<unknown[]> {
  const statement = `select ${sql} as r from (select value as c from json_each(?1) limit 1e9)`;
  const bound = env.DB.prepare(statement).bind(JSON.stringify(cases), ...rest);
  return (await bound.all<{ r: unknown }>()).results.map((row) => row.r);
}

const two = (n: number) => String(n).padStart(2, "0");
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 30, 59))
  .map(([h, m]) => `${two(h)}:${two(m)}`);
const sense = fc.array(fc.record({ opens: clock, closes: clock }), { maxLength: 4 });
const nonsense = fc.constantFrom<unknown>(
  ...["late", null, 7, {}, [null, {}, "x", [], { opens: "00:00" }, { closes: "23:59" }]],
  [{ opens: null, closes: "23:59" }, null, { opens: "00:00", closes: "24:00" }],
  ...["zz", "24:00", "23:60", "3:00", "23:59:59", ""].map((closes) => [{ opens: "00:00", closes }]),
  ...["", "-1:00", " 0:00", "0:00"].map((opens) => [{ opens, closes: "23:59" }]),
);
const openings = fc.oneof({ weight: 9, arbitrary: sense }, { weight: 1, arbitrary: nonsense });
const days = "2026-03-28 2026-03-29 2026-03-30 2026-10-24 2026-10-25 2026-11-01 2026-12-31".split(
  " ",
);
/** Around the days on which clocks leap, fall back or begin a year. */
const moment = fc
  .tuple(fc.constantFrom(...days), fc.integer({ min: -1440, max: 2880 }))
  .map(([day, minutes]) => Date.parse(day) + minutes * 60_000 + 1);
const zone = fc.constantFrom(
  ...["Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "UTC"],
  ...["Mars/Olympus", '$["', "europe/london", "+01:00"],
);
const weekly = fc.dictionary(fc.constantFrom<Weekday>(...weekdays), openings);
const exceptions = fc.dictionary(fc.constantFrom(...days), openings);
const hours = fc
  .record({ weekly, exceptions, unknown: fc.constantFrom(undefined, undefined, true as const) })
  .map(({ unknown, ...said }) => (unknown ? { ...said, unknown } : said));
const pause = fc.option(
  fc.tuple(moment, fc.integer({ min: -90, max: 90 })).map(([at, more]) => at + more * 60_000),
);
const place = fc.record({ hours, zone, pause });

const openSql = openAt("c->'hours'", "c->>'paused'", {
  local: `(${localMinutes("(c->>'zone')", "?2", "?3")})`,
  now: "?4",
});

test("open or not, over midnight, exceptions, pauses and summer time", async () => {
  const seen = new Set<boolean | null>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(place, { minLength: 20, maxLength: 40 }),
      moment,
      async (all, now) => {
        const cases = all.map(({ pause: until, ...one }) => ({
          ...one,
          paused: until === null ? null : new Date(until).toISOString(),
        }));
        const at = [Math.floor(now / 60_000), offsetsAt(now), new Date(now).toISOString()];
        const said = await inSql(openSql, cases, ...at);
        const reckoned = cases.map((c) => isOpenAt(c.hours as Hours, c.zone, c.paused, now));
        for (const open of reckoned) seen.add(open);
        expect(said.map((s) => (s === null ? null : s === 1))).toEqual(reckoned);
      },
    ),
    { numRuns: 40 },
  );
  expect(seen).toEqual(new Set([true, false, null]));
});

const whole = { opens: "00:00", closes: "00:00" };
const nonsensical: [what: string, hours: unknown, condition: string][] = [
  ["no object", null, "hours.weekly is an object"],
  ["no weekdays", { exceptions: {} }, "hours.weekly is an object"],
  ["a list of weekdays", { weekly: [], exceptions: {} }, "hours.weekly is an object"],
  ["no exceptions", { weekly: {} }, "hours.exceptions is an object"],
  ["a day that is none", { weekly: { monday: [] }, exceptions: {} }, "mon, tue, wed, thu"],
  ["a date that is none", { weekly: {}, exceptions: { "2026-02-30": [] } }, "2026-12-25"],
  ["a day without a list", { weekly: { fri: whole }, exceptions: {} }, "hours.weekly.fri is a"],
  ["a word for unknown", { weekly: {}, exceptions: {}, unknown: "yes" }, "hours.unknown is"],
  [
    "an hour that is none",
    { weekly: { fri: [whole, { opens: "18:00", closes: "zz" }] }, exceptions: {} },
    "hours.weekly.fri[1] has opens and closes, times from 00:00 to 23:59",
  ],
  [
    "midnight by another name",
    { weekly: {}, exceptions: { "2026-12-24": [{ opens: "18:00", closes: "24:00" }] } },
    "hours.exceptions.2026-12-24[0] has",
  ],
];

test.each(nonsensical)("hours with %s are told what is amiss", (_, said, tells) => {
  expect(amissOfHours(said)).toContain(tells);
});

test("of hours that make sense, nothing is amiss, and openings that do are needed to open", () => {
  const sound = { weekly: { fri: [whole] }, exceptions: { "2028-02-29": [] } };
  expect(amissOfHours(sound)).toBeUndefined();
  expect(amissOfHours({ ...sound, unknown: true })).toBeUndefined();
  const friday = Date.parse("2026-11-20T12:00:00.000Z");
  expect(isOpenAt(sound as Hours, "UTC", null, friday)).toBe(true);
  const zz = { weekly: { fri: [{ opens: "00:00", closes: "zz" }] }, exceptions: {} };
  expect(isOpenAt(zz, "UTC", null, friday)).toBe(false);
});

test("the hour of a clock", () => {
  const noon = Date.parse("2026-07-17T12:59:59.999Z");
  expect(hourAt("Europe/London", noon)).toBe(13);
  expect(hourAt("Asia/Kolkata", noon)).toBe(18);
  expect(hourAt("Pacific/Kiritimati", noon)).toBe(2);
  expect(hourAt("Mars/Olympus", noon)).toBeNull();
});

test("how long a delivery takes", async () => {
  const minutes = deliveryMinutes("(c->>'prep')", "(c->>'m')", "(c->>'hour')");
  const delivery = fc.record({
    prep: fc.integer({ min: 0, max: 1440 }),
    m: fc.integer({ min: 0, max: 100_000 }),
    hour: fc.option(fc.integer({ min: 0, max: 23 })),
  });
  const both = `json_array(${minutes.min},${minutes.max})`;
  await fc.assert(
    fc.asyncProperty(fc.array(delivery, { minLength: 100, maxLength: 200 }), async (cases) => {
      const said = (await inSql(both, cases)).map((text) => JSON.parse(String(text)));
      const reckoned = cases.map(({ prep, m, hour }) => deliveryTime(prep, m, hour));
      expect(said).toEqual(reckoned.map(({ min, max }) => [min, max]));
    }),
    { numRuns: 30 },
  );
});

test("how far it is", async () => {
  const lat = fc.double({ min: -90, max: 90, noNaN: true });
  const lng = fc.double({ min: -180, max: 180, noNaN: true });
  const near = fc.double({ min: -0.05, max: 0.05, noNaN: true });
  const pair = fc.oneof(
    fc.tuple(lat, lng, lat, lng),
    fc
      .tuple(fc.double({ min: -89, max: 89, noNaN: true }), lng, near, near)
      .map(([a, b, c, d]) => [a, b, a + c, Math.max(-180, Math.min(180, b + d))]),
  );
  const sql = metres(between("(c->>0)", "(c->>1)", "(c->>2)", "(c->>3)"));
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { minLength: 100, maxLength: 200 }), async (cases) => {
      const reckoned = cases.map(([a = 0, b = 0, c = 0, d = 0]) => distance(a, b, c, d));
      expect(await inSql(sql, cases)).toEqual(reckoned);
    }),
    { numRuns: 30 },
  );
  expect(distance(0, 7, 90, 7)).toBe(10_007_557); // a quarter of the way around
});
