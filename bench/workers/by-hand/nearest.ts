// Who is near and open: a box by an index of places, doubled until it holds enough.
import { and, between } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { type Hours, isOpenAt } from "../../../src/modules/restaurants/hours.ts";
import { restaurants } from "../../../src/modules/restaurants/tables.ts";
import type { schema } from "./relations.ts";

const first_km = 1;
const last_km = 64;
const degree_km = 111.32;
const earth_m = 6_371_000;

export async function nearest(
  db: DrizzleD1Database<typeof schema>,
  at: { lat: number; lng: number },
  limit: number,
) {
  const now = Date.now();
  for (let km = first_km; ; km *= 2) {
    const high = km / degree_km;
    const wide = high / Math.cos((at.lat * Math.PI) / 180);
    const { id, name, lat, lng, hours, time_zone, paused_until, prep_minutes } = restaurants;
    const found = await db
      .select({ id, name, lat, lng, hours, time_zone, paused_until, prep_minutes })
      .from(restaurants)
      .where(
        and(between(lat, at.lat - high, at.lat + high), between(lng, at.lng - wide, at.lng + wide)),
      );
    const open = found
      .filter((row) => isOpenAt(hoursOf(row.hours), row.time_zone, row.paused_until, now))
      .map((row) => ({ ...row, distance_m: Math.round(metres(at, row)) }))
      .filter((row) => row.distance_m <= km * 1000)
      .sort((a, b) => a.distance_m - b.distance_m)
      .slice(0, limit);
    if (open.length === limit || km >= last_km) {
      return open.map(({ id, name, distance_m, prep_minutes: prep }) => {
        const way = Math.ceil(distance_m / 250);
        const [eta_min_minutes, eta_max_minutes] = [prep + way, prep + 2 * way + 10];
        return { id, name, distance_m, eta_min_minutes, eta_max_minutes };
      });
    }
  }
}

function hoursOf(stored: unknown): Hours {
  return typeof stored === "string" ? JSON.parse(stored) : (stored as Hours);
}

function metres(a: { lat: number; lng: number }, b: { lat: number; lng: number }): number {
  const rad = Math.PI / 180;
  const [dLat, dLng] = [(b.lat - a.lat) * rad, (b.lng - a.lng) * rad];
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLng / 2) ** 2;
  return 2 * earth_m * Math.asin(Math.sqrt(h));
}
