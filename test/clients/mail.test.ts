// Addresses proven by mail, as on a deployment: the links and codes are read from the local outbox.

import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, serve } from "../serve.ts";
import { clientOf, guest, newEmail, newPassword, type Person, service } from "./callers.ts";

const app = "http://127.0.0.1:3000";
let server: Server;
beforeAll(async () => {
  server = await serve({ AUTOCONFIRM: "false", SITE_URL: app });
});
afterAll(() => server?.stop());

interface Mail {
  subject: string;
  body: string;
}

/** Mail to an address, oldest first, as `npm run mailbox` reads it: from the file. */
const mailbox = (to: string) =>
  server.look((db) => {
    const sql = "select subject, body from auth__outbox where recipient = ? order by id";
    return db.prepare(sql).all(to) as unknown[] as Mail[]; // the columns selected
  });

/** The newest mail to an address: its link, the token in it, and its code. */
function newest(to: string) {
  const mail = mailbox(to).at(-1);
  const link = /^http\S+$/m.exec(mail?.body ?? "")?.[0] ?? "";
  const code = /code(?: to confirm that it is you)?: (\d{6})$/m.exec(mail?.body ?? "")?.[1] ?? "";
  const token = link && (new URL(link).searchParams.get("token") ?? "");
  return { subject: mail?.subject, link, token, code };
}

/** Somebody whose address is proven, made by the service: no mail, no session yet. */
async function confirmed(name: string): Promise<Person> {
  const [email, password] = [newEmail(name), newPassword()];
  const { data } = await service(server).auth.admin.createUser({
    email,
    password,
    email_confirm: true,
  });
  return { id: data.user?.id ?? "", email, password, client: guest(server) };
}

async function follow(link: string) {
  const answer = await fetch(link, { redirect: "manual" });
  const place = new URL(answer.headers.get("location") ?? "");
  return { status: answer.status, place, fragment: new URLSearchParams(place.hash.slice(1)) };
}

test("sign-up sends a link and opens nothing; the link signs in, once", async () => {
  const client = guest(server);
  const [email, password] = [newEmail("new"), newPassword()];
  const signedUp = await client.auth.signUp({ email, password });
  expect(signedUp.error).toBeNull();
  expect(signedUp.data).toMatchObject({ session: null, user: { email } });
  const early = await client.auth.signInWithPassword({ email, password });
  expect(early.error).toMatchObject({ code: "email_not_confirmed" });
  const { link } = newest(email);
  expect((await fetch(link, { method: "HEAD" })).status).toBe(204);
  const { status, place, fragment } = await follow(link);
  expect({ status, origin: place.origin }).toEqual({ status: 303, origin: app });
  expect(fragment.get("type")).toBe("signup");
  const session = {
    access_token: fragment.get("access_token") ?? "",
    refresh_token: fragment.get("refresh_token") ?? "",
  };
  expect((await client.auth.setSession(session)).data.user).toMatchObject({ email });
  const again = await follow(link);
  expect(again.fragment.get("error_code")).toBe("otp_expired");
  expect(again.fragment.get("access_token")).toBeNull();
  expect((await client.auth.signInWithPassword({ email, password })).error).toBeNull();
});

test("known and unknown addresses get the same answers; only the known ones get mail", async () => {
  const person = await confirmed("known");
  const unknown = newEmail("unknown");
  const { auth } = guest(server);
  const shape = (value: unknown) =>
    JSON.stringify(value)
      .replaceAll(person.email, "…")
      .replaceAll(unknown, "…")
      .replace(/[0-9a-f-]{36}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, "…");
  const password = newPassword();
  const taken = await auth.signUp({ email: person.email, password });
  const fresh = await auth.signUp({ email: unknown, password });
  expect(shape(taken)).toBe(shape(fresh));
  expect(newest(person.email).subject).toBe("You already have an account");
  const nobody = newEmail("nobody");
  const [some, none] = [
    await auth.resetPasswordForEmail(person.email),
    await auth.resetPasswordForEmail(nobody),
  ];
  expect(some).toEqual(none);
  expect(some.error).toBeNull();
  expect(mailbox(nobody)).toEqual([]);
  expect(newest(person.email).subject).toBe("Choose a new password");
});

test("a forgotten password: the mail's code, then a new password that alone signs in", async () => {
  const person = await confirmed("forgetful");
  const elsewhere = guest(server);
  await elsewhere.auth.signInWithPassword(person);
  expect((await person.client.auth.resetPasswordForEmail(person.email)).error).toBeNull();
  const { code } = newest(person.email);
  const wrong = await person.client.auth.verifyOtp({
    email: person.email,
    token: code === "000000" ? "000001" : "000000",
    type: "recovery",
  });
  expect(wrong.error).toMatchObject({ code: "otp_expired", status: 403 });
  const otp = { email: person.email, token: code, type: "recovery" } as const;
  const proven = await person.client.auth.verifyOtp(otp);
  expect(proven.data.session).toMatchObject({ user: { id: person.id } });
  expect((await guest(server).auth.verifyOtp(otp)).error).toMatchObject({ code: "otp_expired" });
  const password = newPassword();
  expect((await person.client.auth.updateUser({ password })).error).toBeNull();
  expect(newest(person.email).subject).toBe("Your password was changed");
  const signIn = (password: string) =>
    guest(server).auth.signInWithPassword({ email: person.email, password });
  expect((await signIn(person.password)).error).toMatchObject({ code: "invalid_credentials" });
  expect((await signIn(password)).error).toBeNull();
  expect((await elsewhere.auth.refreshSession()).error).not.toBeNull();
});

