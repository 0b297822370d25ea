// Anybody can name an address. Only who reads its mail has it.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import {
  admin,
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

const at = (flowType: "pkce" | "implicit" = "implicit") => tab({ serve: deployed, flowType });
const signIn = (email: string, word: string) =>
  at().auth.signInWithPassword({ email, password: word });

/** A session of somebody confirmed, on the deployment. */
async function signedIn() {
  const person = await newPerson();
  const browser = at();
  await browser.auth.setSession(person.session);
  return { ...person, browser };
}

test("two sign-ups that differ leave neither password nor metadata to who confirms", async () => {
  const email = newEmail();
  const signUp = (word: string, name: string) =>
    at().auth.signUp({ email, password: word, options: { data: { name } } });
  await signUp("planted by somebody", "Mallory");
  await signUp("chosen by the holder", "Alice");
  const place = await follow((await lastLetter(email)).link, deployed);
  expect(fragment(place).access_token).toBeTruthy();
  for (const word of ["planted by somebody", "chosen by the holder"])
    expect((await signIn(email, word)).error?.code).toBe("invalid_credentials");
  const row = env.DB.prepare(
    "select password_hash, user_metadata from auth__users where email = ?",
  );
  expect(await row.bind(email).first()).toEqual({ password_hash: null, user_metadata: "{}" });
});

test("the same sign-up again changes nothing but the link", async () => {
  const email = newEmail();
  const again = () => at().auth.signUp({ email, password, options: { data: { name: "Ada" } } });
  await again();
  await again();
  await follow((await lastLetter(email)).link, deployed);
  const { data } = await signIn(email, password);
  expect(data.user?.user_metadata).toEqual({ name: "Ada" });
});

test("an address that nobody proved is free for who proves it", async () => {
  const email = newEmail();
  await at().auth.signUp({ email, password });
  const { browser, user } = await signedIn();
  expect((await browser.auth.updateUser({ email })).error).toBeNull();
  const { code } = await lastLetter(email);
  const proven = await at().auth.verifyOtp({ email, token: code, type: "email_change" });
  expect(proven.error).toBeNull();
  expect(proven.data.user).toMatchObject({ id: user.id, email });
  const rows = env.DB.prepare("select id from auth__users where email = ?").bind(email);
  expect((await rows.all()).results).toEqual([{ id: user.id }]);
});

test("a link for a new address is not sent again when somebody proved it meanwhile", async () => {
  const { browser, email } = await signedIn();
  const wanted = newEmail();
  await browser.auth.updateUser({ email: wanted });
  const resend = () => at().auth.resend({ type: "email_change", email });
  await resend();
  expect(await lettersTo(wanted)).toHaveLength(2);
  await admin().createUser({ email: wanted, email_confirm: true });
  expect((await resend()).error).toBeNull();
  expect(await lettersTo(wanted)).toHaveLength(2);
});

test("who is written to is counted, whoever asks", async () => {
  const wanted = newEmail();
  const [one, two, late] = [await signedIn(), await signedIn(), await signedIn()];
  const resend = (email: string) => at().auth.resend({ type: "email_change", email });
  for (const { browser } of [one, two]) await browser.auth.updateUser({ email: wanted });
  for (let n = 0; n < 2; n++) expect((await resend(one.email)).error).toBeNull();
  expect(await lettersTo(wanted)).toHaveLength(4);
  // Who asks is not told that somebody else has used it up.
  expect((await resend(two.email)).error).toBeNull();
  const over = await late.browser.auth.updateUser({ email: wanted });
  expect(over.error?.code).toBe("over_email_send_rate_limit");
  expect(await lettersTo(wanted)).toHaveLength(4);
});

test("asking again without a challenge does not unbind a link that had one", async () => {
  const [browser, email] = [at("pkce"), newEmail()];
  await browser.auth.signUp({ email, password });
  await call("POST", "/resend", { body: { type: "signup", email }, serve: deployed });
  const place = await follow((await lastLetter(email)).link, deployed);
  const { error } = await browser.auth.exchangeCodeForSession(place.searchParams.get("code") ?? "");
  expect(error).toBeNull();
});
