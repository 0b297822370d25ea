// Files over HTTP, through the real client: large ones go up and down while memory stays as it is.
import { createHash, randomBytes } from "node:crypto";
import { get, type IncomingMessage } from "node:http";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, serve } from "../serve.ts";
import { accessTokenOf, guest, type Person, service, signUp } from "./callers.ts";

const MEGABYTE = 1024 * 1024;
const SIZE = 90 * MEGABYTE;
/** A part, its copy on the way to R2, and what the garbage collector leaves for later. */
const MOST_GROWTH = 48 * MEGABYTE;

/** Megabytes of each small file. */
const SMALL = 9;
const SMALL_FILES = 5;

/** What lies in R2 in one piece: its simulator reads files in parts ahead of who asks for them. */
const ONE_PIECE = 8 * MEGABYTE;
const READERS = 24;

let server: Server;
let ada: Person;

beforeAll(async () => {
  // The simulator of R2 runs in the same process, and leaves pieces to the collector. One that runs
  // often leaves in memory what is really held.
  process.env.MINIFLARE_WORKERD_V8_FLAGS = "--gc-interval=5000 --max-semi-space-size=1";
  server = await serve({ AUTOCONFIRM: "true" });
  ada = await signUp(server, "ada");
});
afterAll(() => server?.stop());

const chunk = randomBytes(MEGABYTE);
/** The same bytes each time, without holding them: each megabyte begins with its number. */
function* megabytes(): Generator<Uint8Array> {
  for (let n = 0; n < SIZE / MEGABYTE; n++) {
    const next = new Uint8Array(chunk);
    new DataView(next.buffer).setUint32(8, n);
    if (n === 0) next.set(new TextEncoder().encode("%PDF-1.7"));
    yield next;
  }
}

function streamOf(
  parts: Generator<Uint8Array> | AsyncGenerator<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

const wanted = createHash("sha256");
for (const part of megabytes()) wanted.update(part);
const digest = wanted.digest("hex");

/** How much workerd grew at most while this went on. */
async function growth(work: () => Promise<void>): Promise<number> {
  const before = server.memory();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, server.memory());
  }, 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, server.memory()) - before;
}

async function* form(): AsyncGenerator<Uint8Array> {
  const text = (value: string) => new TextEncoder().encode(value);
  yield text(
    '--limit\r\nContent-Disposition: form-data; name="cacheControl"\r\n\r\n60\r\n' +
      '--limit\r\nContent-Disposition: form-data; name=""; filename="blob"\r\n' +
      "Content-Type: application/pdf\r\n\r\n",
  );
  yield* megabytes();
  yield text("\r\n--limit--\r\n");
}

const pdf = { contentType: "application/pdf" };
const address = (name: string) => `${server.url}/storage/v1/object/photos/${ada.id}/${name}`;
const credentials = async () => ({
  apikey: server.keys.PUBLISHABLE_KEY,
  authorization: `Bearer ${await accessTokenOf(ada.client)}`,
});

/** A reader who takes the first bytes, and then no more until it is told to. */
async function stopped(name: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(address(name), { headers, agent: false }, resolve).on("error", reject);
  });
  await new Promise((resolve) => answer.once("readable", resolve));
  return answer;
}

// The first of these tests: memory that others have freed would hide what is held here.
test("nothing is held in memory for readers who stop reading", async () => {
  const headers = await credentials();
  const body = Buffer.concat([...take(megabytes(), ONE_PIECE / MEGABYTE)]);
  const { error } = await ada.client.storage.from("photos").upload(`${ada.id}/one`, body, pdf);
  expect(error).toBeNull();
  await (await fetch(address("one"), { headers })).arrayBuffer(); // loads what is loaded once
  const readers: IncomingMessage[] = [];
  const grown = await growth(async () => {
    readers.push(
      ...(await Promise.all(Array.from({ length: READERS }, () => stopped("one", headers)))),
    );
    await setTimeout(2_000); // for what would come unasked
  });
  console.info(`workerd grew by ${Math.round(grown / MEGABYTE)} MB for ${READERS} readers`);
  for (const reader of readers)
    expect(Buffer.concat(await reader.toArray()).equals(body)).toBe(true);
  expect(grown).toBeLessThan((READERS * ONE_PIECE) / 6);
});

