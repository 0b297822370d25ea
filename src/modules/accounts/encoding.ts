/// <reference lib="esnext.typedarrays" />
// Bytes as text and back; the platform has it, this TypeScript's ES2024 does not know it yet.
import { toBase64Url } from "../../kernel/base64url.ts";

export function toBase64(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true });
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text);
}

/** SHA-256 of a text, as Base64url: how one-shot secrets and counters' names are kept. */
export async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** A new secret of `size` random bytes, as Base64url. */
export function randomSecret(size = 32): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(size)));
}

/** HMAC-SHA-256 of a text. */
export async function mac(key: CryptoKey, text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
}

/** Are both the same bytes? Takes as long for every wrong answer of one length. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);
}
