import { beforeAll, expect, test } from "vitest";
import { nearby, onceWritten, openPlaces } from "./nearby-ask.ts";

const at = { lat: 51.5, lng: 0 };
const kilometre = 1000 / 111_195; // degrees of latitude

beforeAll(async () => {
  await openPlaces([
    { name: "door", ...at, prep_minutes: 20 },
    { name: "3 km", lat: 51.5 + 3 * kilometre, lng: 0, prep_minutes: 20 },
    { name: "slow", lat: 51.5 + 3 * kilometre, lng: 0, prep_minutes: 45 },
    { name: "nowhere", ...at, prep_minutes: 20 },
  ]);
  await onceWritten("nowhere", "time_zone", "Mars/Olympus");
});

async function minutes(now: string): Promise<Record<string, [number, number]>> {
  const { rows } = await nearby(at, { now });
  return Object.fromEntries(
    rows.map((r) => [r.name, [Number(r.eta_min_minutes), Number(r.eta_max_minutes)]]),
  );
}

test("preparation and handing over; then the road, which is longer than the line", async () => {
  const noon = await minutes("2026-11-20T12:30:00.000Z");
  expect(noon.door).toEqual([20, 32]); // 20 × 0.9 + 2, 20 × 1.25 + 7
  // 3.9 km of road at 18 km/h are 13 minutes: 20 + 11.7, 32 + 18.2.
  expect(noon["3 km"]).toEqual([32, 51]);
  expect(noon.slow).toEqual([55, 82]);
  expect(noon.nowhere).toEqual(noon.door);
});

test("slower when people go home, faster at night, by the restaurant's own clock", async () => {
  const [evening, night] = [
    await minutes("2026-11-20T17:30:00.000Z"),
    await minutes("2026-11-20T03:00:00.000Z"),
  ];
  expect(evening["3 km"]).toEqual([35, 54]); // 15 km/h
  expect(night["3 km"]).toEqual([29, 46]); // 24 km/h
  // In summer the clock is an hour ahead of UTC.
  expect((await minutes("2026-07-17T16:30:00.000Z"))["3 km"]).toEqual([35, 54]);
});
