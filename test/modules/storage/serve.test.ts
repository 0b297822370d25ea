// How files are served: headers, ranges, conditions, and what browsers are told.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { type Person, person, service } from "../people.ts";
import { call, credentials, png, secret } from "./files.ts";

const text = "0123456789";
const file = "/object/public/shown/digits.txt";
let ada: Person;
let etag: string;
let modified: string;

beforeAll(async () => {
  ada = await person("ada");
  const { storage } = service();
  await storage.createBucket("shown", { public: true });
  const from = storage.from("shown");
  await from.upload("digits.txt", text, { contentType: "text/plain", cacheControl: "60" });
  await from.upload("empty.txt", "", { contentType: "text/plain" });
  const answer = await call("GET", file);
  etag = answer.headers.get("etag") ?? "";
  modified = answer.headers.get("last-modified") ?? "";
});

const get = (headers: Record<string, string>, path = file, method = "GET") =>
  call(method, path, headers);

test("a file and its headers", async () => {
  const answer = await get({});
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "text/plain",
    "content-length": "10",
    "accept-ranges": "bytes",
    "cache-control": "max-age=60",
    etag: expect.stringMatching(/^"[\w-]+"$/),
    "last-modified": expect.stringMatching(/GMT$/),
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "content-disposition": "attachment; filename=\"digits.txt\"; filename*=UTF-8''digits.txt",
    "access-control-allow-origin": "*",
  });
  expect(await answer.text()).toBe(text);
});

test("R-F12 HEAD has the headers of GET, and no body", async () => {
  const paths = [file, "/object/authenticated/shown/digits.txt", "/object/shown/digits.txt"];
  for (const path of paths) {
    const [a, b] = [await get(secret, path), await get(secret, path, "HEAD")];
    const headers = (answer: Response) => {
      const all = Object.fromEntries(answer.headers);
      delete all["x-request-id"];
      return all;
    };
    expect(headers(b)).toEqual(headers(a));
    expect([b.status, await b.text(), await a.text()]).toEqual([200, "", text]);
  }
});

describe("ranges", () => {
  const ranges: [range: string, status: number, body: string, contentRange: string | null][] = [
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=4-", 206, "456789", "bytes 4-9/10"],
    ["bytes=9-9", 206, "9", "bytes 9-9/10"],
    ["bytes=7-100", 206, "789", "bytes 7-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=-100", 206, text, "bytes 0-9/10"],
    ["Bytes = 0-0", 206, "0", "bytes 0-0/10"],
    ["bytes=10-", 416, "", "bytes */10"],
    ["bytes=10-20", 416, "", "bytes */10"],
    ["bytes=-0", 416, "", "bytes */10"],
    ["bytes=3-2", 200, text, null],
    ["bytes=0-1,3-4", 200, text, null],
    ["bytes=-", 200, text, null],
    ["bytes=a-b", 200, text, null],
    ["items=0-1", 200, text, null],
    ["bytes=99999999999999999999-", 416, "", "bytes */10"],
  ];
  test.each(ranges)("%s", async (range, status, body, contentRange) => {
    const answer = await get({ range });
    expect([answer.status, answer.headers.get("content-range")]).toEqual([status, contentRange]);
    if (status === 416) {
      expect(await answer.json()).toMatchObject({ statusCode: "416", code: "InvalidRange" });
      return;
    }
    expect(await answer.text()).toBe(body);
    expect(answer.headers.get("content-length")).toBe(String(body.length));
    const head = await get({ range }, file, "HEAD");
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "10"]);
  });

  test("there is none of an empty file", async () => {
    const empty = "/object/public/shown/empty.txt";
    expect((await get({ range: "bytes=0-" }, empty)).status).toBe(416);
    expect((await get({ range: "bytes=-5" }, empty)).status).toBe(416);
    const whole = await get({}, empty);
    expect([whole.status, whole.headers.get("content-length"), await whole.text()]).toEqual([
      200,
      "0",
      "",
    ]);
  });
});

