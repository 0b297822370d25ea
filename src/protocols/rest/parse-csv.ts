// CSV (RFC 4180): a line of names, then a row per line. Texts, for the columns to read.
import { Refusal } from "../../kernel/errors.ts";
import { repeated } from "./scan.ts";

const BARE = /[^",\r\n]*/y;
const QUOTED = /"((?:[^"]|"")*)"/y;
const QUOTING =
  "A cell with a comma, a quote or a line end stands in quotes, and its quotes doubled.";
const LINE_END = /\r\n|\n|\r/y;

/** An unquoted NULL is null; any other cell is its text, an empty one the empty text. */
type Cell = string | null;

/** One object per line, by the names of the first. Refuses with PGRST102 what is no such table. */
export function parseCsv(text: string): Record<string, Cell>[] {
  const [header, ...lines] = linesOf(text.replace(/^\ufeff/, ""));
  const names = (header ?? []).map((name) => name ?? "NULL");
  if (names.some((name) => name === "")) throw refuse("a column of the first line has no name");
  const twice = repeated(names);
  if (twice !== undefined) throw refuse(`the column "${twice}" stands twice in the first line`);
  return lines.map((cells, i) => {
    if (cells.length !== names.length) {
      throw refuse(`row ${i + 1} has ${cells.length} cells, the first line ${names.length}`);
    }
    return Object.fromEntries(names.map((name, at) => [name, cells[at] ?? null]));
  });
}

function linesOf(text: string): Cell[][] {
  const lines: Cell[][] = [];
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found;
  };
  const cell = (): Cell => {
    if (text[at] !== '"') {
      const bare = take(BARE)?.[0] ?? "";
      return bare === "NULL" ? null : bare;
    }
    const inside = take(QUOTED)?.[1];
    if (inside === undefined) throw refuse(`row ${lines.length} has a quote that does not close`);
    return inside.replaceAll('""', '"');
  };
  while (at < text.length) {
    const line = [cell()];
    while (text[at] === ",") {
      at++;
      line.push(cell());
    }
    if (at < text.length && !take(LINE_END)) {
      throw refuse(`row ${lines.length} has a quote in the middle of a cell`);
    }
    lines.push(line);
  }
  return lines;
}

function refuse(reason: string): Refusal {
  return new Refusal("PGRST102", { reason, hint: QUOTING });
}
