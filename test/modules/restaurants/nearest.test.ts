// The search itself, against a list that is sorted by hand, and what it reads.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { cellAt } from "../../../src/modules/restaurants/cells.ts";
import { service } from "../people.ts";
import { apart, dice, nearby, openPlaces } from "./nearby-ask.ts";

const roll = dice(7);
const bell = () => Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
const round = (n: number) => Number(n.toFixed(7));

/** Towns from a village to a city, one astride the antimeridian, one at a pole, and hermits. */
const towns: [lat: number, lng: number, size: number][] = [
  [51.51, -0.13, 3000],
  [55.95, -3.19, 900],
  [-17, 179.99, 200],
  [89.9, 40, 60],
  [-33.4, -70.6, 300],
];
const always = { weekly: {}, exceptions: {} } as Record<string, object>;
const allDay = [{ opens: "00:00", closes: "00:00" }];
const open = {
  weekly: Object.fromEntries("mon tue wed thu fri sat sun".split(" ").map((d) => [d, allDay])),
  exceptions: {},
};

interface Dot {
  id: string;
  lat: number;
  lng: number;
  cuisine: string;
  hours: object;
}
const dots: Dot[] = [];

function dot(lat: number, lng: number): void {
  const n = dots.length;
  dots.push({
    id: crypto.randomUUID(),
    lat: round(Math.max(-90, Math.min(90, lat))),
    lng: round(((lng + 540) % 360) - 180),
    cuisine: n % 50 === 0 ? "Rare" : "Common",
    hours: n % 5 < 2 ? open : always,
  });
}

beforeAll(async () => {
  for (const [lat, lng, size] of towns) {
    for (let n = 0; n < size; n++) {
      const km = roll() < 0.7 ? 2 : 10;
      dot(lat + (bell() * km) / 111, lng + (bell() * km) / 70);
    }
  }
  for (let n = 0; n < 200; n++) dot(-80 + roll() * 160, -180 + roll() * 360);
  // A food court: many at one point, more than the last cell's bound.
  for (let n = 0; n < 40; n++) dot(51.5, -0.1);
  await openPlaces(dots.map(({ ...d }) => d));
});

const callers = [
  ...towns.flatMap(([lat, lng]) => [
    { lat, lng },
    { lat: lat - 0.2, lng: lng > 179 ? -179.9 : lng + 0.2 },
  ]),
  { lat: 51.5, lng: -0.1 },
  { lat: 0, lng: 0 },
  { lat: 90, lng: 0 },
  { lat: -90, lng: 180 },
  { lat: 10, lng: 180 },
  { lat: 10, lng: -180 },
  { lat: 25.5, lng: -160.25 },
];

function byHand(at: { lat: number; lng: number }, which: (d: Dot) => boolean): number[] {
  const all = dots.filter(which).map((d) => Math.round(apart(at, d)));
  return all.sort((a, b) => a - b);
}

describe.each(callers)("from $lat, $lng", (at) => {
  test.each([
    ["all", {}, () => true],
    ["open", { open_only: true }, (d: Dot) => d.hours === open],
    ["of a cuisine", { cuisine: "Rare" }, (d: Dot) => d.cuisine === "Rare"],
  ] as const)("the nearest, %s", async (_, args, which) => {
    const { rows } = await nearby({ ...at, ...args }, { rows: 60 });
    expect(rows.map((r) => r.distance_m)).toEqual(byHand(at, which).slice(0, 60));
    expect(new Set(rows.map((r) => r.id)).size).toBe(60);
  });

  test("within a radius: each of them", async () => {
    const [, , , , , , , , , tenth = 0] = byHand(at, () => true);
    const { rows } = await nearby({ ...at, radius_m: tenth });
    expect(rows.map((r) => r.distance_m)).toEqual(byHand(at, () => true).filter((d) => d <= tenth));
  });
});

