import { iso } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Fn, RelationParts } from "../../kernel/module.ts";
import type { Row } from "../../kernel/table.ts";
import { cellAt } from "./cells.ts";
import { offsetsAt } from "./clocks.ts";
import { deliveryMinutes } from "./delivery-time.ts";
import { haversineOf, metres } from "./distance.ts";
import { localMinutes, openAt } from "./hours.ts";
import { nearestFirst, type Search } from "./nearest.ts";
import { restaurants } from "./tables.ts";

/** Half the way around the Earth. */
const maxRadius_m = 20_037_508;
/** Rows of one answer. */
const maxPlaces = 1000;

const params: Fn["params"] = {
  lat: { kind: "real" },
  lng: { kind: "real" },
  radius_m: { kind: "real", fallback: maxRadius_m },
  open_only: { kind: "boolean", fallback: false },
  cuisine: { kind: "text", fallback: null },
  limit: { kind: "integer", fallback: maxPlaces },
};

const ranges: Record<string, [low: number, high: number, type: string]> = {
  lat: [-90, 90, "latitude (-90 to 90)"],
  lng: [-180, 180, "longitude (-180 to 180)"],
  radius_m: [0, maxRadius_m, `radius in metres (0 to ${maxRadius_m})`],
  limit: [0, maxPlaces, `limit (0 to ${maxPlaces})`],
};

/** The restaurants nearest to a place, nearest first, with what a hungry person asks about each. */
export const nearbyRestaurants: Fn = {
  name: "nearby_restaurants",
  params,
  relation: {
    of: restaurants,
    columns: {
      distance_m: "integer",
      delivers: "boolean",
      open_now: "boolean",
      eta_min_minutes: "integer",
      eta_max_minutes: "integer",
    },
    nullable: ["open_now"],
    ordered: "distance_m",
    partial: true,
    prepare,
    sql,
  },
};

function prepare(args: Row, now: number): Row {
  for (const [name, [low, high, type]] of Object.entries(ranges)) {
    const value = args[name];
    if (typeof value !== "number") {
      throw new Refusal("22P02", { type, value: JSON.stringify(value) });
    }
    if (value < low || value > high) throw new Refusal("22003", { type, value });
  }
  // They were looked at just now.
  const { lat, lng, radius_m } = args as { lat: number; lng: number; radius_m: number };
  return {
    ...args,
    ...cellAt(lat, lng),
    // A distance is told in whole metres: one that reads as the radius is within it.
    within: haversineOf(radius_m + 0.5),
    minute: Math.floor(now / 60_000),
    now: iso(now),
    offsets: offsetsAt(now),
  };
}

function sql({ source, param, given }: RelationParts): string {
  const local = localMinutes("time_zone", param("minute"), param("offsets"));
  const open = openAt("hours", "paused_until", { local: "local", now: param("now") });
  const search: Search = {
    source,
    at: {
      lat: param("lat"),
      lng: param("lng"),
      x: param("x"),
      y: param("y"),
      cell: param("cell"),
    },
  };
  if (given("radius_m")) search.within = param("within");
  if (given("cuisine")) search.cuisine = param("cuisine");
  if (given("open_only")) {
    const columns = ["hours", "paused_until", `${local} as local`]; // as it is named in `open`
    search.where = { sql: `(not ${param("open_only")} or ${open})`, columns };
  }
  const eta = deliveryMinutes("prep_minutes", "distance_m", "local/60%24");
  const more = `${metres("near.h")} as distance_m,${local} as local`;
  const found = `select s.*,${more} from near cross join ${source} s on s.id=near.id
    where near.kind=3 and near.h<=${param("within")} limit ${param("limit")}`;
  const times = `${eta.min} as eta_min_minutes,${eta.max} as eta_max_minutes`;
  // The condition, which always holds, keeps SQLite from reckoning `found` anew for each column.
  const rows = `(${found}) where ${param("limit")} is not null`;
  const answers = `distance_m<=delivery_radius_m as delivers,${open} as open_now,${times}`;
  return `with ${nearestFirst(search)} select *,${answers} from ${rows}`;
}
