// A person's account from sign-up to deletion, as supabase.auth tells it over HTTP.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, serve } from "../serve.ts";
import {
  accessTokenOf,
  bearer,
  guest,
  newEmail,
  newPassword,
  service,
  signIn,
  signUp,
} from "./callers.ts";

let server: Server;
beforeAll(async () => {
  server = await serve({ AUTOCONFIRM: "true" });
});
afterAll(() => server?.stop());

describe("signing up and in", () => {
  test("sign-up opens a session; the user is the one who signed up", async () => {
    const client = guest(server);
    const events: string[] = [];
    client.auth.onAuthStateChange((event) => events.push(event));
    const [email, password] = [newEmail("ada"), newPassword()];
    const signedUp = await client.auth.signUp({ email, password, options: { data: { hue: 1 } } });
    expect(signedUp.error).toBeNull();
    expect(signedUp.data.session).toMatchObject({ token_type: "bearer", expires_in: 900 });
    expect(signedUp.data.user).toMatchObject({
      email,
      role: "authenticated",
      aud: "authenticated",
      user_metadata: { hue: 1 },
      app_metadata: { provider: "email", providers: ["email"] },
      identities: [{ provider: "email" }],
    });
    const { data } = await client.auth.getSession();
    expect(data.session?.access_token).toBe(signedUp.data.session?.access_token);
    const asked = await client.auth.getUser();
    expect(asked.data.user?.id).toBe(signedUp.data.user?.id);
    expect(events).toContain("SIGNED_IN");
  });

  test("an address in use, a weak password and a bad address are told apart", async () => {
    const person = await signUp(server, "taken");
    const attempt = (email: string, password: string) =>
      guest(server).auth.signUp({ email, password });
    const taken = await attempt(person.email.toUpperCase(), newPassword());
    expect(taken.error).toMatchObject({ code: "user_already_exists", status: 422 });
    const weak = await attempt(newEmail("weak"), "password");
    expect(weak.error).toMatchObject({ code: "weak_password", name: "AuthWeakPasswordError" });
    const bad = await attempt("no address", newPassword());
    expect(bad.error).toMatchObject({ status: 400, code: "email_address_invalid" });
  });

  test("a wrong password and an unknown person get the same answer", async () => {
    const person = await signUp(server, "known");
    const attempt = (email: string) =>
      guest(server).auth.signInWithPassword({ email, password: newPassword() });
    const [wrong, unknown] = [await attempt(person.email), await attempt(newEmail("unknown"))];
    expect(wrong.error).toMatchObject({ code: "invalid_credentials", status: 400 });
    expect(unknown.error).toEqual(wrong.error);
    expect(wrong.data.session).toBeNull();
    const right = await signIn(server, person);
    expect((await right.auth.getUser()).data.user?.id).toBe(person.id);
  });

  test("what is not offered is refused as an error, not as a crash", async () => {
    const { auth } = guest(server);
    expect((await auth.signInAnonymously()).error).toMatchObject({
      code: "anonymous_provider_disabled",
    });
    const otp = await auth.signInWithOtp({ email: newEmail("otp") });
    expect(otp.error).toMatchObject({ status: 404 });
    const phone = await auth.signUp({ phone: "+441315550100", password: newPassword() });
    expect(phone.error?.status).toBeGreaterThanOrEqual(400);
    expect(phone.error?.status).toBeLessThan(500);
  });
});

