/// <reference lib="esnext.typedarrays" />

/** Random digits are fetched by the page: a bulk insert takes a thousand ids. */
const page_bytes = 4096;
let page = "";
let used = 0;
const id_digits = 20;

/** UUIDv7 (RFC 9562 §5.7) as lower-case text: sorts by the millisecond it was made in. */
export function uuidv7(now: number): string {
  if (used + id_digits > page.length) {
    page = crypto.getRandomValues(new Uint8Array(page_bytes)).toHex();
    used = 0;
  }
  const time = now.toString(16).padStart(12, "0");
  const random = page.slice(used, used + id_digits);
  used += id_digits;
  const variant = "89ab"[Number.parseInt(random[0] ?? "0", 16) & 3];
  const [a, b, c] = [random.slice(2, 5), random.slice(5, 8), random.slice(8)];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${a}-${variant}${b}-${c}`;
}
