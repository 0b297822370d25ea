import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { admin, call, lettersTo, newEmail, newPerson, password, tab } from "./app.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("the secret key makes people, whole", async () => {
  const [email, id] = [newEmail(), crypto.randomUUID()];
  const { data, error } = await admin().createUser({
    id,
    email: email.toUpperCase(),
    password,
    email_confirm: true,
    user_metadata: { name: "Zoë" },
    app_metadata: { plan: "gold" },
  });
  expect(error).toBeNull();
  expect(data.user).toMatchObject({
    id,
    email,
    user_metadata: { name: "Zoë" },
    app_metadata: { provider: "email", plan: "gold" },
  });
  expect((await tab().auth.signInWithPassword({ email, password })).data.user?.id).toBe(id);
  const twice = await admin().createUser({ email, password });
  expect(twice.error).toMatchObject({ code: "email_exists", status: 422 });
  const sameId = await admin().createUser({ id, email: newEmail() });
  expect(sameId.error).toMatchObject({ code: "user_id_exists", status: 422 });
  const bare = await admin().createUser({ email: newEmail() });
  expect(bare.data.user?.email_confirmed_at).toBeUndefined();
  const foreign = await admin().createUser({ email: newEmail(), password_hash: "$2a$10$x" });
  expect(foreign.error?.code).toBe("validation_failed");
});

test("people are listed by pages, with their number", async () => {
  for (let n = 0; n < 5; n++) await admin().createUser({ email: newEmail() });
  const all = await admin().listUsers({ page: 1, perPage: 1000 });
  const total = all.data.users.length;
  const first = await admin().listUsers({ page: 1, perPage: 2 });
  expect(first.data.users).toEqual(all.data.users.slice(0, 2));
  expect(first.data).toMatchObject({
    total,
    nextPage: 2,
    lastPage: Math.ceil(total / 2),
    aud: "authenticated",
  });
  const last = await admin().listUsers({ page: Math.ceil(total / 2), perPage: 2 });
  expect(last.data).toMatchObject({ nextPage: null });
  expect((await admin().listUsers()).error).toBeNull();
  const bad = await call("GET", "/admin/users?page=x", { headers: { apikey: env.VTB_SECRET_KEY } });
  expect(bad.status).toBe(400);
});

test("a person is read and changed by id", async () => {
  const { user, email, session } = await newPerson();
  expect((await admin().getUserById(user.id)).data.user?.email).toBe(email);
  const next = newEmail();
  const { data, error } = await admin().updateUserById(user.id, {
    email: next,
    password: "chosen by the admin",
    user_metadata: { a: 1 },
    app_metadata: { role: "staff" },
  });
  expect(error).toBeNull();
  expect(data.user).toMatchObject({
    email: next,
    user_metadata: { a: 1 },
    app_metadata: { provider: "email", role: "staff" },
  });
  expect((await tab().auth.refreshSession(session)).error?.code).toBe("refresh_token_not_found");
  const back = await tab().auth.signInWithPassword({
    email: next,
    password: "chosen by the admin",
  });
  expect(back.error).toBeNull();
  expect((await lettersTo(email)).map(({ subject }) => subject)).toContain(
    "Your address was changed",
  );
  const unknown = await admin().getUserById(crypto.randomUUID());
  expect(unknown.error).toMatchObject({ code: "user_not_found", status: 404 });
});

test("a ban ends sessions and refuses sign-in until it is over", async () => {
  const { user, email, tab: at, session } = await newPerson();
  const { data } = await admin().updateUserById(user.id, { ban_duration: "1h30m" });
  expect(Date.parse(data.user?.banned_until ?? "")).toBeGreaterThan(Date.now() + 5_390_000);
  expect((await at.auth.getUser()).error?.name).toBe("AuthSessionMissingError");
  expect((await tab().auth.refreshSession(session)).error?.code).toBe("user_banned");
  const banned = await tab().auth.signInWithPassword({ email, password });
  expect(banned.error).toMatchObject({ code: "user_banned", status: 403 });
  const unsure = await tab().auth.signInWithPassword({ email, password: "not it at all" });
  expect(unsure.error?.code).toBe("invalid_credentials");
  await admin().updateUserById(user.id, { ban_duration: "none" });
  expect((await tab().auth.signInWithPassword({ email, password })).error).toBeNull();
  await admin().updateUserById(user.id, { ban_duration: "1h" });
  const to = Date.now() + 3_601_000;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(to);
  expect((await tab().auth.signInWithPassword({ email, password })).error).toBeNull();
  const bad = await admin().updateUserById(user.id, { ban_duration: "soon" });
  expect(bad.error?.code).toBe("validation_failed");
});

test("deleting leaves nothing of a person but the id, and frees the address", async () => {
  const { user, email, tab: at, session } = await newPerson();
  await at.auth.updateUser({ data: { secret_of: "canary-7c1f" } });
  await at.auth.resetPasswordForEmail(email);
  expect((await admin().deleteUser(user.id)).error).toBeNull();
  const row = await env.DB.prepare("select * from auth__users where id = ?").bind(user.id).first();
  expect(row).toMatchObject({ email: null, password_hash: null, user_metadata: "{}" });
  for (const table of ["auth__sessions", "auth__one_time_tokens"]) {
    const rows = env.DB.prepare(`select count(*) n from ${table} where user_id = ?`).bind(user.id);
    expect(await rows.first(), table).toEqual({ n: 0 });
  }
  expect((await admin().getUserById(user.id)).error?.code).toBe("user_not_found");
  expect((await tab().auth.getUser(session.access_token)).error?.name).toBe(
    "AuthSessionMissingError",
  );
  expect((await tab().auth.refreshSession(session)).error?.code).toBe("refresh_token_not_found");
  expect((await tab().auth.signUp({ email, password })).error).toBeNull();
});

test("only the secret key is the admin", async () => {
  const { session, user } = await newPerson();
  const headers = { authorization: `Bearer ${session.access_token}` };
  for (const [method, path] of [
    ["GET", "/admin/users"],
    ["POST", "/admin/users"],
    ["GET", `/admin/users/${user.id}`],
    ["PUT", `/admin/users/${user.id}`],
    ["DELETE", `/admin/users/${user.id}`],
  ] as const) {
    const body = method === "GET" || method === "DELETE" ? undefined : {};
    const asUser = await call(method, path, { body, headers });
    expect([method, asUser.status, await asUser.json()]).toMatchObject([
      method,
      403,
      { code: "not_admin" },
    ]);
    const asGuest = await call(method, path, { body });
    expect([method, asGuest.status]).toEqual([method, 401]);
  }
  expect((await admin().getUserById(user.id)).error).toBeNull();
});

test("the admin signs a person out by their token", async () => {
  const { session, tab: at } = await newPerson();
  expect((await admin().signOut(session.access_token, "global")).error).toBeNull();
  expect((await at.auth.refreshSession()).error?.code).toBe("refresh_token_not_found");
});