describe("the index", () => {
  test("has the number that JavaScript reckons", async () => {
    const { results } = await env.DB.prepare("select lat, lng, _cell from restaurants").all<{
      lat: number;
      lng: number;
      _cell: number;
    }>();
    expect(results.length).toBe(dots.length);
    for (const { lat, lng, _cell } of results) expect(cellAt(lat, lng).cell).toBe(_cell);
  });

  test("follows a restaurant that moves, and forgets one that is gone", async () => {
    const at = { lat: 40, lng: 20 };
    const nearest = async () => (await nearby(at, { rows: 1 })).rows[0];
    const moving = dots[0] as Dot;
    const table = () => service().from("restaurants");
    expect((await table().update({ lat: 40, lng: 20 }).eq("id", moving.id)).error).toBeNull();
    expect(await nearest()).toMatchObject({ id: moving.id, distance_m: 0 });
    expect((await table().delete().eq("id", moving.id)).error).toBeNull();
    expect((await nearest()).id).not.toBe(moving.id);
    dots.shift();
  });

  test("is no column of the wire", async () => {
    const { data } = await service().from("restaurants").select().limit(1).single();
    expect(Object.keys(data ?? {}).filter((c) => c.startsWith("_"))).toEqual([]);
    const asked = await service().from("restaurants").select("_cell");
    expect(asked.error).toMatchObject({ code: "42703" });
  });

  test("is what every part of the statement goes by", async () => {
    for (const args of [{}, { cuisine: "Rare" }, { open_only: true, radius_m: 500, limit: 5 }]) {
      const { rows } = await nearby({ lat: 51.5, lng: -0.1, ...args }, { explain: true });
      const steps = rows.map((r) => String(r.detail));
      expect(steps.filter((s) => /^SCAN (?:t\d+|restaurants)\b/.test(s))).toEqual([]);
      expect(steps.filter((s) => /SEARCH t\d+ USING INDEX restaurants__cell/.test(s))).not.toEqual(
        [],
      );
      if ("cuisine" in args)
        expect(
          steps.filter((s) =>
            /USING INDEX restaurants_cuisine__cell \(cuisine=\? AND _cell/.test(s),
          ),
        ).not.toEqual([]);
      // A sort of the whole would read all of it before the first row.
      expect(steps.filter((s) => /TEMP B-TREE/.test(s))).toEqual([]);
    }
  });
});

describe("what is read for the 20 nearest that are open", () => {
  const reads = async (places: readonly { lat: number; lng: number }[], args: object) => {
    const found = [];
    for (const at of places)
      found.push(await nearby({ ...at, ...args, open_only: true, limit: 20 }));
    const sorted = found.map((f) => f.rows_read).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
    return { rows: found.map((f) => f.rows.length), median: at(0.5), most: at(0.95) };
  };
  const around = dice(11);
  const spread = (degrees: number) => (around() - 0.5) * degrees;
  const forty = (place: () => { lat: number; lng: number }) => Array.from({ length: 40 }, place);
  const dense = forty(() => ({ lat: 51.51 + spread(0.05), lng: -0.13 + spread(0.08) }));
  const edge = forty(() => ({ lat: 51.51 + spread(0.4), lng: 0.07 + spread(0.1) }));
  const empty = forty(() => ({ lat: spread(120), lng: spread(360) }));

  test.each([
    ["in the densest place", dense, 290, 400],
    ["at its edge", edge, 360, 440],
    ["in two towns, and some way out of them", callers.slice(0, 4), 360, 460],
    // Some 50 of 200 hermits: a quarter of the Earth.
    ["in the emptiest", empty, 620, 780],
  ] as const)("%s", async (_, places, half, nearlyAll) => {
    const { rows, median, most } = await reads(places, {});
    expect(new Set(rows)).toEqual(new Set([20]));
    expect(median).toBeLessThanOrEqual(half);
    expect(most).toBeLessThanOrEqual(nearlyAll);
  });

  test("within a radius: little, where little is", async () => {
    const { rows, most } = await reads(empty, { radius_m: 5000 });
    expect(Math.max(...rows)).toBeLessThan(20);
    expect(most).toBeLessThanOrEqual(100);
  });
});

test("keeps production's limits", async () => {
  const all = { lat: 0, lng: 0, cuisine: null, open_only: false };
  const { sql, rows } = await nearby(all, { rows: 1 });
  expect(rows).toHaveLength(1);
  expect(sql.length).toBeLessThan(40_000);
});
