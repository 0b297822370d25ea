import { expect, test } from "vitest";
import { guest, service } from "../../../src/kernel/actor.ts";
import type { Answer } from "../../../src/kernel/execute.ts";
import {
  type Parsed,
  parseCall,
  parseDelete,
  parseInsert,
  parsePut,
  parseRead,
  parseUpdate,
} from "../../../src/protocols/rest/parse.ts";
import { render } from "../../../src/protocols/rest/render.ts";
import { refusalOf } from "./refusal.ts";

const parsers = {
  GET: parseRead,
  HEAD: parseRead,
  POST: parseInsert,
  PUT: parsePut,
  PATCH: parseUpdate,
  DELETE: parseDelete,
};
type Method = keyof typeof parsers;

const rows = (n: number) => Array.from({ length: n }, (_, i) => `{"id":${i}}`);

async function respond(
  method: Method,
  search: string,
  headers: Record<string, string>,
  answer: Answer & { bookmark?: string },
  actor = guest("203.0.113.1"),
): Promise<Response> {
  const bodiless = ["GET", "HEAD", "DELETE"].includes(method);
  const body = bodiless ? {} : { body: '{"id":1}' };
  const type = bodiless ? {} : { "content-type": "application/json" };
  const url = `http://x/rest/v1/things${search}`;
  const parsed: Parsed = await parsers[method](
    new Request(url, { method, headers: { ...type, ...headers }, ...body }),
    "things",
  );
  return render(answer, parsed, actor);
}

const json = "application/json; charset=utf-8";
const filter = "?id=eq.1";
const whole = "return=representation";

type Row = [Method, string, Record<string, string>, Answer, number, string | null, string];
// method, query, headers, answer → status, body, Content-Range
const table: Row[] = [
  ["GET", "", {}, { rows: rows(2) }, 200, '[{"id":0},{"id":1}]', "0-1/*"],
  ["GET", "", {}, { rows: [] }, 200, "[]", "*/*"],
  ["GET", "?offset=5", {}, { rows: rows(1) }, 200, '[{"id":0}]', "5-5/*"],
  ["GET", "", { range: "3-3" }, { rows: rows(1) }, 200, '[{"id":0}]', "3-3/*"],
  ["GET", "", { prefer: "count=exact" }, { rows: rows(1), total: 9 }, 206, '[{"id":0}]', "0-0/9"],
  ["GET", "", { prefer: "count=exact" }, { rows: rows(1), total: 1 }, 200, '[{"id":0}]', "0-0/1"],
  ["GET", "", { prefer: "count=exact" }, { rows: [], total: 0 }, 200, "[]", "*/0"],
  ["GET", "?limit=0", { prefer: "count=exact" }, { rows: [], total: 3 }, 206, "[]", "*/3"],
  ["GET", "", {}, { rows: rows(1), total: 9 }, 200, '[{"id":0}]', "0-0/*"],
  ["HEAD", "", { prefer: "count=exact" }, { rows: rows(1), total: 9 }, 206, null, "0-0/9"],
  ["POST", "", {}, { rows: [] }, 201, null, "*/*"],
  ["POST", "", { prefer: whole }, { rows: rows(1) }, 201, '[{"id":0}]', "*/*"],
  ["POST", "", { prefer: "count=exact" }, { rows: [], total: 1 }, 201, null, "*/1"],
  ["POST", "", { prefer: whole }, { rows: [], created: false }, 201, "[]", "*/*"],
  [
    "POST",
    "",
    { prefer: "resolution=merge-duplicates" },
    { rows: [], created: true },
    201,
    null,
    "*/*",
  ],
  [
    "POST",
    "",
    { prefer: "resolution=merge-duplicates" },
    { rows: [], created: false },
    200,
    null,
    "*/*",
  ],
  ["PUT", filter, {}, { rows: [], created: true }, 201, null, "*/*"],
  ["PUT", filter, {}, { rows: [], created: false }, 204, null, "*/*"],
  ["PUT", filter, { prefer: whole }, { rows: rows(1), created: false }, 200, '[{"id":0}]', "*/*"],
  ["PATCH", filter, {}, { rows: [], total: 2 }, 204, null, "0-1/*"],
  ["PATCH", filter, {}, { rows: [], total: 0 }, 204, null, "*/*"],
  ["PATCH", filter, { prefer: whole }, { rows: rows(1) }, 200, '[{"id":0}]', "0-0/*"],
  ["PATCH", filter, { prefer: "count=exact" }, { rows: [], total: 2 }, 204, null, "0-1/2"],
  ["DELETE", filter, {}, { rows: [], total: 2 }, 204, null, "*/*"],
  ["DELETE", filter, { prefer: "count=exact" }, { rows: [], total: 2 }, 204, null, "*/2"],
  ["DELETE", filter, { prefer: whole }, { rows: rows(1) }, 200, '[{"id":0}]', "*/*"],
];

test.each(table)("%s %s %j of %j", async (method, search, headers, answer, status, body, range) => {
  const response = await respond(method, search, headers, answer);
  expect(response.status).toBe(status);
  expect(response.headers.get("content-range")).toBe(range);
  expect(await response.text()).toBe(body ?? "");
  const type = body === null && method !== "HEAD" ? null : json;
  expect(response.headers.get("content-type")).toBe(type);
});

