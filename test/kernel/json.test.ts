import { describe, expect, test } from "vitest";
import { Refusal } from "../../src/kernel/errors.ts";
import { parseJson, readText } from "../../src/kernel/json.ts";

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal && error.code === "PGRST102") return String(error.params.reason);
    throw error;
  }
  return "accepted";
}

describe("what is accepted is what JSON.parse says", () => {
  const texts = [
    "null",
    " [1, 2.5, -3e2] ",
    '{"a":{"b":"c"},"d":[{"a":1},{"a":2}]}',
    '{"a:b":"x: y, \\"z\\": {1234567890123456789}","c":"\\\\"}',
    '{"":"","__proto__":1,"constructor":2}',
    '{"face":"\\ud83d\\ude00","backslash":"\\\\ud800"}',
    "[9007199254740991,-9007199254740991,0.12345678901234567890,1e21]",
    `${"[".repeat(64)}${"]".repeat(64)}`,
  ];
  test.each(texts)("%s", (text) => expect(parseJson(text)).toEqual(JSON.parse(text)));
});

describe("what is ambiguous or unsafe is refused", () => {
  const rows: [name: string, text: string, reason: RegExp][] = [
    ["nothing", "", /empty/],
    ["not JSON", "{a:1}", /not valid/],
    ["NaN", "[NaN]", /not valid/],
    ["a BOM", '\ufeff{"a":1}', /byte order/],
    ["a repeated key", '{"a":1,"b":{"a":1},"a":2}', /"a" stands twice/],
    ["a repeated key, spelt otherwise", '[{"k\\u0065y":1,"key":{"key":1}}]', /"key" stands twice/],
    ["a repeated key, deep", '[{"x":{"y":[{"n":1,"n":{}}]}}]', /"n" stands twice/],
    ["a repeated __proto__", '{"__proto__":1,"__proto__":2}', /"__proto__" stands twice/],
    ["2^53", "[9007199254740992]", /beyond/],
    ["a large negative integer", '{"a":-9007199254740993}', /beyond/],
    ["a very long integer", "123456789012345678901234567890", /beyond/],
    ["an infinite number", "[1e999]", /too large/],
    ["half a surrogate pair, raw", '["\ud800"]', /surrogate/],
    ["half a surrogate pair, escaped", '["a\\ud800"]', /surrogate/],
    ["half a surrogate pair in a key", '{"\\uDE00":1}', /surrogate/],
    ["65 levels", `${"[".repeat(65)}${"]".repeat(65)}`, /deeper/],
    ["very many levels", `${"[".repeat(500_000)}${"]".repeat(500_000)}`, /deeper|not valid/],
  ];
  test.each(rows)("%s", (_, text, reason) =>
    expect(reasonOf(() => parseJson(text))).toMatch(reason),
  );

  test("the reason holds nothing of the body but a key's beginning", () => {
    const key = "k".repeat(500);
    const twice = reasonOf(() => parseJson(`{"${key}":"s3cret","${key}":2}`));
    expect(twice).toContain("k".repeat(100));
    expect(twice).not.toMatch(/s3cret|k{101}/);
    expect(reasonOf(() => parseJson('{"password":"s3cret"'))).not.toContain("s3cret");
  });
});

test("two mebibytes of escapes neither overflow nor crawl", () => {
  const text = JSON.stringify({ a: '"\\'.repeat(500_000), b: 1 });
  expect(parseJson(text)).toEqual(JSON.parse(text));
});

function stream(chunks: Uint8Array[]): Request {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  return new Request("http://x/", { method: "POST", body });
}

describe("a body", () => {
  const bytes = new TextEncoder().encode("Phở 🍜");

  test("is read as UTF-8, wherever it is cut", async () => {
    const single = [...bytes].map((b) => Uint8Array.of(b));
    expect(await readText(stream(single), bytes.length)).toBe("Phở 🍜");
    expect(await readText(new Request("http://x/"), 0)).toBe("");
  });

  test("keeps its BOM, for the reader to judge", async () => {
    expect(await readText(stream([Uint8Array.of(0xef, 0xbb, 0xbf)]), 3)).toBe("\ufeff");
  });

  test("is refused above its limit, without Content-Length", async () => {
    const refusal = { code: "body_too_large", params: { max_bytes: bytes.length } };
    await expect(readText(stream([bytes, bytes]), bytes.length)).rejects.toMatchObject(refusal);
  });

  test("is refused above its limit by Content-Length, before it is read", async () => {
    const headers = { "content-length": "11" };
    const request = new Request("http://x/", { method: "POST", body: "x", headers });
    await expect(readText(request, 10)).rejects.toMatchObject({ params: { max_bytes: 10 } });
    expect(request.bodyUsed).toBe(false);
  });

  test("of a declared length is read, and judged, like any other", async () => {
    const declared = (length: number, body: Uint8Array) =>
      new Request("http://x/", {
        method: "POST",
        body,
        headers: { "content-length": String(length) },
      });
    expect(await readText(declared(bytes.length, bytes), bytes.length)).toBe("Phở 🍜");
    expect(await readText(declared(3, Uint8Array.of(0xef, 0xbb, 0xbf)), 3)).toBe("\ufeff");
    await expect(readText(declared(1, bytes), bytes.length - 1)).rejects.toMatchObject({
      code: "body_too_large",
    });
    await expect(readText(declared(1, Uint8Array.of(0xff)), 9)).rejects.toMatchObject({
      params: { reason: "it is not UTF-8" },
    });
  });

  test.each([[[0xff]], [[0xc3]], [[0xed, 0xa0, 0x80]]])(
    "is refused when not UTF-8: %s",
    async (b) => {
      const reason = { code: "PGRST102", params: { reason: "it is not UTF-8" } };
      await expect(readText(stream([Uint8Array.from(b)]), 9)).rejects.toMatchObject(reason);
    },
  );
});
