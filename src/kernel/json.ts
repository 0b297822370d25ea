// Strict reading of what a client sends. JSON.parse alone forgives what other readers of the same
// bytes resolve differently (RFC 8259 §4, §6, §8.2); what is ambiguous is refused, not guessed.
import { Refusal } from "./errors.ts";

/** Bytes of a body that says rows or values; what brings files has a limit of its own. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** Arrays and objects inside each other; more could overflow the stack of who walks the value. */
const MAX_DEPTH = 64;
const KEY_CHARACTERS = 100;

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
const KEY_TOKEN = new RegExp(`${STRING.source}|[{}:]`, "g");
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

/**
 * The value of a JSON text. Refuses with PGRST102 a BOM, a key that an object holds twice, whole
 * numbers beyond ±(2^53 - 1), numbers too large for a double, lone surrogates, and nesting deeper
 * than 64.
 */
export function parseJson(text: string): unknown {
  if (text.charCodeAt(0) === 0xfeff) refuse("it begins with a byte order mark");
  if (!text.isWellFormed()) refuse("it holds half of a surrogate pair");
  const value = parse(text);
  const keys = countKeys(value, ESCAPED_SURROGATE.test(text), 1);
  // What is left without strings is structure and numbers: one colon per member.
  const bare = text.replace(STRING, '""');
  if (bare.split(":").length - 1 !== keys) {
    refuse(`the key ${JSON.stringify(repeatedKey(text))} stands twice in one object`);
  }
  if (/\d{16}/.test(bare)) refuseUnsafe(bare);
  return value;
}

/**
 * The body as text. Refuses more than `maxBytes` bytes (`body_too_large`), declared or not, and
 * what is not UTF-8 (PGRST102).
 */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const { body, headers } = request;
  const declared = headers.has("transfer-encoding") ? null : headers.get("content-length");
  if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
  // HTTP ends a body at the length it declared: such a one is taken whole, which costs less.
  const whole = declared !== null || !body;
  const bytes = await (whole ? request.arrayBuffer() : gathered(body, maxBytes));
  if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
  try {
    return utf8.decode(bytes);
  } catch {
    return refuse("it is not UTF-8");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Counts bytes as they arrive, and stops at too many. */
async function gathered(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return new Blob(chunks).arrayBuffer();
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal("body_too_large", { max_bytes: maxBytes });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the body.
    return refuse(text.trim() === "" ? "it is empty" : "it is not valid JSON");
  }
}

function refuse(reason: string): never {
  throw new Refusal("PGRST102", { reason });
}

/** Members of all objects in the value; refuses, on the way, what only the parsed value shows. */
function countKeys(value: unknown, checkText: boolean, depth: number): number {
  if (typeof value === "string" && checkText && !value.isWellFormed()) {
    refuse("it holds half of a surrogate pair");
  }
  if (typeof value === "number" && !Number.isFinite(value)) refuse("a number is too large");
  if (typeof value !== "object" || value === null) return 0;
  if (depth > MAX_DEPTH) refuse(`it is nested deeper than ${MAX_DEPTH} levels`);
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countKeys(item, checkText, depth + 1);
    return count;
  }
  for (const [key, item] of Object.entries(value)) {
    if (checkText && !key.isWellFormed()) refuse("it holds half of a surrogate pair");
    count += 1 + countKeys(item, checkText, depth + 1);
  }
  return count;
}

/** The first key that an object repeats; slow, so only for what is refused anyway. */
function repeatedKey(text: string): string {
  const open: Set<string>[] = [];
  let last = "";
  for (const [token] of text.matchAll(KEY_TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token !== ":") last = token;
    else {
      const key: string = JSON.parse(last);
      if (open.at(-1)?.has(key)) return key.slice(0, KEY_CHARACTERS).toWellFormed();
      open.at(-1)?.add(key);
    }
  }
  return "";
}

function refuseUnsafe(bare: string): void {
  for (const [token] of bare.matchAll(NUMBER)) {
    if (/[.eE]/.test(token) || Number.isSafeInteger(Number(token))) continue;
    refuse("a whole number is beyond ±(2^53 - 1); send it as a string");
  }
}