const object = { accept: "application/vnd.pgrst.object+json" };

test("one row by itself, or a refusal", async () => {
  const response = await respond("GET", "", object, { rows: rows(1) });
  expect(await response.text()).toBe('{"id":0}');
  expect(response.headers.get("content-type")).toBe(`${object.accept}; charset=utf-8`);
  for (const n of [0, 2]) {
    const refusal = await refusalOf(() => respond("GET", "", object, { rows: rows(n) }));
    expect([refusal.code, refusal.params.count]).toEqual(["PGRST116", n]);
  }
});

test("a window behind the end is refused where the end is known", async () => {
  const count = { prefer: "count=exact" };
  const refusal = await refusalOf(() => respond("GET", "?offset=9", count, { rows: [], total: 3 }));
  expect(refusal.code).toBe("PGRST103");
  expect((await respond("GET", "?offset=9", {}, { rows: [] })).status).toBe(200);
});

test("preferences that were followed are named", async () => {
  const prefer = "return=minimal, count=exact, resolution=merge-duplicates, foo";
  const of = async (method: Method) => {
    const response = await respond(
      method,
      method === "GET" ? "" : filter,
      { prefer },
      { rows: [], total: 0 },
    );
    return response.headers.get("preference-applied");
  };
  expect(await of("GET")).toBe("count=exact");
  expect(await of("PATCH")).toBe("return=minimal, count=exact");
  // What has no total was not counted.
  const uncounted = await respond("GET", "", { prefer }, { rows: [] });
  expect(uncounted.headers.has("preference-applied")).toBe(false);
  const plain = await respond("GET", "", {}, { rows: [] });
  expect(plain.headers.has("preference-applied")).toBe(false);
});

test("a version is an ETag, and spares the body of who has it", async () => {
  const answer = { rows: rows(1), version: 7 };
  const first = await respond("GET", filter, {}, answer);
  expect(first.headers.get("etag")).toBe('"7"');
  const again = await respond("GET", filter, { "if-none-match": '"7"' }, answer);
  expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", '"7"']);
  expect((await respond("GET", filter, { "if-none-match": '"6"' }, answer)).status).toBe(200);
  // The version says nothing about embedded rows.
  const embed = await respond("GET", "?select=id,r(id)", { "if-none-match": '"7"' }, answer);
  expect(embed.status).toBe(200);
  const write = await respond("PATCH", filter, { "if-none-match": '"7"', prefer: whole }, answer);
  expect([write.status, write.headers.get("etag")]).toEqual([200, '"7"']);
});

test("the place of the one new row", async () => {
  const headers = { prefer: "return=headers-only" };
  const one = await respond("POST", "", headers, { rows: ['{"id":"a/b","n":1}'], created: true });
  expect([one.status, await one.text()]).toEqual([201, ""]);
  expect(one.headers.get("location")).toBe("/rest/v1/things?id=eq.a%2Fb&n=eq.1");
  const many = await respond("POST", "", headers, { rows: rows(2), created: true });
  expect(many.headers.has("location")).toBe(false);
  const representation = await respond("POST", "", { prefer: whole }, { rows: rows(1) });
  expect(representation.headers.has("location")).toBe(false);
});

test("who may keep an answer", async () => {
  const cache = async (...args: Parameters<typeof respond>) =>
    (await respond(...args)).headers.get("cache-control");
  expect(await cache("GET", "", {}, { rows: [] })).toBe("no-cache");
  expect(await cache("GET", "", {}, { rows: [] }, service())).toBe("no-store");
  expect(await cache("POST", "", {}, { rows: [] })).toBe("no-store");
  const response = await respond("GET", "", {}, { rows: [] });
  expect(response.headers.get("vary")).toMatch(/\bAccept\b.*\bAuthorization\b.*\bapikey\b/);
});

test("replays and bookmarks are told", async () => {
  const answer = { rows: [], replayed: true, bookmark: "0-1" };
  const response = await respond("POST", "", {}, answer);
  expect(response.headers.get("idempotent-replayed")).toBe("true");
  expect(response.headers.get("x-d1-bookmark")).toBe("0-1");
});

test("functions", async () => {
  const call = async (method: string, headers: Record<string, string>, answer: Answer) => {
    const request = new Request("http://x/rest/v1/rpc/f", { method, headers });
    return render(answer, await parseCall(request, "f", []), guest("203.0.113.1"));
  };
  const scalar = await call("POST", {}, { rows: ['"hi"'], scalar: true });
  expect([scalar.status, await scalar.text()]).toEqual([200, '"hi"']);
  expect(await (await call("GET", {}, { rows: rows(2) })).text()).toBe('[{"id":0},{"id":1}]');
  expect(await (await call("GET", object, { rows: rows(1) })).text()).toBe('{"id":0}');
  const count = { prefer: "count=exact,return=minimal" };
  const counted = await call("POST", count, { rows: rows(2), total: 9 });
  expect([counted.status, await counted.text()]).toEqual([204, ""]);
  expect(counted.headers.get("content-range")).toBe("0-1/9");
});
