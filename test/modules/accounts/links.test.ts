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
  serve,
  tab,
} from "./app.ts";

const at = (flowType: "pkce" | "implicit" = "implicit") => tab({ serve: deployed, flowType });

afterEach(() => {
  vi.useRealTimers();
});

function passTime(ms: number): void {
  const to = Date.now() + ms;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(to);
}

async function asked() {
  const email = newEmail();
  await at().auth.signUp({ email, password });
  return { email, letter: await lastLetter(email) };
}

test("where addresses are confirmed, a link opens the first session", async () => {
  const { email, letter } = await asked();
  const early = await at().auth.signInWithPassword({ email, password });
  expect(early.error).toMatchObject({ code: "email_not_confirmed", status: 400 });
  const head = await deployed(new Request(letter.link, { method: "HEAD", redirect: "manual" }));
  expect(head.status).toBe(204);
  const place = await follow(letter.link, deployed);
  expect(place.origin).toBe("http://127.0.0.1:3000");
  const { access_token, refresh_token, type, token_type } = fragment(place);
  expect([type, token_type]).toEqual(["signup", "bearer"]);
  const browser = at();
  const { data } = await browser.auth.setSession({
    access_token: access_token ?? "",
    refresh_token: refresh_token ?? "",
  });
  expect(data.user).toMatchObject({ email });
  expect(data.user?.email_confirmed_at).toBeTruthy();
  expect(fragment(await follow(letter.link, deployed))).toMatchObject({
    error: "access_denied",
    error_code: "otp_expired",
  });
  expect((await at().auth.signInWithPassword({ email, password })).error).toBeNull();
});

test("a code does what its link does", async () => {
  const { email, letter } = await asked();
  const { data, error } = await at().auth.verifyOtp({ email, token: letter.code, type: "email" });
  expect(error).toBeNull();
  expect(data.user?.email).toBe(email);
  const again = await at().auth.verifyOtp({ email, token: letter.code, type: "email" });
  expect(again.error).toMatchObject({ code: "otp_expired", status: 403 });
  const other = await asked();
  const hash = new URL(other.letter.link).searchParams.get("token") ?? "";
  const byHash = await at().auth.verifyOtp({ token_hash: hash, type: "signup" });
  expect(byHash.data.session).not.toBeNull();
});

test("five tries for a code, however many come at once", async () => {
  const { email, letter } = await asked();
  const wrong = letter.code === "000000" ? "000001" : "000000";
  const guess = (token: string) => at().auth.verifyOtp({ email, token, type: "signup" });
  const guesses = await Promise.all(Array.from({ length: 5 }, () => guess(wrong)));
  expect(guesses.every(({ error }) => error?.code === "otp_expired")).toBe(true);
  expect((await guess(letter.code)).error?.code).toBe("otp_expired");
  expect(fragment(await follow(letter.link, deployed)).access_token).toBeTruthy();
});

test("a code for one person or purpose is none for another", async () => {
  const [one, two] = [await asked(), await asked()];
  const crossed = await at().auth.verifyOtp({
    email: two.email,
    token: one.letter.code,
    type: "signup",
  });
  expect(crossed.error?.code).toBe("otp_expired");
  const link = new URL(one.letter.link);
  link.searchParams.set("type", "recovery");
  expect(fragment(await follow(link.href, deployed)).error_code).toBe("otp_expired");
});

test("twenty followers of one link: one is let in", async () => {
  const { letter } = await asked();
  const places = await Promise.all(Array.from({ length: 20 }, () => follow(letter.link, deployed)));
  expect(places.filter((place) => fragment(place).access_token)).toHaveLength(1);
  expect(places.filter((place) => fragment(place).error_code === "otp_expired")).toHaveLength(19);
});

test("links live an hour, codes ten minutes, and the newest ends the older", async () => {
  const { email, letter } = await asked();
  await at().auth.resend({ type: "signup", email });
  const newer = await lastLetter(email);
  expect(newer.link).not.toBe(letter.link);
  expect(fragment(await follow(letter.link, deployed)).error_code).toBe("otp_expired");
  passTime(11 * 60_000);
  const late = await at().auth.verifyOtp({ email, token: newer.code, type: "signup" });
  expect(late.error?.code).toBe("otp_expired");
  vi.setSystemTime(Date.now() + 50 * 60_000);
  expect(fragment(await follow(newer.link, deployed)).error_code).toBe("otp_expired");
});

