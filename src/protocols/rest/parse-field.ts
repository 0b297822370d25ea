// Names, and steps into JSON columns: what select lists, filters and orders have in common.
import type { Field } from "../../kernel/intent.ts";
import { Scan } from "./scan.ts";

const BARE = /(?:(?!->)[^,.:()!"*])+/y;
const QUOTED = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const INDEX = /-?\d+(?=$|->|[,.:()])/y;

/** A text in double quotes, in which a backslash makes the next character literal. */
export function quoted(scan: Scan): string | undefined {
  if (!scan.next('"')) return undefined;
  const text = scan.take(QUOTED);
  if (text === undefined)
    throw scan.fail("a text with its closing quote", 'A quote inside of quotes is written \\".');
  return text.slice(1, -1).replace(/\\(.)/gs, "$1");
}

/** A name; blanks around it do not belong to it, unless they are quoted. */
export function name(scan: Scan, expected: string): string {
  scan.spaces();
  const text = quoted(scan) ?? scan.take(BARE)?.trim();
  if (!text) throw scan.fail(expected);
  scan.spaces();
  return text;
}

/** A column, or a path into a JSON column: `data->list->0->>name`. */
export function field(scan: Scan, expected = "a column"): Field {
  const column = name(scan, expected);
  const path: (string | number)[] = [];
  let text = false;
  while (scan.next("->")) {
    if (text) throw scan.fail("no further step: ->> gives text, which has none");
    text = scan.eat("->>");
    if (!text) scan.eat("->");
    path.push(key(scan));
  }
  if (path.length === 0) return { column };
  return text ? { column, path, text } : { column, path };
}

function key(scan: Scan): string | number {
  const index = Number(scan.take(INDEX) ?? Number.NaN);
  return Number.isSafeInteger(index) ? index : name(scan, "a key or an index");
}

/** A comma-separated list of names, as `columns` and `on_conflict` take. */
export function names(where: string, text: string): string[] {
  const scan = new Scan(where, text, `Columns have commas between them: ${where}=id,name`);
  const found = [name(scan, "a column")];
  while (scan.eat(",")) found.push(name(scan, "a column"));
  scan.end();
  return [...new Set(found)];
}
