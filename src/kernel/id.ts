/// <reference lib="esnext.typedarrays" />

/** Random bytes are fetched by the page: a bulk insert takes a thousand ids. */
const page = new Uint8Array(4096);
const id_bytes = 10;
let used = page.length;

/** UUIDv7 (RFC 9562 §5.7) as lower-case text: sorts by the millisecond it was made in. */
export function uuidv7(now: number): string {
  if (used + id_bytes > page.length) {
    crypto.getRandomValues(page);
    used = 0;
  }
  const time = now.toString(16).padStart(12, "0");
  const variant = "89ab"[(page[used] ?? 0) & 3];
  const random = page.subarray(used, used + id_bytes).toHex();
  used += id_bytes;
  const [a, b, c] = [random.slice(2, 5), random.slice(5, 8), random.slice(8)];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${a}-${variant}${b}-${c}`;
}
