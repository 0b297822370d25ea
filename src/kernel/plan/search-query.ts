// What is searched for, as an expression of FTS5. No text of the caller's becomes syntax there:
// words are letters, digits and marks.
import { Refusal } from "../errors.ts";
import { wordsOf } from "../words.ts";
import { ABSENT, PRESENT } from "./search-index.ts";

/** Words one after the other, of which `prefix` makes the last any that begins so; and trees. */
export type Search =
  | { phrase: string[]; prefix?: true }
  | { all: Search[] }
  | { some: Search[] }
  | { not: Search };

/** Words of one search. */
const MAX_WORDS = 100;

/** Words that say nothing by themselves in English; within a phrase they count. */
const STOP = new Set(
  `as i me my we our you your he him his she her it its they them their what which who whom this
  that these those am is are was were be been being have has had having do does did doing a an the
  and but if or because until while of at by for with about against between into through during
  before after above below to from up down in out on off over under again further then once here
  there when where why how all any both each few more most other some such no nor not only own same
  so than too very s t can will just don should now`.split(/\s+/),
);

/** A search of one column of an index; of what says nothing, an expression that finds nothing. */
export function searchExpression(search: Search, column: string, english: boolean): string {
  let words = 0;
  // Written without what says nothing, as PostgreSQL leaves stop words out.
  const write = (of: Search): string | undefined => {
    if ("phrase" in of) {
      const found = of.phrase.flatMap(storableWords);
      words += Math.max(1, found.length);
      const idle = english && found.length === 1 && !of.prefix && STOP.has(found.join());
      return idle || found.length === 0 ? undefined : `"${found.join(" ")}"${of.prefix ? "*" : ""}`;
    }
    if ("not" in of) {
      const unwanted = write(of.not);
      // FTS5's NOT has two sides: what is there, without what is not wanted.
      return unwanted && `("${PRESENT}" NOT ${unwanted})`;
    }
    const parts = ("all" in of ? of.all : of.some).flatMap((part) => write(part) ?? []);
    return parts.length > 0 ? `(${parts.join("all" in of ? " AND " : " OR ")})` : undefined;
  };
  const written = write(search);
  if (words > MAX_WORDS) {
    throw new Refusal("filter_too_large", { max: MAX_WORDS, what: "words to search for" });
  }
  return written ? `{${column}} : (${written})` : `"${ABSENT}"`;
}

function storableWords(text: string): string[] {
  if (text.includes("\0") || !text.isWellFormed()) throw new Refusal("22021");
  return wordsOf(text);
}