describe("tokens", () => {
  test("getClaims verifies the token against the published key", async () => {
    const { client, id, email } = await signUp(server, "claims");
    const { data, error } = await client.auth.getClaims();
    expect(error).toBeNull();
    expect(data?.header).toMatchObject({ alg: "ES256", kid: expect.any(String) });
    expect(data?.claims).toMatchObject({
      sub: id,
      email,
      role: "authenticated",
      aud: "authenticated",
      iss: `${server.url}/auth/v1`,
      aal: "aal1",
    });
    const token = await accessTokenOf(client);
    const [head, body, signature = ""] = token.split(".");
    const forged = `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    expect((await client.auth.getClaims(forged)).error).not.toBeNull();
  });

  test("the published keys hold nothing private", async () => {
    const answer = await fetch(`${server.url}/auth/v1/.well-known/jwks.json`);
    const { keys } = (await answer.json()) as { keys: object[] };
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0] ?? {}).sort()).not.toContain("d");
  });

  test("refreshSession rotates both tokens; an old refresh token ends the session", async () => {
    const { client } = await signUp(server, "refresher");
    const first = (await client.auth.getSession()).data.session;
    const second = (await client.auth.refreshSession()).data.session;
    expect(second?.refresh_token).not.toBe(first?.refresh_token);
    expect(second?.access_token).not.toBe(first?.access_token);
    const lost = await guest(server).auth.refreshSession({
      refresh_token: first?.refresh_token ?? "",
    });
    expect(lost.data.session?.refresh_token).toBe(second?.refresh_token);
    await client.auth.refreshSession();
    const stolen = await guest(server).auth.refreshSession({
      refresh_token: first?.refresh_token ?? "",
    });
    expect(stolen.error).toMatchObject({ code: "refresh_token_already_used" });
    const after = await client.auth.refreshSession();
    expect(after.error).toMatchObject({ code: "refresh_token_not_found" });
  });

  test("five tabs that refresh at once all end with a working session", async () => {
    const { client } = await signUp(server, "tabs");
    const { session } = (await client.auth.getSession()).data;
    const refresh_token = session?.refresh_token ?? "";
    const tabs = Array.from({ length: 5 }, () => guest(server));
    const answers = await Promise.all(
      tabs.map((tab) => tab.auth.refreshSession({ refresh_token })),
    );
    expect(answers.map(({ error }) => error)).toEqual([null, null, null, null, null]);
    for (const tab of tabs) expect((await tab.auth.getUser()).error).toBeNull();
  });
});

describe("signing out", () => {
  test("local ends this session, others the others, global all", async () => {
    const person = await signUp(server, "leaver");
    const [phone, laptop] = [await signIn(server, person), await signIn(server, person)];
    const lives = async (token: string) =>
      (await bearer(server, token).from("restaurants").select("id")).error === null;
    const [here, there, elsewhere] = await Promise.all(
      [person.client, phone, laptop].map(accessTokenOf),
    );
    await phone.auth.signOut({ scope: "local" });
    expect(await lives(String(there))).toBe(false);
    await laptop.auth.signOut({ scope: "others" });
    expect(await lives(String(here))).toBe(false);
    expect((await laptop.auth.getUser()).error).toBeNull();
    await laptop.auth.signOut();
    expect(await lives(String(elsewhere))).toBe(false);
    expect((await laptop.auth.getSession()).data.session).toBeNull();
  });
});

describe("changing oneself", () => {
  test("metadata merges; a new password ends other sessions and alone signs in", async () => {
    const person = await signUp(server, "changer");
    const other = await signIn(server, person);
    const named = await person.client.auth.updateUser({ data: { name: "Zoë", tea: true } });
    expect(named.data.user?.user_metadata).toEqual({ name: "Zoë", tea: true });
    const cleared = await person.client.auth.updateUser({ data: { tea: null } });
    expect(cleared.data.user?.user_metadata).toEqual({ name: "Zoë" });
    const same = await person.client.auth.updateUser({ password: person.password });
    expect(same.error).toMatchObject({ code: "same_password", status: 422 });
    const password = newPassword();
    expect((await person.client.auth.updateUser({ password })).error).toBeNull();
    expect((await other.auth.refreshSession()).error).not.toBeNull();
    expect((await person.client.auth.refreshSession()).error).toBeNull();
    await expect(signIn(server, person)).rejects.toMatchObject({ code: "invalid_credentials" });
    await expect(signIn(server, { ...person, password })).resolves.toBeDefined();
  });
});

describe("the admin API", () => {
  test("creates, lists, finds, changes and deletes people", async () => {
    const { admin } = service(server).auth;
    const [email, password] = [newEmail("made"), newPassword()];
    const made = await admin.createUser({
      email,
      password,
      email_confirm: true,
      app_metadata: { plan: "pro" },
    });
    expect(made.error).toBeNull();
    const id = made.data.user?.id ?? "";
    const listed = await admin.listUsers({ page: 1, perPage: 100 });
    expect(listed.data.users.map((user) => user.id)).toContain(id);
    const found = await admin.getUserById(id);
    expect(found.data.user).toMatchObject({ email, app_metadata: { plan: "pro" } });
    const changed = await admin.updateUserById(id, { user_metadata: { name: "Made" } });
    expect(changed.data.user?.user_metadata).toEqual({ name: "Made" });
    const client = await signIn(server, { id, email, password, client: guest(server) });
    expect((await admin.deleteUser(id)).error).toBeNull();
    const write = client.from("restaurants").update({ name: "Mine" }).eq("id", id);
    expect(await write).toMatchObject({ status: 401, error: { code: "session_not_found" } });
    expect((await client.auth.refreshSession()).error).not.toBeNull();
    expect((await admin.getUserById(id)).error).toMatchObject({ status: 404 });
  });

  test("a ban ends sessions and refuses new ones; an admin signs somebody out", async () => {
    const { admin } = service(server).auth;
    const banned = await signUp(server, "banned");
    expect((await admin.updateUserById(banned.id, { ban_duration: "24h" })).error).toBeNull();
    await expect(signIn(server, banned)).rejects.toMatchObject({ code: "user_banned" });
    expect((await banned.client.auth.getUser()).error).not.toBeNull();
    await admin.updateUserById(banned.id, { ban_duration: "none" });
    const back = await signIn(server, banned);
    const out = await admin.signOut(await accessTokenOf(back), "global");
    expect(out.error).toBeNull();
    expect((await back.auth.getUser()).error).not.toBeNull();
  });

  test("is for the secret key alone", async () => {
    const asGuest = await guest(server).auth.admin.listUsers();
    expect(asGuest.error).toMatchObject({ status: 401 });
    const person = await signUp(server, "curious");
    const answer = await fetch(`${server.url}/auth/v1/admin/users`, {
      headers: {
        apikey: server.keys.PUBLISHABLE_KEY,
        Authorization: `Bearer ${await accessTokenOf(person.client)}`,
      },
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain("@example.com");
  });
});
