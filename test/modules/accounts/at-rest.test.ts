import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { admin, deployed, lastLetter, newEmail, newPerson, tab } from "./app.ts";

/** Every table's rows, as one text per table. */
async function dump(): Promise<Map<string, string>> {
  const { results } = await env.DB.prepare(
    // A search index holds words and no rows; its own tables are among these.
    `select name from sqlite_master where type = 'table' and name not glob '*_cf_*'
      and sql not like 'create virtual%'`,
  ).all<{ name: string }>();
  const texts = new Map<string, string>();
  for (const { name } of results) {
    const rows = await env.DB.prepare(`select * from "${name}"`).all();
    texts.set(name, JSON.stringify(rows.results));
  }
  return texts;
}

test("no password, token or code is at rest, but in the mail that carries it", async () => {
  const secret = "canary password, 41 characters or so long";
  const email = newEmail();
  await tab({ serve: deployed }).auth.signUp({ email, password: secret });
  const first = await lastLetter(email);
  const confirmed = await tab({ serve: deployed }).auth.verifyOtp({
    email,
    token: first.code,
    type: "email",
  });
  const signedIn = await tab().auth.signInWithPassword({ email, password: secret });
  const refreshed = await tab().auth.refreshSession({
    refresh_token: signedIn.data.session?.refresh_token ?? "",
  });
  await tab().auth.resetPasswordForEmail(email);
  const second = await lastLetter(email);
  const mailed = [first, second].flatMap(({ link, code }) => [
    new URL(link).searchParams.get("token"),
    code,
  ]);
  const held = [confirmed, signedIn, refreshed].flatMap(({ data }) => [
    data.session?.access_token,
    data.session?.refresh_token,
  ]);
  const tables = await dump();
  expect([...tables.keys()]).toEqual(
    expect.arrayContaining(["auth__users", "auth__sessions", "_tx", "_changes"]),
  );
  expect(tables.get("auth__outbox")).toContain(second.code);
  for (const [table, text] of tables) {
    for (const value of [secret, ...held, ...(table === "auth__outbox" ? [] : mailed)]) {
      expect(value?.length, table).toBeGreaterThan(5);
      // A code of six digits may stand inside a hash or a time by chance; a token may not.
      const found =
        value?.length === 6 ? text.includes(`"${value}"`) : text.includes(String(value));
      expect(found, `${table} holds a secret`).toBe(false);
    }
  }
});

test("the tables of accounts are unknown on /rest, to the secret key too", async () => {
  const { email } = await newPerson();
  for (const key of [env.VTB_PUBLISHABLE_KEY, env.VTB_SECRET_KEY]) {
    for (const name of [
      "users",
      "auth__users",
      "auth__outbox",
      "sessions",
      "one_time_tokens",
      "limits",
      "_tx",
    ]) {
      const { error, data } = await tab({ key }).from(name).select();
      expect([name, error?.code, data]).toEqual([name, "PGRST205", null]);
    }
  }
  expect(
    (await admin().listUsers({ perPage: 1000 })).data.users.some((user) => user.email === email),
  ).toBe(true);
});

test("nothing of accounts is in the change log", async () => {
  await newPerson();
  const { results } = await env.DB.prepare(
    "select tbl from _changes where tbl like 'auth__%'",
  ).all();
  expect(results).toEqual([]);
});
