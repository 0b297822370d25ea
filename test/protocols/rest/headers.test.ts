import { expect, test } from "vitest";
import { negotiate } from "../../../src/protocols/rest/accept.ts";
import { hasAlready, idempotency, ifMatch } from "../../../src/protocols/rest/conditional.ts";
import { appliedPreferences, parsePrefer } from "../../../src/protocols/rest/prefer.ts";
import { contentRange, rangeStatus, windowOf } from "../../../src/protocols/rest/range.ts";
import { refusalOf } from "./refusal.ts";

test.each([
  [null, "array"],
  ["", "array"],
  ["*/*", "array"],
  ["application/json", "array"],
  ["application/vnd.pgrst.array+json", "array"],
  ["application/vnd.pgrst.object+json", "object"],
  ["application/vnd.pgrst.object", "object"],
  ["APPLICATION/VND.PGRST.OBJECT+JSON; charset=utf-8", "object"],
  ["text/html, application/json;q=0.9, */*;q=0.8", "array"],
  ["application/vnd.pgrst.object+json;q=0.5, application/json", "array"],
  ["text/html, application/vnd.pgrst.object+json", "object"],
  ["text/csv", "csv"],
  ["text/*;q=0.1", "csv"],
  ["text/csv;q=0.2, application/json;q=0.3", "array"],
  ["application/geo+json", "geojson"],
  ["application/vnd.pgrst.plan", "plan+text"],
  ['application/vnd.pgrst.plan+json; for="application/json"; options=analyze;', "plan+json"],
  ['application/vnd.pgrst.plan+text; for="a/b, text/csv;q=1"', "plan+text"],
])("Accept: %s", (header, form) => {
  expect(negotiate(header).form).toBe(form);
});

test.each([
  ["*/*", "application/json; charset=utf-8"],
  ["application/vnd.pgrst.array+json", "application/json; charset=utf-8"],
  ["application/vnd.pgrst.object", "application/vnd.pgrst.object+json; charset=utf-8"],
  [
    "application/vnd.pgrst.object+json; nulls=stripped",
    "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
  ],
  [
    "application/vnd.pgrst.array;nulls=stripped",
    "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
  ],
  ["text/*", "text/csv; charset=utf-8"],
])("Accept: %s is answered as %s", (header, type) => {
  const wanted = negotiate(header);
  expect([wanted.type, wanted.stripped ?? false]).toEqual([type, header.includes("nulls")]);
});

test.each([
  "text/html",
  "text/csv;nulls=stripped",
  "application/geo+json;nulls=stripped",
  "application/json;q=0",
  "constructor",
])("Accept: %s is not written here", async (header) => {
  const refusal = await refusalOf(() => negotiate(header));
  expect([refusal.code, refusal.params.types]).toEqual(["PGRST107", header]);
});

test.each([
  [null, {}],
  ["return=representation", { return: "representation" }],
  ['Return="minimal" , count=exact', { return: "minimal", count: "exact" }],
  ["return=minimal, return=representation", { return: "minimal" }],
  [
    "resolution=ignore-duplicates,missing=default,tx=rollback",
    {
      resolution: "ignore-duplicates",
      missing: "default",
      tx: "rollback",
    },
  ],
  ["count=some, timezone=Asia/Tokyo, constructor=1, foo", {}],
  ["handling=lenient, max-affected=5", { handling: "lenient" }],
  ["handling=strict, max-affected=5", { handling: "strict", "max-affected": 5 }],
  ["return=minimal; a=b", { return: "minimal" }],
])("Prefer: %s", (header, prefer) => {
  expect(parsePrefer(header)).toEqual(prefer);
});

test.each([
  ["handling=strict, foo, count=exact, bar=1", "foo, bar=1"],
  ["count=some, handling=strict", "count=some"],
  ["handling=strict, max-affected=-1", "max-affected=-1"],
])("Prefer: %s is refused", async (header, names) => {
  const refusal = await refusalOf(() => parsePrefer(header));
  expect([refusal.code, refusal.params.names]).toEqual(["PGRST122", names]);
});

test("only what was expressed and holds for the verb was applied", () => {
  const prefer = parsePrefer("return=minimal, count=exact, missing=default");
  expect(appliedPreferences(prefer, ["missing", "return", "tx"])).toBe(
    "missing=default, return=minimal",
  );
  expect(appliedPreferences(prefer, ["tx"])).toBeUndefined();
});

