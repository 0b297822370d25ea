// What the operator needs and the caller must not see: one JSON line each, which no line break in
// a message can forge.
import type { Context } from "hono";
import type { Wire } from "../../kernel/module.ts";

const MAX_CHARACTERS = 4_000;
const TOKENS = /\bvtb_(?:secret|publishable)_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** Logs an error under its request's id: the path, never the query, and no key or token. */
export function log(what: string, c: Context<Wire>, error: unknown): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const line = {
    level: "error",
    what,
    request_id: c.var.requestId,
    method: c.req.method,
    path: c.req.path,
    error: name,
    message,
    stack,
  };
  console.error(
    JSON.stringify(line, (_, value) => (typeof value === "string" ? safe(value) : value)),
  );
}

function safe(text: string): string {
  return text.replace(TOKENS, "[redacted]").slice(0, MAX_CHARACTERS);
}
