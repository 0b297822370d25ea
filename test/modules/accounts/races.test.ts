// What happens between looking and writing: the batch that opens a session looks again.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { admin, deployed, lastLetter, newEmail, newPerson, password, serve, tab } from "./app.ts";
import { overTrips } from "./trips.ts";

/** A Worker to which something happens just before the n-th batch of the next request. */
function before(n: number, happens: () => Promise<unknown>) {
  let sent = 0;
  const db = overTrips(async (go) => {
    sent++;
    if (sent === n) await happens();
    return go();
  });
  return serve({}, db);
}

const living = async (id: string) => {
  const sql = "select count(*) as n from auth__sessions where user_id = ? and ended_at is null";
  return env.DB.prepare(sql).bind(id).first<number>("n");
};

const ends: [what: string, end: (id: string) => Promise<unknown>, code: string][] = [
  ["a ban", (id) => admin().updateUserById(id, { ban_duration: "1h" }), "user_banned"],
  ["a deletion", (id) => admin().deleteUser(id), "invalid_credentials"],
  [
    "a new password",
    (id) => admin().updateUserById(id, { password: "chosen by the admin" }),
    "invalid_credentials",
  ],
];

test.each(ends)("%s is not outlived by a sign-in that began before it", async (_, end, code) => {
  const { email, user } = await newPerson();
  // Looking the person up, counting the attempt, opening the session.
  const auth = tab({ serve: before(3, () => end(user.id)) }).auth;
  const { error } = await auth.signInWithPassword({ email, password });
  expect(error?.code).toBe(code);
  expect(await living(user.id)).toBe(0);
});

test("a ban is not outlived by a link that was followed before it", async () => {
  const { email, user } = await newPerson();
  await tab().auth.resetPasswordForEmail(email);
  const { code } = await lastLetter(email);
  const ban = () => admin().updateUserById(user.id, { ban_duration: "1h" });
  const auth = tab({ serve: before(3, ban) }).auth;
  const { error } = await auth.verifyOtp({ email, token: code, type: "recovery" });
  expect(error?.code).toBe("user_banned");
  expect(await living(user.id)).toBe(0);
});

test("a ban does not lose to a person who is busy", async () => {
  const { user } = await newPerson();
  const touch = () =>
    env.DB.prepare("update auth__users set updated_at = '2099' where id = ?").bind(user.id).run();
  const busy = admin(before(1, touch));
  expect((await busy.updateUserById(user.id, { ban_duration: "1h" })).error).toBeNull();
});

test("a session that is ended meanwhile changes nothing", async () => {
  const { session, user, tab: at } = await newPerson();
  const sent = before(2, () => at.auth.signOut());
  const answer = await sent(
    new Request("http://127.0.0.1/auth/v1/user", {
      method: "PUT",
      headers: {
        authorization: `Bearer ${session.access_token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ data: { late: true } }),
    }),
  );
  expect(await answer.json()).toMatchObject({ code: "session_not_found" });
  const { data } = await admin().getUserById(user.id);
  expect(data.user?.user_metadata).toEqual({});
});

test("parallel sign-ups of one new address are answered alike", async () => {
  const email = newEmail();
  const answers = await Promise.all(
    [1, 2, 3].map(() => tab({ serve: deployed }).auth.signUp({ email, password })),
  );
  expect(answers.map(({ error }) => error)).toEqual([null, null, null]);
  const sql = "select count(*) as n from auth__users where email = ?";
  expect(await env.DB.prepare(sql).bind(email).first("n")).toBe(1);
});

test("a hundred living sessions per person: one more ends the oldest", async () => {
  const { email, user } = await newPerson();
  await env.DB.prepare(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 104)
     insert into auth__sessions select '01900000-0000-7000-8000-' || printf('%012d', i), user_id,
       key, counter, rotated_at, ends_at, ended_at, amr, address, user_agent, created_at, _v
     from auth__sessions, n where user_id = ?`,
  )
    .bind(user.id)
    .run();
  expect(await living(user.id)).toBe(105);
  const { data } = await tab().auth.signInWithPassword({ email, password });
  expect(await living(user.id)).toBe(100);
  expect((await tab().auth.refreshSession(data.session ?? undefined)).error).toBeNull();
  const oldest = env.DB.prepare(
    "select ended_at from auth__sessions where id like '%000000000006'",
  );
  expect(await oldest.first("ended_at")).not.toBeNull();
});
