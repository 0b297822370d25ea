// A cursor as callers hold it: a place, and a signature that binds it to who asked and what.
import type { Actor } from "../actor.ts";
import { Refusal } from "../errors.ts";
import type { CallShape, Intent, ReadShape } from "../intent.ts";
import type { Row } from "../table.ts";
import { notImplemented } from "./filter.ts";
import type { Bound } from "./sql.ts";

/** It travels in a URL, for which 16 KB are all there is. */
const MAX_CHARACTERS = 8_000;
const PURPOSE = "vertebra cursor";

type Paged = Intent<ReadShape | CallShape>;

export interface Cursors {
  /** The intent with the place its cursor names; `cursor_invalid` unless it was given for it. */
  open<I extends Intent>(intent: I, actor: Actor): Promise<I>;
  /** A cursor for the place of the last row shown, which has its terms as `o0`, `o1`, …. */
  seal(intent: Intent, actor: Actor, last: Row): Promise<string>;
}

/** Signs with a key derived from the secret, which is asked for when the first cursor is. */
export function createCursors(secret: () => string): Cursors {
  // The value is kept, not the promise: no request waits for another that may be cancelled.
  let made: CryptoKey | undefined;
  const key = async () => {
    made ??= await derive(secret());
    return made;
  };
  return {
    async open(intent, actor) {
      const slot = isPaged(intent) ? intent.shape.query.cursor?.after : undefined;
      if (!isPaged(intent) || slot === undefined || intent.values[slot] === "") return intent;
      const { shape, values } = intent;
      const [payload = "", signature = ""] = String(values[slot]).split(".");
      const signed = bytesOf(said(intent, actor, payload));
      const own = await crypto.subtle.verify("HMAC", await key(), decoded(signature), signed);
      if (!own) throw new Refusal("cursor_invalid");
      const place: Bound[] = JSON.parse(new TextDecoder().decode(decoded(payload)));
      const cursor = { after: slot, nulls: place.map((value) => value === null) };
      return {
        ...intent,
        shape: { ...shape, query: { ...shape.query, cursor } },
        values: values.with(slot, place),
      };
    },
    async seal(intent, actor, last) {
      const place: unknown[] = [];
      for (let i = 0; `o${i}` in last; i++) place.push(last[`o${i}`]);
      const payload = encoded(bytesOf(JSON.stringify(place)));
      if (payload.length > MAX_CHARACTERS) throw notImplemented("cursors over such long values");
      const signed = bytesOf(said(intent, actor, payload));
      const signature = await crypto.subtle.sign("HMAC", await key(), signed);
      return `${payload}.${encoded(new Uint8Array(signature))}`;
    },
  };
}

export const holdsCursor = (of: Intent) => isPaged(of) && of.shape.query.cursor !== undefined;

function isPaged(intent: Intent): intent is Paged {
  return intent.shape.verb === "read" || intent.shape.verb === "call";
}

/** What a signature is of: all that decides which rows there are, in which order and shape. */
function said(intent: Intent, { role, id }: Actor, payload: string): string {
  const { shape, values } = intent as Paged; // others have no cursor
  const { cursor, limit, ...query } = shape.query;
  const asked = { ...shape, query, count: undefined, single: undefined, features: undefined };
  const bound = values.filter((_, slot) => slot !== limit && slot !== cursor?.after);
  return JSON.stringify([PURPOSE, role, id, asked, bound, payload]);
}

async function derive(secret: string): Promise<CryptoKey> {
  const from = await crypto.subtle.importKey("raw", bytesOf(secret), "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bytesOf(PURPOSE) };
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  return crypto.subtle.deriveKey(how, from, hmac, false, ["sign", "verify"]);
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

function encoded(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Of several spellings of the same bytes only ours is taken. */
function decoded(text: string): Uint8Array<ArrayBuffer> {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    if (encoded(bytes) === text) return bytes;
  } catch {
    // What is no base64 is no cursor either.
  }
  throw new Refusal("cursor_invalid");
}