test("signing up, recovering and resending tell nothing of who is known", async () => {
  const { email: known } = await newPerson();
  const { email: unconfirmed } = await asked();
  const shape = (text: string) =>
    text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, "#");
  const bodies = {
    "/signup": { password, data: { name: "Eve" } },
    "/recover": {},
    "/resend": { type: "signup" },
  };
  for (const [path, body] of Object.entries(bodies)) {
    const answers = await Promise.all(
      [known, unconfirmed, newEmail()].map(async (email) => {
        const answer = await call("POST", path, { body: { ...body, email }, serve: deployed });
        const text = await answer.text();
        return [answer.status, text.length, shape(text).replaceAll(email, "@")];
      }),
    );
    expect(answers[0], path).toEqual(answers[2]);
    expect(answers[1], path).toEqual(answers[2]);
    expect(answers[0]?.[0]).toBe(200);
  }
  const letter = (await lettersTo(known)).find(({ subject }) => subject.includes("already"));
  expect(letter?.link).toBe("");
});

test("a lost password: the link signs in, and a new password may be chosen", async () => {
  const { email, tab: old } = await newPerson();
  const away = "http://127.0.0.1:3000/reset?x=1";
  await at().auth.resetPasswordForEmail(email, { redirectTo: away });
  const place = await follow((await lastLetter(email)).link, deployed);
  expect(place.href.split("#")[0]).toBe(away);
  const members = fragment(place);
  expect(members.type).toBe("recovery");
  const browser = at();
  await browser.auth.setSession({
    access_token: members.access_token ?? "",
    refresh_token: members.refresh_token ?? "",
  });
  expect((await browser.auth.updateUser({ password: "another long secret" })).error).toBeNull();
  expect((await old.auth.refreshSession()).error?.code).toBe("refresh_token_not_found");
  expect((await at().auth.signInWithPassword({ email, password })).error?.code).toBe(
    "invalid_credentials",
  );
  expect((await lastLetter(email)).subject).toContain("password was changed");
});

test("recovering an unconfirmed address forgets the password somebody chose", async () => {
  const { email } = await asked();
  await at().auth.resetPasswordForEmail(email);
  expect(
    fragment(await follow((await lastLetter(email)).link, deployed)).access_token,
  ).toBeTruthy();
  const planted = await at().auth.signInWithPassword({ email, password });
  expect(planted.error?.code).toBe("invalid_credentials");
});

test("a link leads only where the operator allows", async () => {
  const listed = serve({
    SITE_URL: "https://app.example",
    REDIRECT_URLS: "https://*.preview.example/**, myapp://callback",
  });
  const { email } = await newPerson();
  const leads = async (wanted: string) => {
    await env.DB.exec("delete from auth__limits");
    await tab({ serve: listed }).auth.resetPasswordForEmail(email, { redirectTo: wanted });
    return (await follow((await lastLetter(email)).link, listed)).href.split("#")[0];
  };
  expect(await leads("https://app.example/in?a=1")).toBe("https://app.example/in?a=1");
  expect(await leads("https://x.preview.example/a/b")).toBe("https://x.preview.example/a/b");
  expect(await leads("myapp://callback?flow=1")).toBe("myapp://callback?flow=1");
  for (const bad of [
    "https://evil.example/",
    "https://app.example.evil.example/",
    "https://app.example@evil.example/",
    "https://evil.example/.preview.example/",
    "javascript:alert(1)",
    "//evil.example",
  ]) {
    expect(await leads(bad), bad).toBe("https://app.example/");
  }
});

test("with PKCE the link carries a code, good once and for its verifier only", async () => {
  const browser = at("pkce");
  const email = newEmail();
  await browser.auth.signUp({ email, password });
  const place = await follow((await lastLetter(email)).link, deployed);
  const code = place.searchParams.get("code") ?? "";
  expect([code.length, place.hash]).toEqual([43, ""]);
  const stolen = await call("POST", "/token?grant_type=pkce", {
    body: { auth_code: code, code_verifier: "x".repeat(50) },
    serve: deployed,
  });
  expect(await stolen.json()).toMatchObject({ code: "bad_code_verifier" });
  const { data, error } = await browser.auth.exchangeCodeForSession(code);
  expect(error).toBeNull();
  expect(data.session?.user.email).toBe(email);
  const again = await call("POST", "/token?grant_type=pkce", {
    body: { auth_code: code, code_verifier: "x".repeat(50) },
    serve: deployed,
  });
  expect([again.status, await again.json()]).toMatchObject([404, { code: "flow_state_not_found" }]);
  const plain = await call("POST", "/recover", {
    body: { email, code_challenge: "x".repeat(43), code_challenge_method: "plain" },
  });
  expect(plain.status).toBe(400);
});