describe("conditions", () => {
  const past = "Mon, 01 Jan 2001 00:00:00 GMT";
  const future = "Fri, 01 Jan 2100 00:00:00 GMT";
  const cases: [name: string, headers: () => Record<string, string>, status: number][] = [
    ["the same ETag", () => ({ "if-none-match": etag }), 304],
    ["among others", () => ({ "if-none-match": `"a", ${etag}` }), 304],
    ["weakly", () => ({ "if-none-match": `W/${etag}` }), 304],
    ["any", () => ({ "if-none-match": "*" }), 304],
    ["another", () => ({ "if-none-match": '"a"' }), 200],
    ["not modified since", () => ({ "if-modified-since": modified }), 304],
    ["modified since", () => ({ "if-modified-since": past }), 200],
    ["an ETag before a date", () => ({ "if-none-match": '"a"', "if-modified-since": future }), 200],
    ["a date that is none", () => ({ "if-modified-since": "yesterday" }), 200],
    ["if it is that one", () => ({ "if-match": etag }), 200],
    ["if it is any", () => ({ "if-match": "*" }), 200],
    ["if it is another", () => ({ "if-match": '"a"' }), 412],
    ["if it is that one, weakly", () => ({ "if-match": `W/${etag}` }), 412],
    ["unmodified since then", () => ({ "if-unmodified-since": modified }), 200],
    ["unmodified since long", () => ({ "if-unmodified-since": past }), 412],
    ["a part of that one", () => ({ range: "bytes=0-1", "if-range": etag }), 206],
    ["a part of another", () => ({ range: "bytes=0-1", "if-range": '"a"' }), 200],
    ["a part of a weak one", () => ({ range: "bytes=0-1", "if-range": `W/${etag}` }), 200],
    ["a part of that day's", () => ({ range: "bytes=0-1", "if-range": modified }), 206],
    ["a part of an old one", () => ({ range: "bytes=0-1", "if-range": past }), 200],
    ["304 before a range", () => ({ range: "bytes=0-1", "if-none-match": etag }), 304],
  ];
  test.each(cases)("%s", async (_, headers, status) => {
    for (const method of ["GET", "HEAD"]) {
      const answer = await get(headers(), file, method);
      const expected = status === 206 && method === "HEAD" ? 200 : status;
      expect([method, answer.status]).toEqual([method, expected]);
      if (status !== 304) continue;
      expect(await answer.text()).toBe("");
      expect(answer.headers.get("etag")).toBe(etag);
      expect(answer.headers.get("cache-control")).toBe("max-age=60");
    }
  });

  test("a new file has another ETag", async () => {
    const from = service().storage.from("shown");
    await from.upload("turn.txt", "one", { contentType: "text/plain" });
    const path = "/object/public/shown/turn.txt";
    const old = (await get({}, path)).headers.get("etag") ?? "";
    await from.update("turn.txt", "two", { contentType: "text/plain" });
    const answer = await get({ "if-none-match": old }, path);
    expect([answer.status, await answer.text()]).toEqual([200, "two"]);
  });
});

describe("dispositions", () => {
  const upload = async (name: string, body: Blob) => {
    const { error } = await service().storage.from("shown").upload(name, body, { upsert: true });
    expect(error).toBeNull();
  };
  const of = async (name: string, query = "") => {
    const path = `/object/public/shown/${encodeURIComponent(name)}${query}`;
    return (await get({}, path)).headers.get("content-disposition");
  };

  test("a picture is shown; markup and scripts never are", async () => {
    await upload("a.png", new Blob([png()], { type: "image/png" }));
    expect(await of("a.png")).toBe("inline; filename=\"a.png\"; filename*=UTF-8''a.png");
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const active: [string, string, string][] = [
      ["a.html", "text/html", "<!doctype html><script>alert(1)</script>"],
      ["a.svg", "image/svg+xml", svg],
      ["a.xml", "application/xml", "<a/>"],
      ["a.js", "text/javascript", "alert(1)"],
      ["a.txt", "text/plain", "<html>"],
    ];
    for (const [name, type, body] of active) {
      await upload(name, new Blob([body], { type }));
      expect(await of(name)).toMatch(/^attachment; /);
      const answer = await get({}, `/object/public/shown/${name}`);
      expect(answer.headers.get("content-security-policy")).toBe("sandbox");
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  test("a download has the name that is asked for", async () => {
    await upload("b.png", new Blob([png()], { type: "image/png" }));
    expect(await of("b.png", "?download=")).toMatch(/^attachment; filename="b.png"/);
    expect(await of("b.png", "?download=my%20cat.png")).toBe(
      "attachment; filename=\"my cat.png\"; filename*=UTF-8''my%20cat.png",
    );
  });

  test("R-F8 no name breaks out of its header", async () => {
    const evil = 'x"; filename="evil.html"\r\nSet-Cookie: a=b';
    expect(await of("b.png", `?download=${encodeURIComponent(evil)}`)).toBe(
      'attachment; filename="x_; filename=_evil.html___Set-Cookie: a=b"; ' +
        "filename*=UTF-8''x%22%3B%20filename%3D%22evil.html%22%0D%0ASet-Cookie%3A%20a%3Db",
    );
    const name = `räksmörgås "(1)'.png`;
    await upload(name, new Blob([png()], { type: "image/png" }));
    expect(await of(name)).toBe(
      'inline; filename="r_ksm_rg_s _(1)\'.png"; ' +
        "filename*=UTF-8''r%C3%A4ksm%C3%B6rg%C3%A5s%20%22%281%29%27.png",
    );
  });
});

test("what one reads with one's own rights is kept for others by no cache", async () => {
  const path = `${ada.id}/a.png`;
  await ada.db.storage.from("photos").upload(path, new Blob([png()], { type: "image/png" }));
  const answer = await get(await credentials(ada.db), `/object/authenticated/photos/${path}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("vary")).toMatch(/Authorization, apikey/);
});

test("a public file needs no key, and a bad key is refused", async () => {
  expect((await get({})).status).toBe(200);
  expect((await get({ apikey: env.VTB_PUBLISHABLE_KEY })).status).toBe(200);
  const bad = await get({ apikey: "guess" });
  expect([bad.status, await bad.json()]).toEqual([
    401,
    {
      statusCode: "401",
      error: "Unauthorized",
      message: "The token or key is not valid",
      code: "InvalidJWT",
    },
  ]);
});
