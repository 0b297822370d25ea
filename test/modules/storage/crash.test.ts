// Whatever ends wherever: a file is the old one or the new one, whole; and after the sweeper, D1
// and R2 agree.
import { env } from "cloudflare:workers";
import type { SupabaseClient } from "@supabase/supabase-js";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Fault } from "../../crash.ts";
import { mortal, sweep } from "../mortal.ts";
import { type Person, person } from "../people.ts";
import { column, keys, png, usages } from "./files.ts";

// What goes wrong is what these tests are about; the log of it is not.
vi.spyOn(console, "error").mockImplementation(() => {});

const LARGE = 8 * 1024 * 1024 + 1_000;
let ada: Person;
let token: string;
let dir: string;
let n = 0;

beforeAll(async () => {
  ada = await person("ada");
  token = (await ada.db.auth.getSession()).data.session?.access_token ?? "";
});

beforeEach(() => {
  dir = `${ada.id}/${++n}`;
});

const photos = (client: SupabaseClient) => client.storage.from("photos");
const small = (text: string) => new Blob([png(text)], { type: "image/png" });
const large = (fill: number) => {
  const all = new Uint8Array(LARGE).fill(fill);
  all.set(png());
  return new Blob([all], { type: "image/png" });
};

/** What is at a name: its end, or nothing. */
async function read(name: string): Promise<string> {
  const { data } = await photos(ada.db).download(name);
  if (!data) return "nothing";
  const { data: info } = await photos(ada.db).info(name);
  expect(info?.size).toBe(data.size);
  return (await data.slice(-4).text()).slice(-4);
}

async function agree(): Promise<void> {
  expect(await keys()).toEqual(await column("storage__objects", "version"));
  expect(await column("storage__uploads", "id")).toEqual([]);
  expect(await column("storage__trash", "id")).toEqual([]);
  const usage = await usages();
  expect(usage.counted).toEqual(usage.true);
}

const options = { contentType: "image/png" };

interface Case {
  name: string;
  before?: () => Promise<unknown>;
  act: (client: SupabaseClient) => Promise<{ error: unknown }>;
  /** What lies where: when nothing came of it, and when all did. */
  old: Record<string, string>;
  done: Record<string, string>;
}

const at = (file: string) => `${dir}/${file}`;
const has = (text: string) => photos(ada.db).upload(at("a"), small(text));

const cases: Case[] = [
  {
    name: "upload",
    act: (client) => photos(client).upload(at("a"), small("new!")),
    old: { a: "nothing" },
    done: { a: "new!" },
  },
  {
    name: "upload in parts",
    act: (client) => photos(client).upload(at("a"), large(65)),
    old: { a: "nothing" },
    done: { a: "AAAA" },
  },
  {
    name: "upload of who knows how much",
    act: (client) => photos(client).upload(at("a"), large(65).stream(), options),
    old: { a: "nothing" },
    done: { a: "AAAA" },
  },
  {
    name: "replace",
    before: () => has("old!"),
    act: (client) => photos(client).update(at("a"), small("new!")),
    old: { a: "old!" },
    done: { a: "new!" },
  },
  {
    name: "replace in parts",
    before: () => has("old!"),
    act: (client) => photos(client).upload(at("a"), large(66), { upsert: true }),
    old: { a: "old!" },
    done: { a: "BBBB" },
  },
  {
    name: "replace by who knows how much",
    before: () => has("old!"),
    act: (client) => photos(client).update(at("a"), small("new!").stream(), options),
    old: { a: "old!" },
    done: { a: "new!" },
  },
  {
    name: "move",
    before: () => has("old!"),
    act: (client) => photos(client).move(at("a"), at("b")),
    old: { a: "old!", b: "nothing" },
    done: { a: "nothing", b: "old!" },
  },
  {
    name: "copy",
    before: () => has("old!"),
    act: (client) => photos(client).copy(at("a"), at("b")),
    old: { a: "old!", b: "nothing" },
    done: { a: "old!", b: "old!" },
  },
  {
    name: "remove",
    before: () => has("old!"),
    act: (client) => photos(client).remove([at("a")]),
    old: { a: "old!" },
    done: { a: "nothing" },
  },
];

async function looks(of: Record<string, string>): Promise<Record<string, string>> {
  const names = Object.keys(of);
  const each = await Promise.all(names.map((name) => read(at(name))));
  return Object.fromEntries(names.map((name, i) => [name, each[i] ?? ""]));
}

