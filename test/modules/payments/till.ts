// Orders that are paid, and whether all the money is where it should be.
import { env } from "cloudflare:workers";
import type { SupabaseClient } from "@supabase/supabase-js";
import { expect } from "vitest";
import { type Kitchen, openKitchen, raw } from "../ordering/kitchen.ts";
import { discrepancies } from "./discrepancies.ts";

export const pay = (db: SupabaseClient, order_id: string, token = "sandbox_ok") =>
  db.from("payments").insert({ order_id, token }).select();

export const cancel = (db: SupabaseClient, order_id: string) =>
  db.from("cancellations").insert({ order_id, reason: "no time" });

export async function paymentsOf(order_id: string) {
  return raw("select * from payments where order_id = ? order by created_at, id", order_id);
}

export async function refundsOf(order_id: string) {
  return raw("select * from refunds where order_id = ?", order_id);
}

/** What the card network was asked for about an order. */
export async function bookOf(order_id: string) {
  const charges = await raw(
    `select c.* from payments__sandbox_charges c join payments p on p.id = c.key
     where p.order_id = ?`,
    order_id,
  );
  const refunds = await raw(
    `select r.* from payments__sandbox_refunds r join refunds f on f.id = r.key
     where f.order_id = ?`,
    order_id,
  );
  return { charges, refunds };
}

/** A kitchen whose soup is counted, and must add up. */
export async function openTill(): Promise<Kitchen> {
  const soup = { name: "Soup", price_minor: 650, stock: 1000, description: "a thousand" };
  return openKitchen({}, [soup]);
}

export async function agrees(): Promise<void> {
  const found = Object.entries(discrepancies).map(async ([sentence, sql]) => {
    const rows = await raw(sql);
    return rows.map((row) => `${sentence}: ${JSON.stringify(row)}`);
  });
  expect((await Promise.all(found)).flat()).toEqual([]);
}

/** Everything D1 holds, as text. */
export async function everythingAtRest(): Promise<string> {
  const names = await raw<{ name: string }>(
    "select name from sqlite_master where type = 'table' and sql not like 'create virtual%'",
  );
  const own = names.filter(({ name }) => !/^(?:_cf_|d1_|sqlite_)/.test(name));
  const all = await Promise.all(
    own.map(({ name }) => env.DB.prepare(`select * from "${name}"`).all()),
  );
  return JSON.stringify(all.map(({ results }) => results));
}
