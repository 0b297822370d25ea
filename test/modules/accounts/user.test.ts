import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import {
  call,
  deployed,
  follow,
  fragment,
  lastLetter,
  lettersTo,
  newEmail,
  newPerson,
  password,
  tab,
} from "./app.ts";

afterEach(() => {
  vi.useRealTimers();
});

const DAY = 24 * 3600 * 1000;
const fresh = "quite another secret";

function passTime(ms: number): void {
  const to = Date.now() + ms;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(to);
}

/** Somebody who signed in more than a day ago and has refreshed since. */
async function longAgo() {
  const person = await newPerson();
  passTime(2 * DAY);
  await person.tab.auth.refreshSession();
  return person;
}

test("metadata is merged; null takes a member away; app metadata is not theirs", async () => {
  const { tab: at } = await newPerson();
  await at.auth.updateUser({ data: { a: 1, b: { c: 2 } } });
  const { data } = await at.auth.updateUser({ data: { a: null, d: "è" } });
  expect(data.user?.user_metadata).toEqual({ b: { c: 2 }, d: "è" });
  const session = (await at.auth.getSession()).data.session;
  await call("PUT", "/user", {
    body: { app_metadata: { admin: true }, email_confirmed_at: null, banned_until: null, data: {} },
    headers: { authorization: `Bearer ${session?.access_token}` },
  });
  expect((await at.auth.getUser()).data.user?.app_metadata).toEqual({
    provider: "email",
    providers: ["email"],
  });
  const large = await at.auth.updateUser({ data: { big: "x".repeat(17_000) } });
  expect(large.error?.code).toBe("validation_failed");
});

test("parallel updates of metadata lose nothing", async () => {
  const { tab: at } = await newPerson();
  const numbers = Array.from({ length: 10 }, (_, n) => n);
  const answers = await Promise.all(
    numbers.map((n) => at.auth.updateUser({ data: { [`k${n}`]: n } })),
  );
  expect(answers.filter(({ error }) => error)).toEqual([]);
  expect((await at.auth.getUser()).data.user?.user_metadata).toEqual(
    Object.fromEntries(numbers.map((n) => [`k${n}`, n])),
  );
});

test("a new password ends other sessions and pending links, and its owner is told", async () => {
  const { tab: at, email } = await newPerson();
  const other = tab();
  await other.auth.signInWithPassword({ email, password });
  await at.auth.resetPasswordForEmail(email);
  const { link } = await lastLetter(email);
  expect((await at.auth.updateUser({ password })).error).toMatchObject({
    code: "same_password",
    status: 422,
  });
  const weak = await at.auth.updateUser({ password: "password123" });
  expect(weak.error).toMatchObject({ code: "weak_password", reasons: ["pwned"] });
  expect((await at.auth.updateUser({ password: fresh })).error).toBeNull();
  expect((await other.auth.refreshSession()).error?.code).toBe("refresh_token_not_found");
  expect((await at.auth.refreshSession()).error).toBeNull();
  expect(fragment(await follow(link)).error_code).toBe("otp_expired");
  expect((await lastLetter(email)).subject).toBe("Your password was changed");
  expect((await tab().auth.signInWithPassword({ email, password: fresh })).error).toBeNull();
});

test("after a day, a new password needs a nonce from the mail, good once", async () => {
  const { tab: at, email } = await longAgo();
  const bare = await at.auth.updateUser({ password: fresh });
  expect(bare.error).toMatchObject({ code: "reauthentication_needed", status: 403 });
  const moving = await at.auth.updateUser({ email: newEmail() });
  expect(moving.error).toMatchObject({ code: "reauthentication_needed", status: 403 });
  expect((await at.auth.reauthenticate()).error).toBeNull();
  const { code, link } = await lastLetter(email);
  expect(link).toBe("");
  const wrong = code === "123456" ? "654321" : "123456";
  const guessed = await at.auth.updateUser({ password: fresh, nonce: wrong });
  expect(guessed.error).toMatchObject({ code: "reauthentication_not_valid", status: 422 });
  expect((await at.auth.updateUser({ password: fresh, nonce: code })).error).toBeNull();
  const again = await at.auth.updateUser({ password: "a third long secret", nonce: code });
  expect(again.error?.code).toBe("reauthentication_not_valid");
  await at.auth.reauthenticate();
  const { code: nonce } = await lastLetter(email);
  expect((await at.auth.updateUser({ email: newEmail(), nonce } as object)).error).toBeNull();
});

