// Callers of the Worker in this isolate, through the real client.
import { env, exports } from "cloudflare:workers";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";

export interface Person {
  id: string;
  db: SupabaseClient;
}

const url = "http://127.0.0.1:8787";

function client(key: string): SupabaseClient {
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: (input, init) => exports.default.fetch(new Request(input, init)) },
  });
}

/** Somebody without an account. */
export function guest(): SupabaseClient {
  return client(env.VTB_PUBLISHABLE_KEY);
}

/** The holder of the secret key. */
export function service(): SupabaseClient {
  return client(env.VTB_SECRET_KEY);
}

/** Somebody who has just signed up. */
export async function person(name: string): Promise<Person> {
  const db = client(env.VTB_PUBLISHABLE_KEY);
  const { data, error } = await db.auth.signUp({
    email: `${name}-${crypto.randomUUID()}@example.com`,
    password: `${crypto.randomUUID()} is long`,
  });
  if (error || !data.session || !data.user)
    throw new Error(`sign-up of ${name}: ${error?.message}`);
  return { id: data.user.id, db };
}

/** A legal restaurant, with what a test wants to be different. */
export function place(different: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "Café Größenwahn",
    cuisine: "Austrian",
    lat: 55.95,
    lng: -3.19,
    address: "1 High Street",
    city: "Edinburgh",
    time_zone: "Europe/London",
    hours: { weekly: { mon: [{ opens: "18:00", closes: "02:00" }] }, exceptions: {} },
    currency: "GBP",
    ...different,
  };
}

/** Adds a restaurant as the service, with its staff; answers with its id. */
export async function openPlace(different: Record<string, unknown>, ...staff: Person[]) {
  const { data, error } = await service()
    .from("restaurants")
    .insert(place(different))
    .select("id")
    .single();
  if (error) throw new Error(error.message);
  const id = data.id as string;
  if (staff.length > 0) {
    const rows = staff.map((one) => ({ restaurant_id: id, user_id: one.id }));
    const hired = await service().from("staff").insert(rows);
    if (hired.error) throw new Error(hired.error.message);
  }
  return id;
}
