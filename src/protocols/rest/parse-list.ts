// Several values in one: in.(1,"a,b",c) and PostgreSQL's array literals, {1,"a,b",c}.
import { Refusal } from "../../kernel/errors.ts";
import { quoted } from "./parse-field.ts";
import type { Scan } from "./scan.ts";

/** They travel as one parameter, so only the size of the request limits them otherwise. */
export const MAX_LIST = 10_000;

/** `(a,"b,c",)`: blanks belong to the values; `()` is the empty list. */
export function listElements(scan: Scan): string[] {
  if (!scan.eat("(")) throw scan.fail('"(" before the list of values');
  if (scan.eat(")")) return [];
  const found: string[] = [];
  do {
    found.push(quoted(scan) ?? scan.take(/[^,)]+/y) ?? "");
    bound(found);
  } while (scan.eat(","));
  if (!scan.eat(")")) throw scan.fail('a comma or ")"');
  return found;
}

/** `{a,"b,c"}`: blanks around an element do not belong to it. */
export function arrayElements(scan: Scan, nested: boolean): string[] {
  if (!scan.eat("{")) throw scan.fail('"{" before the array of values');
  const found: string[] = [];
  scan.spaces();
  if (!scan.eat("}")) {
    do {
      found.push(element(scan));
      bound(found);
    } while (scan.eat(","));
    if (!scan.eat("}")) throw scan.fail('a comma or "}"');
  }
  if (nested && !scan.next(",") && !scan.next(")")) throw scan.fail('a comma or ")"');
  return found;
}

function element(scan: Scan): string {
  scan.spaces();
  const inQuotes = quoted(scan);
  if (inQuotes !== undefined) {
    scan.spaces();
    return inQuotes;
  }
  const start = scan.at;
  const bare = (scan.take(/(?:[^,{}\\]|\\.)+/sy) ?? "").trim().replace(/\\(.)/gs, "$1");
  if (bare !== "" && bare.toLowerCase() !== "null") return bare;
  scan.at = start;
  throw scan.fail("a value (nothing equals null; an empty text is written as a pair of quotes)");
}

/** A text in balanced braces, as it is: `{a,b}` or a JSON object. */
export function braces(scan: Scan): string | undefined {
  if (!scan.next("{")) return undefined;
  const start = scan.at;
  let depth = 0;
  do {
    if (scan.done) {
      scan.at = start;
      throw scan.fail("as many closing braces as opening ones");
    }
    if (quoted(scan) !== undefined) continue;
    if (scan.eat("{")) depth++;
    else if (scan.eat("}")) depth--;
    else scan.take(/[^{}"]+/y);
  } while (depth > 0);
  return scan.text.slice(start, scan.at);
}

function bound(found: string[]): void {
  if (found.length > MAX_LIST) {
    throw new Refusal("filter_too_large", { max: MAX_LIST, what: "values in a list" });
  }
}
