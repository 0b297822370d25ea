import { expect, test } from "vitest";
import { guest } from "../../../src/kernel/actor.ts";
import { kernelCatalogue } from "../../../src/kernel/errors.ts";
import type { Intent } from "../../../src/kernel/intent.ts";
import { alone } from "./alone.ts";

/** The wire over an engine that only remembers its questions. */
function mounted() {
  const asked: Intent[] = [];
  const serve = alone(
    {
      catalogue: kernelCatalogue,
      functionParams: (name) => (name === "near" ? ["lat"] : undefined),
      async execute(intent) {
        asked.push(intent);
        return { rows: [] };
      },
      explain: async () => [],
      batch: async () => [],
      offers: (table) => ({
        verbs: new Set(table === "views" ? ["select"] : ["select", "insert", "update", "delete"]),
        merges: table === "things",
      }),
    },
    guest("203.0.113.1"),
  );
  const request = (path: string, init: RequestInit) => serve(new Request(`http://x${path}`, init));
  return { request, asked };
}

const headers = { "content-type": "application/json" };
const shapes: [string, string, object][] = [
  ["GET", "/things?a=eq.1", { verb: "read", table: "things" }],
  ["HEAD", "/things", { verb: "read", table: "things" }],
  ["POST", "/things", { verb: "insert", table: "things" }],
  ["PUT", "/things?a=eq.1", { verb: "insert", table: "things", conflict: { columns: ["a"] } }],
  ["PATCH", "/things?a=eq.1", { verb: "update", table: "things" }],
  ["DELETE", "/things?a=eq.1", { verb: "delete", table: "things" }],
  ["GET", "/Order%20Items", { verb: "read", table: "Order Items" }],
  ["GET", "/rpc/near?lat=1", { verb: "call", function: "near", names: ["lat"], readOnly: true }],
  ["HEAD", "/rpc/near", { verb: "call", function: "near", readOnly: true }],
  ["POST", "/rpc/near", { verb: "call", function: "near", names: ["a"], readOnly: false }],
  ["GET", "/rpc", { verb: "read", table: "rpc" }],
];

test.each(shapes)("%s %s", async (method, path, shape) => {
  const { request, asked } = mounted();
  const body = ["GET", "HEAD"].includes(method) ? {} : { body: '{"a":1}', headers };
  const response = await request(`/rest/v1${path}`, { method, ...body });
  expect(response.status).toBeLessThan(300);
  expect(asked.map((intent) => intent.shape)).toMatchObject([shape]);
});

const calls = "OPTIONS,GET,HEAD,POST";
test.each([
  ["OPTIONS", "/things", 200, "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE", ""],
  ["OPTIONS", "/rpc/near", 200, calls, ""],
  ["OPTIONS", "/views", 200, "OPTIONS,GET,HEAD", ""],
  ["OPTIONS", "/orders", 200, "OPTIONS,GET,HEAD,POST,PATCH,DELETE", ""],
  ["QUERY", "/things", 405, "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE", "PGRST117"],
  ["PUT", "/rpc/near", 405, calls, "PGRST101"],
  ["PATCH", "/rpc/near", 405, calls, "PGRST101"],
  ["DELETE", "/rpc/near", 405, calls, "PGRST101"],
  ["PROPFIND", "/rpc/near", 405, calls, "PGRST117"],
  ["GET", "/batch", 405, "OPTIONS,POST", "method_not_allowed"],
  ["OPTIONS", "/rpc/far", 404, null, "PGRST202"],
  ["DELETE", "/rpc/far", 404, null, "PGRST202"],
  ["GET", "", 404, null, "PGRST125"],
  ["GET", "/", 404, null, "PGRST125"],
  ["GET", "?things", 404, null, "PGRST125"],
  ["POST", "?batch", 404, null, "PGRST125"],
  ["GET", "/things/1", 404, null, "PGRST125"],
  ["POST", "/rpc/near/1", 404, null, "PGRST125"],
])("%s %s is answered without asking the engine", async (method, path, status, allow, code) => {
  const { request, asked } = mounted();
  const response = await request(`/rest/v1${path}`, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([status, allow]);
  const body = await response.text();
  expect(body === "" ? "" : JSON.parse(body).code).toBe(code);
  expect(asked).toEqual([]);
});
