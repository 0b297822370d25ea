// R-F9: what one person may keep, in files and in bytes, whatever they do at once.
import { env } from "cloudflare:workers";
import type { SupabaseClient } from "@supabase/supabase-js";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { mortal, sweep } from "../mortal.ts";
import { openPlace, type Person, person, service } from "../people.ts";
import { column, keys, png, refusal, slow, underWay, usages } from "./files.ts";

vi.spyOn(console, "error").mockImplementation(() => {});

const FILES = 5;
const SIZE = 100;
const full = "413 QuotaExceeded 413";
const options = { contentType: "image/png" };
const bounds = { FILES_PER_USER: String(FILES), BYTES_PER_USER: String(FILES * SIZE) };
/** A picture of so many bytes. */
const sized = (bytes = SIZE) =>
  new Blob([png("x".repeat(bytes - png().length))], { type: "image/png" });

let ada: Person;
beforeEach(async () => {
  ada = await person("ada");
});

const tokenOf = async (one: Person) =>
  (await one.db.auth.getSession()).data.session?.access_token ?? "";
const photos = (client: SupabaseClient) => client.storage.from("photos");
const name = (file: number | string) => `${ada.id}/${file}.png`;

/** The Worker with these bounds, as Ada sees it, and all that it did. */
async function bounded(changes: Record<string, string> = bounds) {
  const worker = mortal(undefined, changes);
  const client = worker.as(await tokenOf(ada));
  return { worker, client, from: photos(client) };
}

/** Files and bytes that are counted as somebody's; always what there really is. */
async function kept(of = ada.id): Promise<[files: number, bytes: number]> {
  const { counted, true: reckoned } = await usages();
  expect(counted).toEqual(reckoned);
  const mine = counted.find((row) => Object(row).owner_id === of);
  const { files = 0, bytes = 0 } = Object(mine);
  return [files, bytes];
}

const fill = async (from: ReturnType<typeof photos>) => {
  for (let n = 0; n < FILES; n++) expect((await from.upload(name(n), sized())).error).toBeNull();
};

/** What came of many at once: how many were taken, and how the others were refused. */
async function outcomes(all: Promise<{ error: unknown }>[]) {
  const errors = (await Promise.all(all)).map(({ error }) => error);
  const refused = errors.filter((error) => error !== null).map(refusal);
  return { taken: errors.length - refused.length, refused: [...new Set(refused)] };
}

describe("50 uploads at once", () => {
  const fifty = Array.from({ length: 50 }, (_, n) => n);
  const some = [
    ["as many files as one may", bounds, SIZE],
    ["files alone are bounded", { FILES_PER_USER: "5", BYTES_PER_USER: "0" }, SIZE],
    ["as many bytes as one may", { FILES_PER_USER: "", BYTES_PER_USER: "599" }, SIZE],
  ] as const;

  test.each(some)("%s, and none more", async (_, changes, size) => {
    const { worker, from } = await bounded(changes);
    const all = await outcomes(fifty.map((n) => from.upload(name(n), sized(size))));
    expect(all).toEqual({ taken: FILES, refused: [full] });
    await worker.settled();
    expect(await kept()).toEqual([FILES, FILES * size]);
    expect(await keys()).toEqual(await column("storage__objects", "version"));
  });

  test("of who knows how much: no byte is stored beyond the bound", async () => {
    const { worker, from } = await bounded();
    const streams = fifty.map((n) => from.upload(name(n), sized().stream(), options));
    const all = await outcomes(streams);
    expect(all.refused).toEqual([full]);
    await worker.settled();
    const puts = worker.taken.filter((step) => step === "R2 put");
    expect(puts.length).toBe(all.taken);
    expect(await kept()).toEqual([all.taken, all.taken * SIZE]);
    expect(all.taken).toBe(FILES);
  });

  test("replacing one file, with room for no other: some do, some are refused", async () => {
    const { worker, from } = await bounded();
    await fill(from);
    const all = await outcomes(fifty.map(() => from.upload(name(0), sized(), { upsert: true })));
    expect(all.taken).toBeGreaterThan(0);
    expect(all.refused).toEqual([full]);
    await worker.settled();
    expect(await kept()).toEqual([FILES, FILES * SIZE]);
  });

  test("copies count, and so do uploads by signed URLs, as the signer's", async () => {
    const { worker, client, from } = await bounded();
    expect((await from.upload(name(0), sized())).error).toBeNull();
    const tokens = await Promise.all(
      fifty.map(async (n) => (await from.createSignedUploadUrl(name(`s${n}`))).data?.token ?? ""),
    );
    expect(await kept()).toEqual([1, SIZE]);
    const anyone = photos(worker.as(env.VTB_PUBLISHABLE_KEY));
    const all = await outcomes([
      ...fifty.map((n) => anyone.uploadToSignedUrl(name(`s${n}`), tokens[n] ?? "", sized())),
      ...fifty.map((n) => from.copy(name(0), name(`c${n}`))),
    ]);
    expect(all).toEqual({ taken: FILES - 1, refused: [full] });
    await worker.settled();
    expect(await kept()).toEqual([FILES, FILES * SIZE]);
    expect(refusal((await from.createSignedUploadUrl(name("more"))).error)).toBe(full);
    expect((await client.storage.from("photos").list(ada.id)).data).toHaveLength(FILES);
  });
});

