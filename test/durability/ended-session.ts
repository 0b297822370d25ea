import { setTimeout } from "node:timers/promises";
import { createClient } from "@supabase/supabase-js";
import type { Server } from "../serve.ts";

const poll_ms = 250;
const patience_ms = 40_000;

/** Milliseconds from the end of a session to the last read its access token was allowed. */
export async function longestRead({ url, keys }: Server): Promise<number> {
  const auth = { persistSession: false, autoRefreshToken: false };
  const person = createClient(url, keys.PUBLISHABLE_KEY, { auth });
  const credentials = { email: "leaver@example.com", password: "leaves a long trail" };
  const { data } = await person.auth.signUp(credentials);
  const token = data.session?.access_token ?? "";
  const read = async () => {
    const headers = { apikey: keys.PUBLISHABLE_KEY, Authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/rest/v1/restaurants?select=id`, { headers });
    await answer.text();
    return answer.status;
  };
  // From here on this isolate knows the session, and need not ask about it for a while.
  if ((await read()) !== 200) throw new Error("the session does not read");
  await person.auth.signOut();
  const ended = Date.now();
  let last = 0;
  while (Date.now() - ended < patience_ms) {
    const begun = Date.now();
    const status = await read();
    // A slow machine may answer late what was asked in time.
    if (status === 200) last = begun - ended;
    if (status === 401) return last;
    await setTimeout(poll_ms);
  }
  return last;
}
