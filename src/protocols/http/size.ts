import { Refusal } from "../../kernel/errors.ts";
import { MAX_BODY_BYTES } from "../../kernel/json.ts";

/** What is too large is still taken in so far: who is cut off while sending reads no answer. */
const MAX_DRAINED_BYTES = 16 * MAX_BODY_BYTES;

/** The request; refuses larger bodies before any effect, whether they say their length or not. */
export async function sized(
  request: Request,
  body: NonNullable<Request["body"]>,
): Promise<Request> {
  const { headers } = request;
  const declared = headers.has("transfer-encoding") ? null : headers.get("content-length");
  if (declared !== null && Number(declared) <= MAX_BODY_BYTES) return request;
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes <= MAX_BODY_BYTES) kept.push(chunk);
    if (bytes > MAX_DRAINED_BYTES) break;
  }
  if (bytes > MAX_BODY_BYTES) throw new Refusal("body_too_large", { max_bytes: MAX_BODY_BYTES });
  return new Request(request, { body: new Blob(kept) });
}