test.each([
  [null, undefined, undefined, { offset: 0 }],
  [null, 10, 20, { offset: 20, limit: 10 }],
  [null, 0, undefined, { offset: 0, limit: 0 }],
  ["0-9", undefined, undefined, { offset: 0, limit: 10 }],
  ["10-", undefined, undefined, { offset: 10 }],
  ["items=5-5", undefined, undefined, { offset: 5, limit: 1 }],
  ["0-9", 3, undefined, { offset: 0, limit: 3 }],
  ["0-9", undefined, 5, { offset: 5, limit: 5 }],
  ["20-29", 5, 0, { offset: 20, limit: 0 }],
  ["bytes=0-9", undefined, undefined, { offset: 0 }],
  ["0-9,20-29", undefined, undefined, { offset: 0 }],
])("Range: %s, limit %s, offset %s", (range, limit, offset, window) => {
  expect(windowOf(range, limit, offset)).toEqual(window);
});

test("a range that ends before it begins is refused", async () => {
  expect((await refusalOf(() => windowOf("9-0"))).code).toBe("PGRST103");
});

test("Content-Range and its status", async () => {
  expect(contentRange(0, 25)).toBe("0-24/*");
  expect(contentRange(50, 25, 573)).toBe("50-74/573");
  expect(contentRange(0, 0, 0)).toBe("*/0");
  expect(rangeStatus(0, 25)).toBe(200);
  expect(rangeStatus(0, 25, 573)).toBe(206);
  expect(rangeStatus(0, 25, 25)).toBe(200);
  expect(rangeStatus(0, 0, 0)).toBe(200);
  expect(rangeStatus(25, 0, 25)).toBe(206);
  expect((await refusalOf(() => rangeStatus(26, 0, 25))).code).toBe("PGRST103");
});

test.each([
  [null, undefined],
  [null, undefined],
  [" * ", "*"],
  ['"7"', [7]],
  ['"1" ,"22", W/"3", "x"', [1, 22]],
])("If-Match: %s", (header, versions) => {
  expect(ifMatch(header)).toEqual(versions);
});

test.each(["7", '"x"', ' W/"7" ', '""', '"-1"', "", '*, "x"'])(
  "If-Match: %s never matches",
  async (header) => {
    expect((await refusalOf(() => ifMatch(header))).code).toBe("precondition_failed");
  },
);

test("If-None-Match", () => {
  expect(hasAlready('"6", W/"7"', 7)).toBe(true);
  expect(hasAlready("*", 7)).toBe(true);
  expect(hasAlready('"77"', 7)).toBe(false);
  expect(hasAlready(null, 7)).toBe(false);
});

const post = (url: string, headers: Record<string, string>) =>
  new Request(url, { method: "POST", headers, body: "" });
const url = "http://x/rest/v1/orders?select=id";

test("an Idempotency-Key names a route and all that was asked", async () => {
  const key = { "idempotency-key": "abc" };
  const base = await idempotency(post(url, key), "{}");
  expect(base).toMatchObject({ route: "POST /rest/v1/orders", key: "abc" });
  expect(base?.hash).toMatch(/^[0-9a-f]{64}$/);
  const quoted = await idempotency(post(url, { "idempotency-key": '"abc"' }), "{}");
  expect(quoted).toEqual(base);

  const others = [
    idempotency(post(url, key), "{ }"),
    idempotency(post(`${url}&x=eq.1`, key), "{}"),
    idempotency(post(url, { ...key, prefer: "return=minimal" }), "{}"),
    idempotency(post(url, { ...key, accept: "application/vnd.pgrst.object+json" }), "{}"),
    idempotency(post(url, { ...key, "content-profile": "other" }), "{}"),
  ];
  const hashes = (await Promise.all(others)).map((other) => other?.hash);
  expect(new Set([base?.hash, ...hashes]).size).toBe(6);
  expect(await idempotency(post(url, {}), "{}")).toBeUndefined();
});

test.each(["", '""', "a b", "x".repeat(256), "é"])("Idempotency-Key: %s", async (key) => {
  const request = post(url, { "idempotency-key": key });
  const refusal = await refusalOf(() => idempotency(request, ""));
  expect(refusal.code).toBe("idempotency_key_invalid");
});
