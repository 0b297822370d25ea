// Requests as they reach the parser, and what it makes of them.
import type { Shape } from "../../../src/kernel/intent.ts";
import type { Parsed } from "../../../src/protocols/rest/parse.ts";

const json = { "content-type": "application/json" };

export function request(method: string, search: string, headers = {}, body?: unknown): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const init = { method, headers: { ...(body !== undefined && json), ...headers } };
  return new Request(
    `http://x/rest/v1/t${search}`,
    text === undefined ? init : { ...init, body: text },
  );
}

export async function shapeOf(parsing: Parsed | Promise<Parsed>): Promise<[Shape, unknown[]]> {
  const { intent } = await parsing;
  return [intent.shape, intent.values];
}