describe("who keeps as much as one may", () => {
  test("is refused in the wire's own words, and the refusal leaves nothing", async () => {
    const { worker, from } = await bounded();
    await fill(from);
    const before = await keys();
    const { error } = await from.upload(name("more"), sized());
    expect(error).toMatchObject({
      status: 413,
      statusCode: "413",
      message: "There is no room left for another file of this size",
    });
    await worker.settled();
    expect(await keys()).toEqual(before);
    expect(await column("storage__uploads", "id")).toEqual([]);
  });

  test("replaces a file by one that is no larger, and moves and removes as before", async () => {
    const { worker, from } = await bounded();
    await fill(from);
    for (const body of [sized(), sized(SIZE - 1), sized(SIZE - 1).stream()])
      expect((await from.update(name(0), body, options)).error).toBeNull();
    expect(await kept()).toEqual([FILES, FILES * SIZE - 1]);
    for (const body of [sized(SIZE + 1), sized(SIZE + 1).stream()])
      expect(refusal((await from.update(name(0), body, options)).error)).toBe(full);
    expect((await from.move(name(0), name("moved"))).error).toBeNull();
    expect(refusal((await from.copy(name(1), name("copied"))).error)).toBe(full);
    expect((await from.remove([name("moved"), name(1)])).data).toHaveLength(2);
    expect(await kept()).toEqual([FILES - 2, (FILES - 2) * SIZE]);
    expect((await from.upload(name("more"), sized(2 * SIZE))).error).toBeNull();
    await worker.settled();
    expect(await kept()).toEqual([FILES - 1, FILES * SIZE]);
  });

  test("gets no room from a file that goes elsewhere while its successor comes", async () => {
    const { worker, from } = await bounded({ FILES_PER_USER: String(FILES) });
    await fill(from);
    const before = await keys();
    const { body, end } = slow();
    const going = from.upload(name(0), body, { ...options, upsert: true });
    await underWay();
    expect((await from.move(name(0), name("kept"))).error).toBeNull();
    end();
    expect(refusal((await going).error)).toBe(full);
    await worker.settled();
    expect(await keys()).toEqual(before);
    expect(await kept()).toEqual([FILES, FILES * SIZE]);
  });

  test("takes over no file of somebody else's", async () => {
    const bob = await person("bob");
    const place = await openPlace({ name: "Both" }, ada, bob);
    const path = `${place}/menu.png`;
    expect((await bob.db.storage.from("menus").upload(path, sized())).error).toBeNull();
    const { client, from } = await bounded();
    await fill(from);
    const menus = client.storage.from("menus");
    expect(refusal((await menus.update(path, sized())).error)).toBe(full);
    expect((await from.remove([name(0)])).data).toHaveLength(1);
    expect((await menus.update(path, sized())).error).toBeNull();
    expect([await kept(), await kept(bob.id)]).toEqual([
      [FILES, FILES * SIZE],
      [0, 0],
    ]);
  });
});

