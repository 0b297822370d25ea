// Content types against bytes (R-F3), names (R-F8), and forms.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { type Person, person, service } from "../people.ts";
import { bytes, call, credentials, keys, png, refusal, secret } from "./files.ts";

let ada: Person;
let headers: Record<string, string>;
let n = 0;
beforeAll(async () => {
  ada = await person("ada");
  headers = await credentials(ada.db);
});

const photos = () => ada.db.storage.from("photos");

/** Uploads under a fresh name; the type it was kept as, or the refusal. */
async function keptAs(body: Uint8Array<ArrayBuffer>, type: string, file = "file") {
  const path = `${ada.id}/${++n}/${file}`;
  const { error } = await photos().upload(path, body, { contentType: type });
  if (error) return refusal(error);
  return (await photos().info(path)).data?.contentType;
}

const mp4 = bytes("\0\0\0\x20ftypisom\0\0\x02\0");
const mismatch = "415 MismatchedMimeType 415";

describe("R-F3 bytes are what they are said to be", () => {
  const kinds: [type: string, extension: string, body: Uint8Array<ArrayBuffer>][] = [
    ["image/png", "png", png()],
    ["image/jpeg", "jpg", bytes("\xff\xd8\xff\xe0\0\x10JFIF")],
    ["image/gif", "gif", bytes("GIF89a\x01\0\x01\0")],
    ["image/webp", "webp", bytes("RIFF\x24\0\0\0WEBPVP8 ")],
    ["image/avif", "avif", bytes("\0\0\0\x20ftypavif\0\0\0\0")],
    ["image/heic", "heic", bytes("\0\0\0\x20ftypheic\0\0\0\0")],
    ["image/bmp", "bmp", bytes("BM\x46\0\0\0\0\0\0\0\x36\0\0\0")],
    ["image/tiff", "tif", bytes("II*\0\x08\0\0\0")],
    ["image/x-icon", "ico", bytes("\0\0\x01\0\x01\0")],
    ["video/mp4", "mp4", mp4],
    ["video/webm", "webm", bytes("\x1aE\xdf\xa3\x01\0\0\0")],
    ["audio/mpeg", "mp3", bytes("ID3\x04\0\0\0\0\0\0")],
    ["audio/wav", "wav", bytes("RIFF\x24\0\0\0WAVEfmt ")],
    ["audio/ogg", "ogg", bytes("OggS\0\x02\0\0")],
    ["audio/flac", "flac", bytes("fLaC\0\0\0\x22")],
    ["application/pdf", "pdf", bytes("%PDF-1.7\n")],
    ["application/zip", "zip", bytes("PK\x03\x04\x14\0\0\0")],
    ["application/gzip", "gz", bytes("\x1f\x8b\x08\0\0\0\0\0")],
    ["font/woff2", "woff2", bytes("wOF2\0\x01\0\0")],
  ];

  test.each(kinds)("%s", async (type, extension, body) => {
    expect(await keptAs(body, type, `a.${extension}`)).toBe(type);
    // Nothing was claimed: the bytes say it.
    expect(await keptAs(body, "application/octet-stream")).toBe(type);
    expect(await keptAs(body, "text/plain;charset=UTF-8")).toBe(type);
    // The claim is false.
    expect(await keptAs(bytes("not at all"), type)).toBe(mismatch);
    const other = type === "image/png" ? "image/gif" : "image/png";
    expect(await keptAs(body, other)).toBe(mismatch);
    expect(await keptAs(body, "text/html")).toBe(mismatch);
    // The name says otherwise.
    const wrong = type === "image/png" ? "a.gif" : "a.png";
    expect(await keptAs(body, type, wrong)).toBe("application/octet-stream");
    expect(await keptAs(body, type, "a.html")).toBe("application/octet-stream");
  });

  const others: [name: string, kept: string, type: string, body: string, file?: string][] = [
    ["plain text", "text/plain;charset=utf-8", "text/plain;charset=UTF-8", "hej"],
    ["text of no charset", "text/plain", "text/plain", "hej"],
    ["HTML", "text/html", "text/html", "<!doctype html>"],
    ["JSON", "application/json", "application/json", "{}"],
    ["JSON that is binary", mismatch, "application/json", "{\0}"],
    ["SVG", "image/svg+xml", "image/svg+xml", "<svg/>", "a.svg"],
    ["CSV", "text/csv", "text/csv", "a,b\n"],
    ["text that is not UTF-8", mismatch, "text/csv", "a\xff"],
    ["text in Latin-1 that says so", "text/csv;charset=latin1", "text/csv;charset=latin1", "a\xff"],
    [
      "text in UTF-16 that says so",
      "text/csv;charset=utf-16le",
      "text/csv;charset=UTF-16LE",
      "a\0,\0",
    ],
    ["binary that says it is text", mismatch, "text/csv;charset=latin1", "a\0"],
    ["text in no charset", mismatch, "text/csv;charset=klingon", "a"],
    ["a picture by its old name", "image/pjpeg", "image/pjpeg", "\xff\xd8\xff\xe0"],
    ["a script without a space", "application/octet-stream", "image/gif", "GIF89a<script/src=x>"],
    [
      "a picture inside a picture",
      "application/octet-stream",
      "image/gif",
      "GIF89a<img onerror=x>",
    ],
    ["binary that claims nothing", "application/octet-stream", "text/plain", "\0\x01\x02"],
    ["text under a picture's name", "application/octet-stream", "text/plain", "hej", "a.png"],
    ["HTML inside a picture", "application/octet-stream", "image/gif", "GIF89a<script >", "a.gif"],
    ["a document in a ZIP", "application/vnd.oasis.opendocument.text", "", "PK\x03\x04", "a.odt"],
    ["a kind that nobody knows", "application/x-thing", "application/x-thing", "\0\x01"],
    ["no media type", "415 InvalidMimeType 415", "nonsense", "hej"],
    ["a header in a type", "415 InvalidMimeType 415", "image/png, text/html", "hej"],
  ];
  test.each(others)("%s", async (_, kept, type, body, file) => {
    expect(await keptAs(bytes(body), type === "" ? kept : type, file)).toBe(kept);
  });

  test("the first bytes decide even when they arrive one by one", async () => {
    const path = `${ada.id}/slow.png`;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of png("slow")) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect((await photos().upload(path, body, { contentType: "image/png" })).error).toBeNull();
    expect((await photos().info(path)).data?.size).toBe(png("slow").length);
  });
});

