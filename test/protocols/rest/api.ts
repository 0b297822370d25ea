// The real client against the whole Worker: only the network between them is left out.
import { env, exports } from "cloudflare:workers";
import { createClient } from "@supabase/supabase-js";
import { hoursOn, weekdays } from "../../../src/modules/restaurants/hours.ts";

export const ORIGIN = "http://x";

const fetchWorker: typeof fetch = (input, init) =>
  exports.default.fetch(new Request(input as Request, init));

// biome-ignore lint/suspicious/noExplicitAny: rows are checked by the assertions, not by types
type Untyped = any;

export function client(key: string) {
  return createClient<Untyped, { PostgrestVersion: "14" }>(ORIGIN, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch: fetchWorker },
  });
}

export const guestClient = () => client(env.VTB_PUBLISHABLE_KEY);
export const serviceClient = () => client(env.VTB_SECRET_KEY);

/** A plain request as the service, for what the client cannot say. */
export function call(path: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
  const headers = {
    apikey: env.VTB_SECRET_KEY,
    "content-type": "application/json",
    ...init.headers,
  };
  return exports.default.fetch(new Request(`${ORIGIN}/rest/v1${path}`, { ...init, headers }));
}

export function restaurant(name: string, more: Record<string, unknown> = {}) {
  return {
    name,
    cuisine: "Scottish",
    lat: 55.95,
    lng: -3.19,
    address: "1 High Street",
    city: "Edinburgh",
    time_zone: "Europe/London",
    hours: hoursOn(weekdays, { opens: "09:00", closes: "22:00" }),
    currency: "GBP",
    ...more,
  };
}
