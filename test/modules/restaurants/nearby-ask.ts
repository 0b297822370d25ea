// The module's functions at any moment: what the kernel plans, run as the store would.
import { env } from "cloudflare:workers";
import type { CallShape } from "../../../src/kernel/intent.ts";
import { createPlanner } from "../../../src/kernel/plan/plan.ts";
import { bindStatement } from "../../../src/kernel/plan/sql.ts";
import { createSchema } from "../../../src/kernel/schema.ts";
import { modules } from "../../../src/modules/index.ts";
import { place, service } from "../people.ts";

const planner = createPlanner(createSchema(modules));
const actor = { role: "anon", id: null, address: "x" } as never; // no policy of these asks more

export interface Asked {
  now?: string;
  rows?: number;
  explain?: boolean;
}

export const nearby = (args: Record<string, unknown>, asked?: Asked) =>
  call("nearby_restaurants", args, asked);

/** The rows, as rendered, and how many rows D1 read for them. */
export async function call(name: string, args: Record<string, unknown>, asked: Asked = {}) {
  const { now = "2026-11-20T12:00:00.000Z", rows = 1000, explain = false } = asked;
  const shape: CallShape = {
    verb: "call",
    function: name,
    names: Object.keys(args),
    args: 0,
    query: { select: [{ star: true }], limit: 1 },
    readOnly: true,
  };
  const plan = planner.plan(shape, "anon", false);
  if (plan.kind !== "read") throw new Error("a function is read");
  const { sql, params } = bindStatement(plan.page, { values: [args, rows], actor, now, rows: "" });
  const statement = env.DB.prepare(`${explain ? "explain query plan " : ""}${sql}`);
  const { results, meta } = await statement.bind(...params).all<Record<string, unknown>>();
  return {
    rows: explain ? results : results.map((row) => JSON.parse(String(row.j))),
    rows_read: meta.rows_read,
    sql,
  };
}

/** Adds many restaurants as the service. */
export async function openPlaces(places: Record<string, unknown>[]): Promise<void> {
  for (let at = 0; at < places.length; at += 1000) {
    const rows = places.slice(at, at + 1000).map((one) => place(one));
    const { error } = await service().from("restaurants").insert(rows);
    if (error) throw new Error(error.message);
  }
}

/** Writes past the module what its columns refuse today, and may have taken once. */
export async function onceWritten(name: string, column: "hours" | "time_zone", value: string) {
  const sql = `update restaurants set ${column}=?1 where name=?2`;
  const { meta } = await env.DB.prepare(sql).bind(value, name).run();
  if (meta.changes === 0) throw new Error(`there is no ${name}`);
}

/** Numbers that look random and follow from the seed alone. */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Metres along the great circle. */
export function apart(a: { lat: number; lng: number }, b: { lat: number; lng: number }): number {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lng - a.lng) * rad) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(h)));
}
