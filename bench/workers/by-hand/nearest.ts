// Who is near and open: a box by an index of places, doubled until it holds enough.
import { and, between } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { localMinuteAt } from "../../../src/modules/restaurants/clocks.ts";
import { deliveryTime } from "../../../src/modules/restaurants/delivery-time.ts";
import { distance } from "../../../src/modules/restaurants/distance.ts";
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
      .map((row) => ({ ...row, distance_m: distance(at.lat, at.lng, row.lat, row.lng) }))
      .filter((row) => row.distance_m <= km * 1000)
      .sort((a, b) => a.distance_m - b.distance_m)
      .slice(0, limit);
    if (open.length === limit || km >= last_km) {
      return open.map(({ id, name, distance_m, prep_minutes, time_zone }) => {
        const minute = localMinuteAt(time_zone, now);
        const hour = minute === null ? null : Math.floor(minute / 60) % 24;
        const eta = deliveryTime(prep_minutes, distance_m, hour);
        return { id, name, distance_m, eta_min_minutes: eta.min, eta_max_minutes: eta.max };
      });
    }
  }
}