describe("names", () => {
  const dir = () => `/object/photos/${ada.id}`;
  const put = (path: string) =>
    call("POST", path, { ...headers, "content-type": "image/png" }, new Blob([png()]));
  const good = [
    "a",
    "a.b.c",
    "..a",
    "a..",
    "...",
    "æøå/日本語/🙂.png",
    "a b+c%20d",
    "what?#&=.png",
    "x".repeat(900),
    "'\"<>|*",
  ];
  const bad = [
    "/",
    "a//b",
    "a/",
    "/a",
    "..%2fa",
    "a%2f..%2fb",
    ".%2fa",
    "a%00b",
    "a%0d%0ab",
    "a%5cb",
    "%ff",
    "%zz",
    "a%7fb",
    "x".repeat(1_100),
    "%e2%80%a8",
    "a%e2%80%aegnp.exe.png",
  ];

  test("whatever is a path is kept as it is", async () => {
    for (const name of good) {
      const path = `${dir()}/${name.split("/").map(encodeURIComponent).join("/")}`;
      const made = await put(path);
      expect([name, made.status]).toEqual([name, 200]);
      expect((await made.json<{ Key: string }>()).Key).toBe(`photos/${ada.id}/${name}`);
      expect([name, (await call("GET", path, headers)).status]).toEqual([name, 200]);
      const { data } = await photos().info(`${ada.id}/${encodeURIComponent(name)}`);
      if (!name.includes("/")) expect(data?.name).toBe(`${ada.id}/${name}`);
    }
  });

  test("what is none is InvalidKey, in paths and in bodies", async () => {
    for (const name of bad) {
      const answer = await put(`${dir()}/${name}`);
      const { code } = await answer.json<{ code: string }>();
      expect([name.slice(0, 20), answer.status, code]).toEqual([
        name.slice(0, 20),
        400,
        "InvalidKey",
      ]);
    }
    await photos().upload(`${ada.id}/here.png`, new Blob([png()], { type: "image/png" }));
    for (const name of ["../a", "a/../b", "a//b", "", ".", "a\r\nb", "a\\b", "x".repeat(1_100)]) {
      const { error } = await photos().move(`${ada.id}/here.png`, `${ada.id}/${name}`);
      expect([name.slice(0, 20), refusal(error)]).toEqual([
        name.slice(0, 20),
        "400 InvalidKey 400",
      ]);
    }
    const half = JSON.stringify({ bucketId: "photos", sourceKey: "a", destinationKey: "\ud800" });
    expect((await call("POST", "/object/move", headers, half)).status).toBe(400);
  });

  test("R-F8 no part of a name is in the key of its bytes", async () => {
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
    expect((await put(`${dir()}/${ada.id}`)).status).toBe(200);
    const all = await keys();
    expect(all.filter((key) => !uuid.test(key) || key === ada.id)).toEqual([]);
    expect(all).toContain((await photos().info(`${ada.id}/${ada.id}`)).data?.version);
  });

  test("a path cannot climb out of its folder", async () => {
    const answer = await put(`${dir()}/../other/a.png`);
    expect(answer.status).toBe(403);
  });
});

