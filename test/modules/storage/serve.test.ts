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

describe("R-F12 ranges", () => {
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

describe("R-F12 conditions", () => {
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
    ["a year", () => ({ "if-modified-since": "2100" }), 200],
    ["another standard's date", () => ({ "if-modified-since": "2100-01-01T00:00:00Z" }), 200],
    ["an old form", () => ({ "if-modified-since": "Friday, 01-Jan-27 00:00:00 GMT" }), 304],
    ["the oldest form", () => ({ "if-modified-since": "Fri Jan  1 00:00:00 2100" }), 304],
    ["if it is that one", () => ({ "if-match": etag }), 200],
    ["if it is any", () => ({ "if-match": "*" }), 200],
    ["if it is another", () => ({ "if-match": '"a"' }), 412],
    ["if it is that one, weakly", () => ({ "if-match": `W/${etag}` }), 412],
    ["unmodified since then", () => ({ "if-unmodified-since": modified }), 200],
    ["unmodified since long", () => ({ "if-unmodified-since": past }), 412],
    ["a part of that one", () => ({ range: "bytes=0-1", "if-range": etag }), 206],
    ["a part of another", () => ({ range: "bytes=0-1", "if-range": '"a"' }), 200],
    ["a part of a weak one", () => ({ range: "bytes=0-1", "if-range": `W/${etag}` }), 200],
    ["a part of that second's", () => ({ range: "bytes=0-1", "if-range": modified }), 200],
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

describe("R-F7 dispositions", () => {
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

  test("a picture under a name that is no picture's is not shown", async () => {
    for (const [name, kind] of [
      ["x.exe", "attachment"],
      ["x.phtml", "attachment"],
      ["picture", "inline"],
      ["x.PNG", "inline"],
    ] as const) {
      await upload(name, new Blob([png()], { type: "image/png" }));
      expect([name, (await of(name))?.split(";")[0]]).toEqual([name, kind]);
    }
    const from = service().storage.from("shown");
    await from.upload("mv.png", new Blob([png()], { type: "image/png" }), { upsert: true });
    expect((await from.move("mv.png", "mv.html")).error).toBeNull();
    expect(await of("mv.html")).toMatch(/^attachment; filename="mv.html"/);
  });

  test("no download has a name longer than a file's", async () => {
    const path = (letters: number) =>
      `/object/public/shown/digits.txt?download=${encodeURIComponent("é".repeat(letters))}`;
    expect((await get({}, path(500))).status).toBe(200);
    expect((await get({}, path(600))).status).toBe(400);
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

describe("what not everybody may read is kept for others by no cache", () => {
  const said: [said: string, own: string, signed: string][] = [
    ["3600", "private, max-age=3600", "private, max-age=60"],
    ["5", "private, max-age=5", "private, max-age=5"],
    ["no-store", "private, no-store", "private, max-age=60, no-store"],
    ["public, s-maxage=9, max-age=7, immutable", "private, max-age=7, immutable", ""],
  ];
  test.each(said)("%s", async (cacheControl, own, signed) => {
    const path = `${ada.id}/${cacheControl.length}.png`;
    const photos = ada.db.storage.from("photos");
    const body = new Blob([png()], { type: "image/png" });
    expect((await photos.upload(path, body, { cacheControl: "0", upsert: true })).error).toBeNull();
    const headers = { ...(await credentials(ada.db)), "cache-control": cacheControl };
    const raw = { ...headers, "content-type": "image/png" };
    expect((await call("PUT", `/object/photos/${path}`, raw, png())).status).toBe(200);
    for (const method of ["GET", "HEAD"]) {
      const answer = await get(headers, `/object/authenticated/photos/${path}`, method);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("vary")).toMatch(/Authorization, apikey/);
      expect(answer.headers.get("cache-control")).toBe(own);
      const { data } = await photos.createSignedUrl(path, 60);
      const there = (await call(method, data?.signedUrl ?? "")).headers.get("cache-control") ?? "";
      // A second may have begun since.
      const expected = signed || "private, max-age=7, immutable";
      expect([expected, expected.replace("=60", "=59")]).toContain(there);
    }
  });
});

describe("conditions of what is written", () => {
  const photos = () => ada.db.storage.from("photos");
  const path = () => `${ada.id}/written.png`;
  const body = (text: string) => new Blob([png(text)], { type: "image/png" });
  const put = async (method: "POST" | "PUT", conditions: Record<string, string>, text = "new!") => {
    const mine = {
      ...(await credentials(ada.db)),
      "x-upsert": "true",
      "content-type": "image/png",
    };
    const answer = await call(
      method,
      `/object/photos/${path()}`,
      { ...mine, ...conditions },
      png(text),
    );
    return answer.status;
  };
  const ends = async () => (await (await photos().download(path())).data?.text())?.slice(-4);

  test("hold for what is there", async () => {
    await photos().upload(path(), body("old!"), { upsert: true });
    const { data } = await photos().info(path());
    const tag = data?.etag ?? "";
    const past = "Mon, 01 Jan 2001 00:00:00 GMT";
    for (const method of ["POST", "PUT"] as const) {
      expect(await put(method, { "if-match": '"nope"' })).toBe(412);
      expect(await put(method, { "if-match": `W/${tag}` })).toBe(412);
      expect(await put(method, { "if-none-match": "*" })).toBe(412);
      expect(await put(method, { "if-none-match": tag })).toBe(412);
      expect(await put(method, { "if-unmodified-since": past })).toBe(412);
    }
    expect(await ends()).toBe("old!");
    expect(await put("PUT", { "if-match": tag, "if-modified-since": past })).toBe(200);
    expect(await put("PUT", { "if-match": tag })).toBe(412);
    expect(await put("PUT", { "if-match": "*" })).toBe(200);
    expect(await ends()).toBe("new!");
    const uploads = await env.DB.prepare("select count(*) n from storage__uploads").first();
    expect(uploads).toEqual({ n: 0 });
  });

  test("hold for what is not there", async () => {
    await photos().remove([path()]);
    expect(await put("POST", { "if-match": "*" })).toBe(412);
    expect(await put("POST", { "if-none-match": "*" })).toBe(200);
    expect(await put("POST", { "if-none-match": "*" })).toBe(412);
  });

  test("tell nothing to who may not write it", async () => {
    const bob = await person("bob");
    await photos().upload(path(), body("old!"), { upsert: true });
    const theirs = {
      ...(await credentials(bob.db)),
      "content-type": "image/png",
      "x-upsert": "true",
    };
    for (const name of [path(), `${ada.id}/absent.png`]) {
      const heard: number[] = [];
      for (const conditions of [{ "if-match": "*" }, { "if-none-match": "*" }]) {
        const headers = { ...theirs, ...conditions };
        heard.push((await call("POST", `/object/photos/${name}`, headers, png())).status);
        heard.push((await call("PUT", `/object/photos/${name}`, headers, png())).status);
      }
      expect([name, heard]).toEqual([name, [403, 404, 403, 404]]);
    }
  });

  test("of many who read the same, one writes", async () => {
    await photos().upload(path(), body("old!"), { upsert: true });
    const tag = (await photos().info(path())).data?.etag ?? "";
    const all = Array.from({ length: 8 }, (_, n) => put("PUT", { "if-match": tag }, `no.${n}`));
    expect((await Promise.all(all)).sort()).toEqual([200, ...Array(7).fill(412)]);
  });
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
