// The matrix of decisions: table × verb × caller. Pure, so that scripts/contract.ts shares it.

export const verbs = ["select", "count", "insert", "update", "move", "delete", "upsert"] as const;
/** `move`: an update after which the row would be somebody else's. */
export type Verb = (typeof verbs)[number];

const columns = ["guest", "owner", "stranger", "staff", "service"];

/** Any row; only what is the caller's own; none. */
export type Decision = "yes" | "own" | "no";

/** Decisions of one module: table, verb, caller. */
export type Matrix = Record<string, Record<string, Record<string, Decision>>>;

/** Matrices by the name of their module. */
export type Matrices = Record<string, Matrix>;

export interface Difference {
  module: string;
  /** `table.verb caller` */
  cell: string;
  expected: Decision | undefined;
  actual: Decision | undefined;
}

/** Cells that differ, that nobody decided yet, or that stand for nothing any more. */
export function compare(expected: Matrices, actual: Matrices): Difference[] {
  const [wanted, found] = [flat(expected), flat(actual)];
  const cells = [...new Set([...wanted.keys(), ...found.keys()])].sort();
  return cells.flatMap((key) => {
    const [want, is] = [wanted.get(key), found.get(key)];
    const [module = "", cell = ""] = key.split("\t");
    return want === is ? [] : [{ module, cell, expected: want, actual: is }];
  });
}

/** One line per difference, as a reviewer reads it. */
export function sentence({ module, cell, expected, actual }: Difference): string {
  const what = `${module}: ${cell}`;
  if (expected === undefined) return `+ ${what} is "${actual}", which nobody has decided yet`;
  if (actual === undefined) return `- ${what} was "${expected}", and is no more`;
  return `! ${what} should be "${expected}", and is "${actual}"`;
}

function flat(matrices: Matrices): Map<string, Decision> {
  const cells = new Map<string, Decision>();
  for (const [module, matrix] of Object.entries(matrices)) {
    // A file that decides nothing must not outlive its tables unnoticed.
    if (Object.keys(matrix).length === 0) cells.set(`${module}\t(no table)`, "no");
    for (const [table, rows] of Object.entries(matrix)) {
      for (const [verb, row] of Object.entries(rows)) {
        for (const [caller, decision] of Object.entries(row)) {
          cells.set(`${module}\t${table}.${verb} ${caller}`, decision);
        }
      }
    }
  }
  return cells;
}

/** A matrix as its file holds it: by table and verb, "guest no, owner own, …". */
export type Written = Record<string, Record<string, string>>;

/** The text of a module's matrix.json: sorted tables, one line per verb. */
export function render(matrix: Matrix): string {
  const tables = Object.entries(matrix).sort(([a], [b]) => (a < b ? -1 : 1));
  const written = tables.map(([table, rows]) => {
    const asked = verbs.filter((verb) => rows[verb]);
    return [table, Object.fromEntries(asked.map((verb) => [verb, line(rows[verb])]))];
  });
  return `${JSON.stringify(Object.fromEntries(written), null, 2)}\n`;
}

function line(row: Record<string, Decision> = {}): string {
  return columns.map((caller) => `${caller} ${row[caller]}`).join(", ");
}

/** Reads what `render` wrote; a word that is no decision throws. */
export function parse(written: Written): Matrix {
  return mapValues(written, (rows) =>
    mapValues(rows, (text) => Object.fromEntries(text.split(", ").map(cell))),
  );
}

function cell(text: string): [string, Decision] {
  const [, caller = "", decision = ""] = /^(\w+) (yes|own|no)$/.exec(text) ?? [];
  if (!columns.includes(caller)) throw new Error(`"${text}" decides nothing`);
  return [caller, decision as Decision]; // the pattern's own words
}

function mapValues<A, B>(of: Record<string, A>, turn: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, turn(value)]));
}
