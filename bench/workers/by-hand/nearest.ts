// Who is near and open: a box by an index of places, doubled until it holds enough.
import { and, between } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { localMinuteAt } from "../../../src/modules/restaurants/clocks.ts";
import { deliveryTime } from "../../../src/modules/restaurants/delivery-time.ts";
import { radius } from "../../../src/modules/restaurants/distance.ts";
import { isOpenAt } from "../../../src/modules/restaurants/hours.ts";
import { restaurants, type schema } from "./tables.ts";

const first_km = 1;
const last_km = 64;
const degree_km = 111.32;

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
      .filter((row) => isOpenAt(row.hours, row.time_zone, row.paused_until, now))
      .map((row) => ({ ...row, metres: metres(at, row) }))
      .filter((row) => row.metres <= km * 1000)
      .sort((a, b) => a.metres - b.metres)
      .slice(0, limit);
    if (open.length === limit || km >= last_km) {
      return open.map(({ id, name, metres, prep_minutes, time_zone }) => {
        const distance_m = Math.round(metres);
        const minute = localMinuteAt(time_zone, now);
        const hour = minute === null ? null : Math.floor(minute / 60) % 24;
        const eta = deliveryTime(prep_minutes, distance_m, hour);
        return { id, name, distance_m, eta_min_minutes: eta.min, eta_max_minutes: eta.max };
      });
    }
  }
}

function metres(a: { lat: number; lng: number }, b: { lat: number; lng: number }): number {
  const rad = Math.PI / 180;
  const [dLat, dLng] = [(b.lat - a.lat) * rad, (b.lng - a.lng) * rad];
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLng / 2) ** 2;
  return 2 * radius * Math.asin(Math.sqrt(h));
}
