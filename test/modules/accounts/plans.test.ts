// What the database does for each endpoint: it looks rows up, and walks no table.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { admin, lastLetter, newEmail, newPerson, password, serve, tab } from "./app.ts";
import { overTrips } from "./trips.ts";

test("no statement of any endpoint scans a table of accounts", async () => {
  const texts = new Set<string>();
  const over = (settings: Record<string, string>) =>
    serve(
      settings,
      overTrips(
        (go) => go(),
        (sql) => texts.add(sql),
      ),
    );
  const [local, deploy] = [over({}), over({ AUTOCONFIRM: "false" })];
  const {
    tab: at,
    email,
    user,
    session,
  } = await newPerson({ serve: local, address: "203.0.113.9" });
  await tab({ serve: local, address: "203.0.113.9" }).auth.signInWithPassword({ email, password });
  await at.auth.refreshSession();
  await at.auth.getUser();
  await at.auth.updateUser({ data: { a: 1 }, password: "another long secret" });
  await at.auth.reauthenticate();
  await at.auth.updateUser({
    password: "a third long secret",
    nonce: (await lastLetter(email)).code,
  });
  const fresh = newEmail();
  await tab({ serve: deploy, flowType: "pkce" }).auth.signUp({ email: fresh, password });
  await deploy(new Request((await lastLetter(fresh)).link, { redirect: "manual" }));
  await tab({ serve: deploy }).auth.resetPasswordForEmail(fresh);
  const { code } = await lastLetter(fresh);
  await tab({ serve: deploy }).auth.verifyOtp({ email: fresh, token: code, type: "recovery" });
  await tab({ serve: deploy }).auth.resend({ type: "signup", email: newEmail() });
  await admin(local).listUsers({ page: 1, perPage: 5 });
  await admin(local).updateUserById(user.id, { ban_duration: "1h" });
  await tab({ serve: local }).auth.refreshSession(session);
  await at.auth.signOut();
  await admin(local).deleteUser(user.id);
  expect(texts.size).toBeGreaterThan(25);
  expect(await scans("select id from auth__users where new_email = ?1")).toHaveLength(1);
  for (const sql of texts) expect(await scans(sql), sql).toEqual([]);
});

async function scans(sql: string): Promise<string[]> {
  const count = Math.max(0, ...[...sql.matchAll(/\?(\d+)/g)].map(([, n]) => Number(n)));
  const plan = await env.DB.prepare(`explain query plan ${sql}`)
    .bind(...Array<null>(count).fill(null))
    .all<{ detail: string }>();
  return plan.results.map(({ detail }) => detail).filter((step) => /^SCAN "?auth__/.test(step));
}
