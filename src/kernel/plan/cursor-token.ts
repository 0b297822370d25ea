// A cursor as callers hold it: a place, and a signature that binds it to who asked and what.
import type { Actor } from "../actor.ts";
import { fromBase64Url, toBase64Url } from "../base64url.ts";
import { Refusal } from "../errors.ts";
import type { CallShape, Intent, ReadShape } from "../intent.ts";
import type { Signer } from "../signature.ts";
import type { Row } from "../table.ts";
import { notImplemented } from "./filter.ts";
import type { Bound } from "./sql.ts";

/** It travels in a URL, for which 16 KB are all there is. */
const MAX_CHARACTERS = 8_000;
/** Cursors remembered per isolate, and the characters of the longest, with its question. */
const MAX_KNOWN = 1_000;
const MAX_KNOWN_CHARACTERS = 2_000;
const encoder = new TextEncoder();

type Paged = Intent<ReadShape | CallShape>;

/** An intent whose cursor was read. */
export interface Opened extends Paged {
  /** A cursor for the place of the last row shown, which has its terms as `o0`, `o1`, …. */
  seal(last: Row): Promise<string>;
}

/** The intent with the place its cursor names; `cursor_invalid` unless it was given for it. */
export type OpenCursor = (intent: Paged, actor: Actor) => Promise<Opened>;

export function createCursors({ sign, verify }: Signer): OpenCursor {
  // Whoever pages brings back what was just given, and guests page alike: both by their texts.
  const opened = new Map<string, { question: string; place: Bound[] }>();
  const sealed = new Map<string, string>();
  const remember = (cursor: string, question: string, place: Bound[], said: string) => {
    if (cursor.length + question.length > MAX_KNOWN_CHARACTERS) return;
    for (const known of [opened, sealed]) if (known.size === MAX_KNOWN) known.clear();
    opened.set(cursor, { question, place });
    sealed.set(question + said, cursor);
  };
  const placeOf = async (cursor: string, question: string) => {
    const known = opened.get(cursor);
    if (known?.question === question) return known.place;
    const [payload = "", signature = "", ...more] = cursor.split(".");
    const own = more.length === 0 && (await verify(question + payload, signature));
    const bytes = own ? fromBase64Url(payload) : null;
    if (!bytes) throw new Refusal("cursor_invalid");
    const said = new TextDecoder().decode(bytes);
    const place: Bound[] = JSON.parse(said);
    remember(cursor, question, place, said);
    return place;
  };
  return async (intent, actor) => {
    const question = questionOf(intent, actor);
    const seal = async (last: Row) => {
      const place: Bound[] = [];
      for (let i = 0; `o${i}` in last; i++) place.push(last[`o${i}`] as Bound); // as it was read
      const said = JSON.stringify(place);
      const known = sealed.get(question + said);
      if (known !== undefined) return known;
      const payload = toBase64Url(encoder.encode(said));
      if (payload.length > MAX_CHARACTERS) throw notImplemented("cursors over such long values");
      const cursor = `${payload}.${await sign(question + payload)}`;
      remember(cursor, question, place, said);
      return cursor;
    };
    const { shape, values } = intent;
    const slot = shape.query.cursor?.after ?? -1; // the cursor's, which it holds
    if (values[slot] === "") return { shape, values, seal };
    const place = await placeOf(String(values[slot]), question);
    const cursor = { after: slot, nulls: place.map((value) => value === null) };
    const placed = { ...shape, query: { ...shape.query, cursor } };
    return { shape: placed, values: values.with(slot, place), seal };
  };
}

export function holdsCursor(intent: Intent): intent is Paged {
  const { shape } = intent;
  return (shape.verb === "read" || shape.verb === "call") && shape.query.cursor !== undefined;
}

/** What a signature is of: all that decides which rows there are, in which order and shape. */
function questionOf({ shape, values }: Paged, { role, id }: Actor): string {
  const { cursor, limit, ...query } = shape.query;
  const asked = { ...shape, query, count: undefined, single: undefined, features: undefined };
  const bound = values.filter((_, slot) => slot !== limit && slot !== cursor?.after);
  return JSON.stringify([role, id, asked, bound]);
}