test("90 MB go up, whichever way, in flat memory, and come down as they were", async () => {
  const headers = await credentials();
  const photos = ada.client.storage.from("photos");
  // What is loaded once is loaded, and what parts take is taken.
  for (let n = 0; n < SMALL_FILES; n++) {
    const small = streamOf(take(megabytes(), SMALL));
    const { error } = await photos.upload(`${ada.id}/warm`, small, { upsert: true });
    expect(error).toBeNull();
  }
  const grown: Record<string, number> = {};
  grown["up, as it is"] = await growth(async () => {
    const { error } = await photos.upload(`${ada.id}/raw`, streamOf(megabytes()), pdf);
    expect(error).toBeNull();
  });
  grown["up, in a form"] = await growth(async () => {
    const answer = await fetch(address("form"), {
      method: "POST",
      headers: { ...headers, "content-type": "multipart/form-data; boundary=limit" },
      body: streamOf(form()),
      duplex: "half",
    } as RequestInit); // Node's fetch wants `duplex`, and the platform's type has none
    expect(await answer.text()).toContain('"Key"');
  });
  const mb = Object.entries(grown).map(([what, bytes]) => [what, Math.round(bytes / MEGABYTE)]);
  console.info(`workerd grew by (MB): ${JSON.stringify(Object.fromEntries(mb))}`);
  for (const [what, bytes] of Object.entries(grown)) expect(bytes, what).toBeLessThan(MOST_GROWTH);
  expect((await photos.copy(`${ada.id}/raw`, `${ada.id}/copy`)).error).toBeNull();
  for (const name of ["raw", "form", "copy"]) {
    const answer = await fetch(address(name), { headers });
    expect(answer.headers.get("content-length")).toBe(String(SIZE));
    expect(answer.headers.get("content-type")).toBe("application/pdf");
    const hash = createHash("sha256");
    for await (const part of answer.body ?? []) hash.update(part);
    expect(hash.digest("hex")).toBe(digest);
  }
}, 180_000);

function* take<T>(all: Generator<T>, count: number): Generator<T> {
  for (let n = 0; n < count; n++) {
    const { value, done } = all.next();
    if (done) return;
    yield value;
  }
}

test("parts of a large file are read by ranges across R2's parts", async () => {
  const headers = { apikey: server.keys.SECRET_KEY };
  const address = `${server.url}/storage/v1/object/photos/${ada.id}/raw`;
  const range = `bytes=${8 * MEGABYTE - 8}-${8 * MEGABYTE + 15}`;
  const answer = await fetch(address, { headers: { ...headers, range } });
  const got = Buffer.from(await answer.arrayBuffer());
  expect([answer.status, got.length]).toEqual([206, 24]);
  expect(got.subarray(0, 8)).toEqual(chunk.subarray(-8));
  expect(got.readUInt32BE(16)).toBe(8);
  const head = await fetch(address, { method: "HEAD", headers });
  expect([head.status, head.headers.get("content-length")]).toEqual([200, String(SIZE)]);
});

test("what is too large is refused, with an answer", async () => {
  const { storage } = service(server);
  await storage.createBucket("tiny", { public: false, fileSizeLimit: "1MB" });
  const body = new Blob([randomBytes(3 * MEGABYTE)]);
  const { error } = await storage.from("tiny").upload("a", body);
  expect(error).toMatchObject({ statusCode: "413" });
  const raw = await storage.from("tiny").upload("a", streamOf(take(megabytes(), 12)));
  expect(raw.error).toMatchObject({ statusCode: "413" });
});

test("the story: a photo, a link to it, and nobody else", async () => {
  const eve = await signUp(server, "eve");
  const photos = ada.client.storage.from("photos");
  const pixel = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
  const path = `${ada.id}/holiday/beach.gif`;
  const up = await photos.upload(path, new Blob([pixel], { type: "image/gif" }));
  expect(up.data?.fullPath).toBe(`photos/${path}`);
  const down = await photos.download(path);
  expect(Buffer.from((await down.data?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(pixel);
  for (const client of [eve.client, guest(server)]) {
    const stolen = await client.storage.from("photos").download(path);
    expect(stolen.error).toMatchObject({ statusCode: "404" });
  }
  const { data } = await photos.createSignedUrl(path, 60);
  const answer = await fetch(data?.signedUrl ?? "");
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/gif"]);
});
