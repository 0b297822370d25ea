import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { call, lettersTo, newPerson, password, served, tab } from "./app.ts";

afterEach(() => {
  vi.useRealTimers();
});

function passTime(ms: number): void {
  const to = Date.now() + ms;
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(to);
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

const refresh = (refresh_token: string) => tab().auth.refreshSession({ refresh_token });

test("refreshing rotates: new tokens, of the same session", async () => {
  const { session } = await newPerson();
  const { data, error } = await refresh(session.refresh_token);
  expect(error).toBeNull();
  expect(data.session?.refresh_token).not.toBe(session.refresh_token);
  expect(data.session?.access_token).not.toBe(session.access_token);
  const [before, after] = [session, data.session].map((s) =>
    JSON.parse(atob(s?.access_token.split(".")[1] ?? "")),
  );
  expect(after.session_id).toBe(before.session_id);
});

test("a lost response is repaired: within the grace the current token comes again", async () => {
  const { session } = await newPerson();
  const first = await refresh(session.refresh_token);
  passTime(59 * SECOND);
  const again = await refresh(session.refresh_token);
  expect(again.data.session?.refresh_token).toBe(first.data.session?.refresh_token);
  expect((await refresh(first.data.session?.refresh_token ?? "")).error).toBeNull();
});

test("a token used again after the grace ends the session, and its owner is told", async () => {
  const { session, email } = await newPerson();
  const first = await refresh(session.refresh_token);
  passTime(61 * SECOND);
  const reused = await refresh(session.refresh_token);
  expect(reused.error).toMatchObject({ code: "refresh_token_already_used", status: 400 });
  const rightful = await refresh(first.data.session?.refresh_token ?? "");
  expect(rightful.error).toMatchObject({ code: "refresh_token_not_found", status: 400 });
  const user = await tab().auth.getUser(first.data.session?.access_token);
  expect(user.error?.name).toBe("AuthSessionMissingError");
  expect(await lettersTo(email)).toHaveLength(1);
  await refresh(session.refresh_token);
  expect(await lettersTo(email)).toHaveLength(1);
});

test("a token two rotations old is reuse even within the grace", async () => {
  const { session } = await newPerson();
  const second = await refresh(session.refresh_token);
  await refresh(second.data.session?.refresh_token ?? "");
  expect((await refresh(session.refresh_token)).error?.code).toBe("refresh_token_already_used");
});

test("twenty refreshes of one token at once: one rotation, all may go on", async () => {
  const { session } = await newPerson();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => refresh(session.refresh_token)),
  );
  const tokens = new Set(answers.map(({ data }) => data.session?.refresh_token));
  expect(answers.filter(({ error }) => error)).toHaveLength(0);
  expect(tokens.size).toBe(1);
  const row = await env.DB.prepare("select counter from auth__sessions where user_id = ?")
    .bind(session.user.id)
    .first();
  expect(row).toEqual({ counter: 1 });
  expect((await refresh([...tokens][0] ?? "")).error).toBeNull();
});

test("a token that was tampered with finds nothing and ends nothing", async () => {
  const { session } = await newPerson();
  const { refresh_token: token } = session;
  const swapped = (at: number) =>
    token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
  for (const bad of [
    swapped(3),
    swapped(25),
    swapped(40),
    swapped(63),
    token.slice(1),
    `${token}A`,
  ]) {
    expect((await refresh(bad)).error?.code, bad).toBe("refresh_token_not_found");
  }
  expect((await refresh(token)).error).toBeNull();
});

test("idle for thirty days, or ninety days old: the session is over", async () => {
  const { session } = await newPerson();
  passTime(29 * DAY);
  let { data } = await refresh(session.refresh_token);
  expect(data.session).not.toBeNull();
  for (const _ of [1, 2]) {
    vi.setSystemTime(Date.now() + 29 * DAY);
    ({ data } = await refresh(data.session?.refresh_token ?? ""));
    expect(data.session).not.toBeNull();
  }
  vi.setSystemTime(Date.now() + 4 * DAY);
  expect((await refresh(data.session?.refresh_token ?? "")).error?.code).toBe("session_expired");
  const idle = await newPerson();
  vi.setSystemTime(Date.now() + 31 * DAY);
  expect((await refresh(idle.session.refresh_token)).error?.code).toBe("session_expired");
});

test("signing out ends this session, the others, or all", async () => {
  const first = await newPerson();
  const signIn = async () => {
    const at = tab();
    await at.auth.signInWithPassword({ email: first.email, password });
    return at;
  };
  const [second, third] = [await signIn(), await signIn()];
  const lives = async (at: typeof second) => (await at.auth.refreshSession()).error === null;
  expect((await second.auth.signOut({ scope: "local" })).error).toBeNull();
  expect([await lives(first.tab), await lives(third)]).toEqual([true, true]);
  expect((await third.auth.signOut({ scope: "others" })).error).toBeNull();
  expect([await lives(third), await lives(first.tab)]).toEqual([true, false]);
  const { data } = await third.auth.getSession();
  expect((await third.auth.signOut()).error).toBeNull();
  const dead = await call("GET", "/user", {
    headers: { authorization: `Bearer ${data.session?.access_token}` },
  });
  expect(dead.status).toBe(401);
  expect(await dead.json()).toMatchObject({ code: "session_not_found" });
  expect((await refresh(data.session?.refresh_token ?? "")).error?.code).toBe(
    "refresh_token_not_found",
  );
});

test("a session that was ended can write nothing, on any protocol", async () => {
  const { tab: at, session } = await newPerson();
  await at.auth.admin.signOut(session.access_token, "local");
  const headers = {
    authorization: `Bearer ${session.access_token}`,
    "content-type": "application/json",
  };
  const request = new Request("http://127.0.0.1:8787/rest/v1/menu_items", {
    method: "POST",
    headers,
    body: JSON.stringify({
      restaurant_id: crypto.randomUUID(),
      name: "Soup",
      price_minor: 1,
      currency: "GBP",
    }),
  });
  const answer = await served(request);
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ code: "session_not_found" });
});

test("an expired access token is told apart from a bad one on /rest", async () => {
  const { session } = await newPerson();
  passTime(901 * SECOND);
  const headers = { authorization: `Bearer ${session.access_token}` };
  const answer = await served(
    new Request("http://127.0.0.1:8787/rest/v1/restaurants", { headers }),
  );
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({
    code: "PGRST303",
    message: expect.stringContaining("expired"),
  });
  expect((await refresh(session.refresh_token)).error).toBeNull();
});
