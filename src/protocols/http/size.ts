import type { MiddlewareHandler } from "hono";
import { Refusal } from "../../kernel/errors.ts";
import { MAX_BODY_BYTES } from "../../kernel/json.ts";
import type { Wire } from "../../kernel/module.ts";

/** What is too large is still taken in so far: who is cut off while sending reads no answer. */
const MAX_DRAINED_BYTES = 16 * MAX_BODY_BYTES;

/** Refuses larger bodies before any effect, whether they say their length or not. */
export const sized: MiddlewareHandler<Wire> = async (c, next) => {
  const { body, headers } = c.req.raw;
  const declared = headers.has("transfer-encoding") ? null : headers.get("content-length");
  const fits = declared !== null && Number(declared) <= MAX_BODY_BYTES;
  if (!body || fits) return next();
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes <= MAX_BODY_BYTES) kept.push(chunk);
    if (bytes > MAX_DRAINED_BYTES) break;
  }
  if (bytes > MAX_BODY_BYTES) throw new Refusal("body_too_large", { max_bytes: MAX_BODY_BYTES });
  c.req.raw = new Request(c.req.raw, { body: new Blob(kept) });
  return next();
};