describe("forms", () => {
  const crlf = "\r\n";
  const part = (head: string, body: string) => `--b0${crlf}${head}${crlf}${crlf}${body}${crlf}`;
  const field = (name: string, value: string) =>
    part(`Content-Disposition: form-data; name="${name}"`, value);
  const file = (body: string, type = "text/plain", name = "") =>
    part(
      `Content-Disposition: form-data; name="${name}"; filename="x"${crlf}Content-Type: ${type}`,
      body,
    );
  const send = async (text: string, pieces?: number, type = "multipart/form-data; boundary=b0") => {
    const path = `${ada.id}/form/${++n}`;
    const all = new TextEncoder().encode(text);
    const body = pieces
      ? new ReadableStream<Uint8Array>({
          start(controller) {
            for (let i = 0; i < all.length; i += pieces)
              controller.enqueue(all.slice(i, i + pieces));
            controller.close();
          },
        })
      : all;
    const sent = { ...headers, "content-type": type };
    const answer = await call("POST", `/object/photos/${path}`, sent, body);
    const { code } = await answer.json<{ code?: string }>();
    if (!answer.ok) return `${answer.status} ${code}`;
    const { data: info } = await photos().info(path);
    const { data } = await photos().download(path);
    return { text: await data?.text(), cache: info?.cacheControl, metadata: info?.metadata };
  };
  const end = "--b0--";

  test("bytes of every cut are put together again", async () => {
    const body = `a\r\n--b\r\n--b1\r--b0\n${"\r\n".repeat(20)}--`;
    const form = field("cacheControl", "7") + file(body) + field("metadata", '{"a":"é"}') + end;
    for (const pieces of [undefined, 1, 2, 3, 5, 7, 64]) {
      expect(await send(form, pieces)).toEqual({
        text: body,
        cache: "max-age=7",
        metadata: { a: "é" },
      });
    }
  });

  test("as browsers and others write them", async () => {
    const quoted = 'multipart/form-data; charset=utf-8; boundary="b0"';
    const whole = { text: "hej", cache: "max-age=3600", metadata: {} };
    expect(await send(file("hej") + end, undefined, quoted)).toEqual(whole);
    expect(await send(`preamble${crlf}${file("hej")}${end}${crlf}epilogue`)).toEqual(whole);
    expect(await send(file("") + end)).toEqual({ ...whole, text: "" });
    const bare = part('Content-Disposition: form-data; name=""', "hej");
    expect(await send(bare + end, undefined)).toMatchObject({ text: "hej" });
  });

  test("what is broken is refused, and leaves nothing", async () => {
    const before = await env.DB.prepare("select count(*) n from storage__objects").first();
    const bad = [
      "",
      end,
      field("cacheControl", "1") + end,
      file("hej"),
      file("hej").slice(0, -1),
      `--b0 ${crlf}${crlf}x${crlf}${end}`,
      part('Content-Disposition: form-data; name=""', "x").replace("--b0", "--b1") + end,
      field("cacheControl", "x".repeat(70_000)) + file("hej") + end,
      Array.from({ length: 30 }, (_, i) => field(`f${i}`, "x")).join("") + file("hej") + end,
      field("f", "x").repeat(30) + file("hej") + end,
      file("hej") + field("f", "x").repeat(30) + end,
      file("hej") + file("second") + end,
      ...["\n", "\r\nX-Evil: 1", "\v", "\f", "\u2028", "\u00a0", "\ufeff"].map(
        (odd) => field("cacheControl", `max-age=1${odd}`) + file("hej") + end,
      ),
      part(`X-Long: ${"x".repeat(10_000)}`, "x") + end,
      field("metadata", "[]") + file("hej") + end,
      field("metadata", "{") + file("hej") + end,
      field("cacheControl", "a\0b") + file("hej") + end,
      file("hej") + field("metadata", "{") + end,
    ];
    for (const [i, form] of bad.entries()) {
      expect([i, await send(form)]).toEqual([i, "400 InvalidRequest"]);
    }
    expect(await send(file("hej") + end, undefined, "multipart/form-data")).toBe(
      "400 InvalidRequest",
    );
    const after = await env.DB.prepare("select count(*) n from storage__objects").first();
    expect(after).toEqual(before);
    expect(await env.DB.prepare("select count(*) n from storage__uploads").first()).toEqual({
      n: 0,
    });
  });
});