test("five guesses at a nonce void it, and a nonce is no sign-in code", async () => {
  const { tab: at, email } = await longAgo();
  await at.auth.reauthenticate();
  const { code } = await lastLetter(email);
  const asLink = await tab().auth.verifyOtp({ email, token: code, type: "email" });
  expect(asLink.error?.code).toBe("otp_expired");
  const wrong = code === "123456" ? "654321" : "123456";
  for (let i = 0; i < 5; i++) await at.auth.updateUser({ password: fresh, nonce: wrong });
  const late = await at.auth.updateUser({ password: fresh, nonce: code });
  expect(late.error?.code).toBe("reauthentication_not_valid");
});

test("the current password proves presence too; a wrong one does not", async () => {
  const { tab: at } = await longAgo();
  const wrong = await at.auth.updateUser({ password: fresh, current_password: "not this one" });
  expect(wrong.error?.code).toBe("invalid_credentials");
  expect(
    (await at.auth.updateUser({ password: fresh, current_password: password })).error,
  ).toBeNull();
});

test("without confirmation an address changes at once, and the old one is told", async () => {
  const { tab: at, email } = await newPerson();
  const next = newEmail();
  const { data } = await at.auth.updateUser({ email: next });
  expect(data.user?.email).toBe(next);
  expect((await lastLetter(email)).subject).toBe("Your address was changed");
  expect((await tab().auth.signInWithPassword({ email: next, password })).error).toBeNull();
  const { email: taken } = await newPerson();
  expect((await at.auth.updateUser({ email: taken })).error?.code).toBe("email_exists");
});

test("with confirmation the new address must answer, and the old one is told", async () => {
  const { email } = await newPerson();
  const at = tab({ serve: deployed });
  await at.auth.signInWithPassword({ email, password });
  const [first, second] = [newEmail(), newEmail()];
  await at.auth.updateUser({ email: first });
  const { data } = await at.auth.updateUser({ email: second });
  expect(data.user).toMatchObject({ email, new_email: second });
  expect((await lastLetter(email)).subject).toBe("Your address is about to change");
  expect(fragment(await follow((await lastLetter(first)).link, deployed)).error_code).toBe(
    "otp_expired",
  );
  const done = await at.auth.verifyOtp({
    email: second,
    token: (await lastLetter(second)).code,
    type: "email_change",
  });
  expect(done.data.user?.email).toBe(second);
  expect(done.data.user?.new_email).toBeUndefined();
  expect((await lastLetter(email)).subject).toBe("Your address was changed");
  const old = await tab().auth.signInWithPassword({ email, password });
  expect(old.error?.code).toBe("invalid_credentials");
});

test("asking for somebody else's address looks the same, and sends them nothing", async () => {
  const { email: taken } = await newPerson();
  const { email } = await newPerson();
  const at = tab({ serve: deployed });
  await at.auth.signInWithPassword({ email, password });
  const { data, error } = await at.auth.updateUser({ email: taken });
  expect(error).toBeNull();
  expect(data.user?.new_email).toBe(taken);
  expect(data.user?.email_change_sent_at).toBeTruthy();
  expect(await lettersTo(taken)).toHaveLength(0);
});

test("looking at a page of links spends nothing and sends nothing", async () => {
  const { session, email } = await newPerson();
  const headers = { authorization: `Bearer ${session.access_token}` };
  expect((await call("HEAD", "/reauthenticate", { headers })).status).toBe(204);
  expect(await lettersTo(email)).toHaveLength(0);
  const before = await env.DB.prepare("select count(*) n from auth__one_time_tokens").first();
  await call("HEAD", "/verify?token=x&type=signup");
  expect(await env.DB.prepare("select count(*) n from auth__one_time_tokens").first()).toEqual(
    before,
  );
});
