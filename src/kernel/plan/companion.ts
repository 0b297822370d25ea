// Hidden columns that follow what a column holds: the plan fills them with each write.
import { fold } from "../pattern.ts";
import { type Column, foldColumn, searchColumn } from "../table.ts";
import type { Stored } from "../values.ts";
import { searchText } from "../words.ts";

export interface Companion {
  name: string;
  of: (value: Stored) => Stored;
}

/** Asked for each value of each row. */
const known = new WeakMap<Column, Companion[]>();

export function companionsOf(column: Column): Companion[] {
  const { name, fold: folds, search } = column;
  const text = (turn: (text: string) => Stored) => (value: Stored) =>
    value === null ? null : turn(String(value));
  const companions = known.get(column) ?? [
    ...(folds ? [{ name: foldColumn(name), of: text(fold) }] : []),
    ...(search ? [{ name: searchColumn(name), of: text(searchText) }] : []),
  ];
  known.set(column, companions);
  return companions;
}

/** The column that a stored column is, or follows; and what it holds of that column's value. */
export function followed(columns: Iterable<Column>, stored: string): [Column, Companion] {
  for (const column of columns) {
    const all = [{ name: column.name, of: (value: Stored) => value }, ...companionsOf(column)];
    const found = all.find(({ name }) => name === stored);
    if (found) return [column, found];
  }
  throw new Error(`${stored}: no such column`);
}
