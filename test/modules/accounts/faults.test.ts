// A batch may be committed and still answer with an error; nobody may lose a session by it.
import { expect, test } from "vitest";
import {
  deployed,
  follow,
  fragment,
  lastLetter,
  newEmail,
  newPerson,
  password,
  serve,
  tab,
} from "./app.ts";
import { overTrips } from "./trips.ts";

const lost = () => new Error("D1_ERROR: Network connection lost.");

/** Loses the answer to every batch, or to the n-th alone, after it was committed. */
function losing(n?: number) {
  let sent = 0;
  return overTrips(async (go) => {
    const answer = await go();
    sent++;
    if (n === undefined || sent === n) throw lost();
    return answer;
  });
}

test("refreshing survives the loss of any one answer", async () => {
  for (let n = 1; n <= 2; n++) {
    const { session } = await newPerson();
    const unlucky = tab({ serve: serve({}, losing(n)) });
    const { data, error } = await unlucky.auth.refreshSession(session);
    expect([n, error]).toEqual([n, null]);
    expect((await tab().auth.refreshSession(data.session ?? undefined)).error).toBeNull();
  }
});

test("signing in and up survive the loss of the session's answer", async () => {
  const { email } = await newPerson();
  // Read, count the attempt, open the session.
  const inAgain = tab({ serve: serve({}, losing(3)) });
  const signedIn = await inAgain.auth.signInWithPassword({ email, password });
  expect(signedIn.error).toBeNull();
  expect((await tab().auth.refreshSession(signedIn.data.session ?? undefined)).error).toBeNull();
  const fresh = newEmail();
  const signedUp = await tab({ serve: serve({}, losing(1)) }).auth.signUp({
    email: fresh,
    password,
  });
  expect(signedUp.error).toBeNull();
  expect(signedUp.data.user?.email).toBe(fresh);
});

test("a link whose answer was lost has signed its follower in", async () => {
  const email = newEmail();
  await tab({ serve: deployed }).auth.signUp({ email, password });
  const { link } = await lastLetter(email);
  // Read the person, open the session.
  const place = await follow(link, serve({ AUTOCONFIRM: "false" }, losing(2)));
  const { refresh_token } = fragment(place);
  expect(
    (await tab().auth.refreshSession({ refresh_token: refresh_token ?? "" })).error,
  ).toBeNull();
});

test("a database that fails before it commits is 503, and nothing was done", async () => {
  const down = serve(
    {},
    overTrips(async () => Promise.reject(new Error("D1_ERROR: database is locked: SQLITE_BUSY"))),
  );
  const { email } = await newPerson();
  const answer = await down(
    new Request("http://127.0.0.1:8787/auth/v1/token?grant_type=password", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    }),
  );
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await answer.text()).not.toContain("SQLITE");
  expect((await tab().auth.signInWithPassword({ email, password })).error).toBeNull();
});
