// Several values in one: in.(1,"a,b",c) and PostgreSQL's array literals, {1,"a,b",c}.
import { Refusal } from "../../kernel/errors.ts";
import { quoted } from "./parse-field.ts";
import type { Scan } from "./scan.ts";

/** They travel as one parameter, so only the size of the request limits them otherwise. */
export const MAX_LIST = 10_000;

const LIST = 'A list is in.(a,"b,c"): a value with a comma in it stands in double quotes.';
const ARRAY =
  'An array is {a,"b,c"}: a value with a comma or a brace in it stands in double quotes.';

/** `(a,"b,c",)`: blanks belong to the values; `()` is the empty list. */
export function listElements(scan: Scan): string[] {
  if (!scan.eat("(")) throw scan.fail('"(" before the list of values', LIST);
  if (scan.eat(")")) return [];
  const found: string[] = [];
  do {
    found.push(quoted(scan) ?? scan.take(/[^,)]+/y) ?? "");
    bound(found);
  } while (scan.eat(","));
  if (!scan.eat(")")) throw scan.fail('a comma or ")"', LIST);
  return found;
}

/** An element of an array literal; `bare`: without quotes. */
export interface Element {
  text: string;
  bare: boolean;
}

/** `{a,"b,c"}`: blanks around an element do not belong to it. */
export function arrayElements(scan: Scan, nested: boolean): Element[] {
  if (!scan.eat("{")) throw scan.fail('"{" before the array of values', ARRAY);
  const found: Element[] = [];
  scan.spaces();
  if (!scan.eat("}")) {
    do {
      found.push(element(scan));
      bound(found);
    } while (scan.eat(","));
    if (!scan.eat("}")) throw scan.fail('a comma or "}"', ARRAY);
  }
  if (nested && !scan.next(",") && !scan.next(")")) throw scan.fail('a comma or ")"');
  return found;
}

function element(scan: Scan): Element {
  scan.spaces();
  const inQuotes = quoted(scan);
  if (inQuotes !== undefined) {
    scan.spaces();
    return { text: inQuotes, bare: false };
  }
  const start = scan.at;
  const bare = (scan.take(/(?:[^,{}\\]|\\.)+/sy) ?? "").trim().replace(/\\(.)/gs, "$1");
  if (bare !== "" && bare.toLowerCase() !== "null") return { text: bare, bare: true };
  scan.at = start;
  throw scan.fail("a value (nothing equals null; an empty text is written as a pair of quotes)");
}

/** A text in balanced brackets, as it is: `{a,b}`, a JSON object or a JSON array. */
export function balanced(scan: Scan, opening: string): string | undefined {
  if (scan.done || !opening.includes(scan.text.charAt(scan.at))) return undefined;
  const start = scan.at;
  const closing = opening.replace("{", "}").replace("[", "]");
  let depth = 0;
  do {
    if (scan.done) {
      scan.at = start;
      throw scan.fail("as many closing brackets as opening ones");
    }
    if (quoted(scan) !== undefined) continue;
    const next = scan.text.charAt(scan.at++);
    if (opening.includes(next)) depth++;
    else if (closing.includes(next)) depth--;
  } while (depth > 0);
  return scan.text.slice(start, scan.at);
}

function bound(found: unknown[]): void {
  if (found.length > MAX_LIST) {
    throw new Refusal("filter_too_large", { max: MAX_LIST, what: "values in a list" });
  }
}
