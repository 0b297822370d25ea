// What the operator needs and the caller must not see: one JSON line each, which no line break in
// a message can forge.

const MAX_CHARACTERS = 4_000;
const TOKENS = /\bvtb_(?:secret|publishable)_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** Logs an error under its request's id: the path, never the query, and no key or token. */
export function log(
  what: string,
  { method, url }: Request,
  requestId: string | undefined,
  error: unknown,
): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const line = {
    level: "error",
    what,
    request_id: requestId,
    method,
    path: new URL(url).pathname,
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
