// Callers of the Worker in this isolate, through the real client.
import { env, exports } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { scryptSync } from "node:crypto";
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

const password = "a long enough secret";
/** Its hash in the stored form, made as cheaply as scrypt can: hashing is tested with accounts. */
const hash = cheaply(password);

function cheaply(text: string): string {
  const salt = "0123456789abcdef";
  const made = scryptSync(text, salt, 32, { N: 2, r: 1, p: 1 });
  const [a, b] = [Buffer.from(salt), made].map((b) => b.toString("base64").replace(/=+$/, ""));
  return `$scrypt$ln=1,r=1,p=1$${a}$${b}`;
}

/** Somebody who has an account and has just signed in. */
export async function person(name: string): Promise<Person> {
  const db = client(env.VTB_PUBLISHABLE_KEY);
  const email = `${name}-${crypto.randomUUID()}@example.com`;
  const made = await service().auth.admin.createUser({ email, email_confirm: true });
  const id = made.data.user?.id ?? "";
  const give = env.DB.prepare("update auth__users set password_hash = ? where id = ?");
  await give.bind(hash, id).run();
  const { error } = await db.auth.signInWithPassword({ email, password });
  if (made.error || error) throw new Error(`${name}: ${(made.error ?? error)?.message}`);
  return { id, db };
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