/** The act with a fault, and what must hold after it. Answers with the steps that were begun. */
async function survive(one: Case, fault: Fault): Promise<string[]> {
  const where = JSON.stringify(fault);
  dir = `${ada.id}/${++n}`;
  await one.before?.();
  const worker = mortal(fault);
  const { error } = await one.act(worker.as(token));
  await worker.settled();
  const seen = await looks(one.old);
  expect([one.old, one.done], where).toContainEqual(seen);
  // What was acknowledged stands.
  if (!error) expect(seen, where).toEqual(one.done);
  await sweep(1);
  expect(await looks(one.old), where).toEqual(seen);
  await sweep(25);
  expect(await looks(one.old), where).toEqual(seen);
  await agree();
  return worker.taken;
}

describe.each(cases)("$name", (one) => {
  const modes = [
    { when: "before", dead: true },
    { when: "after", dead: true },
    { when: "before", dead: false },
    { when: "after", dead: false },
  ] as const;

  test.each(modes)("fails $when each step, dead: $dead", async (mode) => {
    let steps = 1;
    for (let step = 1; step <= steps; step++) {
      const taken = await survive(one, { step, ...mode });
      expect(taken.length).toBeGreaterThanOrEqual(step);
      if (step === 1) steps = (await undisturbed(one)).length;
    }
    expect(steps).toBeGreaterThan(1);
  });
});

async function undisturbed(one: Case): Promise<string[]> {
  dir = `${ada.id}/${++n}`;
  await one.before?.();
  const worker = mortal();
  expect((await one.act(worker.as(token))).error).toBeNull();
  await worker.settled();
  expect(await looks(one.old)).toEqual(one.done);
  await agree();
  return worker.taken;
}

test("the calls of each act are as few as they can be", async () => {
  const taken: Record<string, string> = {};
  for (const one of cases) taken[one.name] = (await undisturbed(one)).join(", ");
  const [look, write, clean] = ["D1 batch", "D1 batch", "R2 delete, D1 batch"];
  const begin = "R2 begin, D1 batch, R2 part, R2 part, R2 complete";
  const growing = "R2 begin, D1 batch, R2 part, D1 batch, R2 part, R2 complete";
  expect(taken).toEqual({
    upload: `${look}, ${write}, R2 put, ${write}`,
    "upload in parts": `${look}, ${write}, ${begin}, ${write}`,
    "upload of who knows how much": `${look}, ${write}, ${growing}, ${write}`,
    replace: `${look}, ${write}, R2 put, ${write}, ${clean}`,
    "replace in parts": `${look}, ${write}, ${begin}, ${write}, ${clean}`,
    "replace by who knows how much": `${look}, ${write}, ${write}, R2 put, ${write}, ${clean}`,
    move: `${look}, ${write}`,
    copy: `${look}, R2 get, ${look}, ${write}, R2 put, ${write}`,
    remove: `${look}, ${write}, ${clean}`,
  });
});

test("many at once leave one file and no other bytes", async () => {
  const at = `${dir}/race`;
  const texts = Array.from({ length: 8 }, (_, i) => `no.${i}`);
  const upserts = await Promise.all(
    texts.map((text) => photos(ada.db).upload(at, small(text), { upsert: true })),
  );
  expect(upserts.map(({ error }) => error)).toEqual(texts.map(() => null));
  expect(new Set(upserts.map(({ data }) => data?.id)).size).toBe(1);
  expect(texts).toContain(await read(at));
  const news = await Promise.all(texts.map((text) => photos(ada.db).upload(`${at}2`, small(text))));
  const won = news.filter(({ error }) => !error);
  expect(won).toHaveLength(1);
  expect(news.flatMap(({ error }) => (error ? [Object(error).code] : []))).toEqual(
    texts.slice(1).map(() => "KeyAlreadyExists"),
  );
  await expect.poll(keys).toEqual(await column("storage__objects", "version"));
  await sweep(25);
  await agree();
});

test("uploads, moves and removals of one name at once end in agreement", async () => {
  const at = `${dir}/mixed`;
  await photos(ada.db).upload(at, small("0000"));
  await Promise.all([
    photos(ada.db).update(at, small("1111")),
    photos(ada.db).move(at, `${at}.moved`),
    photos(ada.db).remove([at]),
    photos(ada.db).upload(at, small("2222"), { upsert: true }),
    photos(ada.db).copy(at, `${at}.copy`),
    photos(ada.db).remove([at, `${at}.moved`]),
  ]);
  await sweep(25);
  await agree();
});

test("an upload whose body breaks off leaves nothing", async () => {
  const worker = mortal();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent++ === 0) controller.enqueue(png());
      else controller.error(new Error("gone"));
    },
  });
  const request = new Request(`http://vertebra.test/storage/v1/object/photos/${dir}/a.png`, {
    method: "POST",
    body,
    headers: {
      authorization: `Bearer ${token}`,
      apikey: env.VTB_PUBLISHABLE_KEY,
      "content-type": "image/png",
    },
  });
  const answer = await worker.fetch(request);
  expect(answer.ok).toBe(false);
  await worker.settled();
  await agree();
});
