import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { createKernel } from "../../../src/kernel/kernel.ts";
import { modules } from "../../../src/modules/index.ts";
import { admin, lettersTo, newPerson, tab } from "./app.ts";

const DAY_MS = 24 * 3_600_000;
const counts = async () =>
  env.DB.prepare(
    `select (select count(*) from auth__outbox) as mail, (select count(*) from auth__limits)
     as limits, (select count(*) from auth__one_time_tokens) as links,
     (select count(*) from auth__sessions) as sessions`,
  ).first();

async function sweep(after_ms: number): Promise<void> {
  const { db, files, secrets, settings } = readConfig(env);
  const clock = { now: () => Date.now() + after_ms };
  await createKernel({ modules, db, files, secrets, settings, clock }).sweep();
}

test("a sweep takes what is over, and nothing before", async () => {
  const { email } = await newPerson();
  await tab().auth.resetPasswordForEmail(email);
  const all = { mail: 1, limits: 1, links: 1, sessions: 1 };
  await sweep(0);
  expect(await counts()).toEqual(all);
  await sweep(DAY_MS);
  expect(await counts()).toEqual({ ...all, limits: 0, links: 0 });
  await sweep(8 * DAY_MS);
  expect(await counts()).toEqual({ mail: 0, limits: 0, links: 0, sessions: 1 });
  await sweep(91 * DAY_MS);
  expect(await counts()).toEqual({ mail: 0, limits: 0, links: 0, sessions: 0 });
});

test("mail to a person who is deleted goes with them", async () => {
  const { email, user } = await newPerson();
  const { email: other } = await newPerson();
  for (const address of [email, other]) await tab().auth.resetPasswordForEmail(address);
  await admin().deleteUser(user.id);
  expect(await lettersTo(email)).toEqual([]);
  expect(await lettersTo(other)).toHaveLength(1);
});