test("the token of the link works as token_hash; a newer link voids it", async () => {
  const person = await confirmed("hasher");
  const { auth } = guest(server);
  await auth.resetPasswordForEmail(person.email);
  const old = newest(person.email).token;
  await auth.resetPasswordForEmail(person.email);
  const verify = (token_hash: string) => auth.verifyOtp({ token_hash, type: "recovery" });
  expect((await verify(old)).error).toMatchObject({ code: "otp_expired" });
  const verified = await verify(newest(person.email).token);
  expect(verified.data.user?.id).toBe(person.id);
});

test("with PKCE the link leads back with a code that only the asking browser can use", async () => {
  const person = await confirmed("browser");
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const auth = { flowType: "pkce", storage, autoRefreshToken: false } as const;
  const browser = createClient(server.url, server.keys.PUBLISHABLE_KEY, { auth });
  await browser.auth.resetPasswordForEmail(person.email);
  const { place } = await follow(newest(person.email).link);
  const code = place.searchParams.get("code") ?? "";
  expect(place.hash).toBe("");
  const thief = await fetch(`${server.url}/auth/v1/token?grant_type=pkce`, {
    method: "POST",
    headers: { apikey: server.keys.PUBLISHABLE_KEY, "Content-Type": "application/json" },
    body: JSON.stringify({ auth_code: code, code_verifier: "x".repeat(64) }),
  });
  expect(thief.status).toBe(400);
  const exchanged = await browser.auth.exchangeCodeForSession(code);
  expect(exchanged.error).toBeNull();
  expect(exchanged.data.user?.id).toBe(person.id);
});

test("a link leads nowhere that was not allowed", async () => {
  const person = await confirmed("lured");
  const { auth } = guest(server);
  await auth.resetPasswordForEmail(person.email, { redirectTo: "https://evil.example/take" });
  const { link } = newest(person.email);
  expect(link).not.toContain("evil.example");
  const lured = link.replace(/redirect_to=[^&]*/, "redirect_to=https://evil.example/take");
  expect((await follow(lured)).place.origin).toBe(app);
});

test("a new address counts once it is proven; the old one is told", async () => {
  const person = await confirmed("mover");
  const { client } = person;
  await client.auth.signInWithPassword(person);
  const moved = newEmail("moved");
  const asked = await client.auth.updateUser({ email: moved });
  expect(asked.data.user).toMatchObject({ email: person.email, new_email: moved });
  expect(newest(person.email).subject).toBe("Your address is about to change");
  const resent = await client.auth.resend({ type: "email_change", email: moved });
  expect(resent.error).toBeNull();
  const { code } = newest(moved);
  const proven = await client.auth.verifyOtp({ email: moved, token: code, type: "email_change" });
  expect(proven.data.user).toMatchObject({ id: person.id, email: moved });
  const password = person.password;
  const { auth } = guest(server);
  expect((await auth.signInWithPassword({ email: person.email, password })).error).not.toBeNull();
  expect((await auth.signInWithPassword({ email: moved, password })).error).toBeNull();
});

test("resend sends another confirmation, and an hour's mail is limited", async () => {
  const { auth } = guest(server);
  const email = newEmail("again");
  await auth.signUp({ email, password: newPassword() });
  const first = newest(email).code;
  const resend = () => auth.resend({ type: "signup", email });
  expect((await resend()).error).toBeNull();
  expect(mailbox(email)).toHaveLength(2);
  const stale = await auth.verifyOtp({ email, token: first, type: "email" });
  expect(stale.error).toMatchObject({ code: "otp_expired" });
  const answers = [await resend(), await resend(), await resend()];
  expect(answers.at(-1)?.error).toMatchObject({ status: 429, code: "over_email_send_rate_limit" });
  expect(mailbox(email).length).toBeLessThanOrEqual(4);
  const fine = await auth.verifyOtp({ email, token: newest(email).code, type: "email" });
  expect(fine.data.session).not.toBeNull();
});

test("a nonce from the mail proves presence for a new password", async () => {
  const person = await confirmed("present");
  const { auth } = person.client;
  await auth.signInWithPassword(person);
  expect((await auth.reauthenticate()).error).toBeNull();
  const nonce = newest(person.email).code;
  const password = newPassword();
  const wrong = await auth.updateUser({ password, nonce: nonce === "111111" ? "2" : "111111" });
  expect(wrong.error).toMatchObject({ code: "reauthentication_not_valid" });
  expect((await auth.updateUser({ password, nonce })).error).toBeNull();
  expect(
    (
      await clientOf(server, server.keys.ANON_KEY).auth.signInWithPassword({
        email: person.email,
        password,
      })
    ).error,
  ).toBeNull();
});
