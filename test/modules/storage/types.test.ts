// Types by other names, names that contradict the bytes, and types after a move.
import { beforeAll, expect, test } from "vitest";
import { type Person, person, service } from "../people.ts";
import { bytes, png } from "./files.ts";

const jpeg = bytes("\xff\xd8\xff\xe0\0\x10JFIF");
const admin = () => service().storage;
let ada: Person;

beforeAll(async () => {
  ada = await person("ada");
  for (const [name, types] of [
    ["jpegs", ["image/jpg"]],
    ["media", ["image/*"]],
  ] as const) {
    const options = { public: false, allowedMimeTypes: [...types] };
    expect((await admin().createBucket(name, options)).error).toBeNull();
  }
});

/** The type it was kept as, or the refusal in words. */
async function put(
  bucket: string,
  name: string,
  body: Uint8Array<ArrayBuffer>,
  contentType?: string,
) {
  const from = admin().from(bucket);
  const options = { upsert: true, ...(contentType && { contentType }) };
  const { error } = await from.upload(name, body, options);
  if (error) return `${Object(error).statusCode} ${error.message}`;
  return (await from.info(name)).data?.contentType;
}

test("image/jpg is image/jpeg, in claims and in lists", async () => {
  expect(await put("photos", "x/a.jpg", jpeg, "image/jpg")).toBe("image/jpeg");
  for (const type of ["image/jpg", "image/jpeg", "IMAGE/JPG"])
    expect(await put("jpegs", "a.jpg", jpeg, type)).toBe("image/jpeg");
  expect(await put("jpegs", "a.png", png(), "image/png")).toBe(
    "415 mime type image/png is not supported",
  );
});

test("where the name contradicts the bytes, a list of types says so in words", async () => {
  const refused: [name: string, body: Uint8Array<ArrayBuffer>, type: string, words: string][] = [
    ["a.png", jpeg, "image/jpeg", "the name says png, the bytes are jpeg"],
    ["a.jpg", png(), "", "the name says jpg, the bytes are png"],
    ["a.txt", png(), "image/png", "the name says txt, the bytes are png"],
    ["a.png", bytes("hej"), "", "the name says png, the bytes are text"],
    ["a.png", bytes("\0\x01"), "", "the name says png, the bytes are not"],
    ["a.gif", bytes("GIF89a<script >"), "image/gif", "the bytes are not only image/gif"],
  ];
  for (const [name, body, type, words] of refused) {
    expect(await put("media", name, body, type || undefined)).toBe(`415 ${words}`);
    expect(await put("photos", `x/${name}`, body, type || undefined)).toBe(
      "application/octet-stream",
    );
  }
  expect((await admin().from("media").list()).data).toEqual([]);
});

test("a move decides the type by the new name, as a copy does", async () => {
  const from = ada.db.storage.from("photos");
  const at = (name: string) => `${ada.id}/${name}`;
  const typeOf = async (name: string) => (await from.info(at(name))).data?.contentType;
  await from.upload(at("a.png"), jpeg, { contentType: "image/jpeg" });
  await from.upload(at("empty.txt"), "", { contentType: "text/plain" });
  const { data } = await from.info(at("a.png"));
  for (const [old, name, type] of [
    ["a.png", "b.png", "application/octet-stream"],
    ["b.png", "b.jpg", "image/jpeg"],
    ["b.jpg", "b.html", "application/octet-stream"],
    ["b.html", "b", "image/jpeg"],
    ["empty.txt", "empty.csv", "text/plain"],
  ] as const) {
    expect((await from.copy(at(old), at(`copy-${name}`))).error).toBeNull();
    expect((await from.move(at(old), at(name))).error).toBeNull();
    expect([name, await typeOf(name)]).toEqual([name, type]);
    expect([name, await typeOf(`copy-${name}`)]).toEqual([name, type]);
  }
  const moved = (await from.info(at("b"))).data;
  expect([moved?.id, moved?.version, moved?.etag]).toEqual([data?.id, data?.version, data?.etag]);
});

test("a move that would contradict the bytes is refused by a list of types", async () => {
  const from = admin().from("media");
  await from.upload("a.jpg", jpeg, { contentType: "image/jpeg" });
  await admin().from("photos").upload("x/b.png", jpeg, { contentType: "image/jpeg" });
  const words = "the name says png, the bytes are jpeg";
  expect((await from.move("a.jpg", "a.png")).error?.message).toBe(words);
  const away = { destinationBucket: "media" };
  const into = await admin().from("photos").move("x/b.png", "b.png", away);
  expect(into.error?.message).toBe(words);
  expect((await from.list()).data?.map(({ name }) => name)).toEqual(["a.jpg"]);
});