test("bodies that are not what they should be are refused in this wire's form", async () => {
  const asked = { ...secret, "content-type": "application/json" };
  const bad: [string, string, string][] = [
    ["POST", "/object/move", "{"],
    ["POST", "/object/move", "[]"],
    ["POST", "/object/move", "{}"],
    ["DELETE", "/object/photos", '{"prefixes":[1]}'],
    ["DELETE", "/object/photos", "{}"],
    ["POST", "/object/list/photos", '{"limit":-1}'],
    ["POST", "/object/list/photos", '{"sortBy":{"column":"version"}}'],
    ["POST", "/object/list-v2/photos", '{"cursor":"%"}'],
    ["POST", "/bucket", '{"name":"x","public":"yes"}'],
    ["POST", "/bucket", '{"name":"x","file_size_limit":"lots"}'],
    ["POST", "/bucket", '{"name":"x","allowed_mime_types":["all"]}'],
  ];
  for (const [method, path, body] of bad) {
    const answer = await call(method, path, asked, body);
    const { statusCode, code } = await answer.json<{ statusCode: string; code: string }>();
    expect([path, body, statusCode, code]).toEqual([path, body, "400", "InvalidRequest"]);
  }
  expect((await call("PATCH", "/object/photos/a", asked, "{}")).status).toBe(405);
});

test("a form is read to where it is too much, and no further", async () => {
  const field = '--b0\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n';
  const piece = bytes(field.repeat(1_000));
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += piece.length;
      controller.enqueue(piece.slice());
      if (sent > 100 * 1024 * 1024) controller.close();
    },
  });
  const type = { "content-type": "multipart/form-data; boundary=b0" };
  const answer = await call("POST", "/object/nowhere/a", type, body);
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: "InvalidRequest" }]);
  // It is drained, not parsed: who is cut off while sending reads no answer.
  expect(sent).toBeLessThan(40 * 1024 * 1024);
});

test("a copy says nothing of itself that is no header", async () => {
  await photos().upload(`${ada.id}/said.png`, new Blob([png()], { type: "image/png" }));
  for (const cacheControl of ["max-age=1\r\nX-Evil=1", "\u2028"]) {
    const copy = {
      bucketId: "photos",
      sourceKey: `${ada.id}/said.png`,
      destinationKey: `${ada.id}/copied.png`,
      copyMetadata: false,
      metadata: { cacheControl },
    };
    const answer = await call("POST", "/object/copy", headers, JSON.stringify(copy));
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: "InvalidRequest" }]);
  }
});

test("the secret key reads none of its tables over REST", async () => {
  for (const table of ["objects", "storage__objects", "uploads", "trash", "buckets"]) {
    const { error } = await service().from(table).select("*");
    expect([table, error?.code]).toEqual([table, "PGRST205"]);
  }
});
