// Sentences as lines of a terminal: wrapped to its width, with what took how long on the right.
import { styleText } from "node:util";

/** Text and its style. */
export type Run = [text: string, style: "plain" | "bold" | "dim" | "cyan"];

const widest = 80;
const narrowest = 40;
const time_columns = 9;
const indent = "  ";

/** Columns to write in: the terminal's, or 80 where there is none. */
export function pageWidth(): number {
  const asked = process.stdout.columns || widest;
  return Math.min(widest, Math.max(narrowest, asked));
}

/** Colours where standard output is a terminal, and NO_COLOR does not forbid them. */
function styled([text, style]: Run): string {
  return style === "plain" ? text : styleText(style, text, { stream: process.stdout });
}

export function heading(text: string): string {
  return `\n${styled([text, "bold"])}`;
}

export function paragraph(...runs: Run[]): string {
  return wrap(runs, pageWidth())
    .map((line) => line.map(styled).join(""))
    .join("\n");
}

export interface Entry {
  says: string;
  came: string;
  /** Rows of columns. */
  list: string[][];
  ms: number;
}

/** A step: its sentence with its time, and below it its list. */
export function entry({ says, came, list, ms }: Entry, width = pageWidth()): string {
  const runs: Run[] = [
    [`${says}:`, "plain"],
    [came, "cyan"],
  ];
  const lines = wrap(runs, width - indent.length - time_columns);
  const time = `${Math.round(ms)} ms`.padStart(time_columns);
  return lines
    .map((line, i) => {
      const margin = i === 0 ? indent : indent.repeat(2);
      const text = margin + line.map(styled).join("");
      if (i < lines.length - 1) return text;
      const used = margin.length + columnsOf(line.map(([text]) => text).join(""));
      return text + styled([time.padStart(width - used), "dim"]);
    })
    .concat(table(list))
    .join("\n");
}

function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => columnsOf(row[column] ?? ""))),
  );
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      const space = " ".repeat((widths[i] ?? 0) - columnsOf(cell));
      return i === 0 ? cell + space : space + cell; // names on the left, figures on the right
    });
    return styled([indent.repeat(3) + cells.join("   "), "dim"]);
  });
}

/** Lines of at most `width` columns; those after the first leave room for a deeper margin. */
function wrap(runs: Run[], width: number): Run[][] {
  const words = runs.flatMap(([text, style]) => text.split(" ").map((word): Run => [word, style]));
  const lines: Run[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const [word, style] of words) {
    const columns = columnsOf(word);
    if (used + 1 + columns > width) {
      lines.push([[word, style]]);
      used = columns + (lines.length > 1 ? indent.length : 0);
    } else {
      add(lines.at(-1) ?? [], word, style);
      used += 1 + columns;
    }
  }
  return lines;
}

/** One more word on a line; words of one style are one run. */
function add(line: Run[], word: string, style: Run[1]): void {
  const last = line.at(-1);
  if (last?.[1] === style) last[0] += ` ${word}`;
  else line.push([" ", "plain"], [word, style]);
}

/** Columns that a terminal gives a text: two for a letter of the East, none for a mark on one. */
export function columnsOf(text: string): number {
  const wide = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
  const marks = /\p{M}/gu;
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  return [...text].length + count(wide) - count(marks);
}
