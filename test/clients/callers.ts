// Who asks in these tests: each has the unmodified client, made as an app makes it.
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Server } from "../serve.ts";
import type { Database } from "./database.ts";

export type Client = SupabaseClient<Database>;

export interface Person {
  id: string;
  email: string;
  password: string;
  client: Client;
}

/** A client of its own, whose session nobody else shares. */
export function clientOf(server: Server, key: string, bearer?: string): Client {
  return createClient<Database>(server.url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    ...(bearer !== undefined && { accessToken: async () => bearer }),
  });
}

export const guest = (server: Server): Client => clientOf(server, server.keys.PUBLISHABLE_KEY);
export const service = (server: Server): Client => clientOf(server, server.keys.SECRET_KEY);

/** The holder of this access token, whatever has become of it. */
export const bearer = (server: Server, token: string): Client =>
  clientOf(server, server.keys.PUBLISHABLE_KEY, token);

export const newPassword = (): string => `${crypto.randomUUID()} is long`;
export const newEmail = (name: string): string => `${name}-${crypto.randomUUID()}@example.com`;

/** Somebody who has just signed up where that opens a session. */
export async function signUp(server: Server, name: string): Promise<Person> {
  const client = guest(server);
  const [email, password] = [newEmail(name), newPassword()];
  const { data, error } = await client.auth.signUp({ email, password });
  if (error || !data.user || !data.session) throw new Error(`sign-up: ${error?.message}`);
  return { id: data.user.id, email, password, client };
}

/** The same person on another device. */
export async function signIn(server: Server, { email, password }: Person): Promise<Client> {
  const client = guest(server);
  const { error } = await client.auth.signInWithPassword({ email, password });
  if (error) throw error;
  return client;
}

export async function accessTokenOf(client: Client): Promise<string> {
  const { data } = await client.auth.getSession();
  if (!data.session) throw new Error("there is no session");
  return data.session.access_token;
}

/** A restaurant that can be inserted; give what matters to the test. */
export function restaurant(
  values: Partial<Database["public"]["Tables"]["restaurants"]["Insert"]> = {},
) {
  return {
    name: "Café Zoë",
    cuisine: "French",
    lat: 55.9533,
    lng: -3.1883,
    address: "1 High Street",
    city: "Edinburgh",
    time_zone: "Europe/London",
    hours: { weekly: { mon: [{ opens: "09:00", closes: "22:00" }] }, exceptions: {} },
    currency: "GBP",
    ...values,
  };
}