test("an upload counts from its beginning until it is given up", async () => {
  const { from } = await bounded();
  const dead = mortal({ step: 3, when: "before", dead: true }, bounds);
  const lost = await photos(dead.as(await tokenOf(ada))).upload(name("lost"), sized(5 * SIZE));
  expect(lost.error).not.toBeNull();
  expect(refusal((await from.upload(name("more"), sized())).error)).toBe(full);
  expect(await column("storage__uploads", "reserved")).toEqual([5 * SIZE]);
  await sweep(25);
  expect((await from.upload(name("more"), sized())).error).toBeNull();
  expect(await kept()).toEqual([1, SIZE]);
});

test("a large upload of who knows how much ends with the part there is no room for", async () => {
  const MEGABYTE = 1024 * 1024;
  const { worker, from } = await bounded({ BYTES_PER_USER: String(20 * MEGABYTE) });
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const bytes = new Uint8Array(MEGABYTE);
      if (sent === 0) bytes.set(png());
      if (sent++ < 40) controller.enqueue(bytes);
      else controller.close();
    },
  });
  const before = await keys();
  expect(refusal((await from.upload(name("large"), body, options)).error)).toBe(full);
  expect(worker.taken.filter((step) => step === "R2 part")).toHaveLength(2);
  await worker.settled();
  expect(await keys()).toEqual(before);
  expect(await kept()).toEqual([0, 0]);
});

test("the service's files are nobody's; in place of somebody's they are theirs", async () => {
  const worker = mortal(undefined, bounds);
  const from = photos(worker.as(env.VTB_SECRET_KEY));
  const mine = await bounded();
  await fill(mine.from);
  const put = async (file: string | number, blob: Blob, upsert: boolean) =>
    expect((await from.upload(name(file), blob, { upsert })).error).toBeNull();
  for (let n = 0; n < 2 * FILES; n++) await put(`gift${n}`, sized(), false);
  expect(await kept()).toEqual([FILES, FILES * SIZE]);
  await put(0, sized(3 * SIZE), true);
  expect(await kept()).toEqual([FILES, (FILES + 2) * SIZE]);
  expect(
    (
      await service()
        .storage.from("photos")
        .remove([name(0)])
    ).data,
  ).toHaveLength(1);
  expect(await kept()).toEqual([FILES - 1, (FILES - 1) * SIZE]);
});

test("a full account costs an upload as few rows as an empty one", async () => {
  const rowsOf = async (file: string) => {
    const { worker, from } = await bounded();
    expect((await from.upload(name(file), sized(), { upsert: true })).error).toBeNull();
    return worker.rows.read;
  };
  const at = "2026-01-01T00:00:00.000Z";
  const insert = `insert into storage__objects(id, bucket_id, name, folder, owner_id, size,
    mime_type, created_at, version, etag, cache_control, updated_at)
    select value, 'photos', ?2 || '/' || value, ?2, ?2, 0, 'image/png', '${at}', value, '', '',
    '${at}' from json_each(?1)`;
  await rowsOf("warm");
  const few = await rowsOf("few");
  const many = Array.from({ length: 2_000 }, () => crypto.randomUUID());
  await env.DB.prepare(insert).bind(JSON.stringify(many), ada.id).run();
  const worker = mortal(undefined, { FILES_PER_USER: "5000" });
  const from = photos(worker.as(await tokenOf(ada)));
  expect((await from.upload(name("many"), sized())).error).toBeNull();
  expect(worker.rows.read).toBe(few);
  expect(few).toBeLessThan(60);
  await env.DB.prepare("delete from storage__objects where etag = ''").run();
});

test("a bound that is no number stops uploads, rather than not being there", async () => {
  for (const wrong of ["many", "-1", "1.5"]) {
    const { from } = await bounded({ FILES_PER_USER: wrong });
    const { error } = await from.upload(name("a"), sized());
    expect(refusal(error)).toBe("500 InternalError 500");
    expect(Object(error).message).not.toContain("FILES_PER_USER");
  }
  expect(await kept()).toEqual([0, 0]);
});
