// How tables are related: by foreign keys, seen from either side, and through join tables.
import { Refusal } from "../errors.ts";
import { near } from "../near.ts";
import { type Declared, visibleColumns } from "../table.ts";

export interface Relationship {
  /** The row this one's key points at; the rows whose key points here; rows a join table joins. */
  towards: "parent" | "children" | "joined";
  /** At most one row is there: the parent, or the only child of a unique key. */
  single: boolean;
  /** The other table. */
  table: Declared;
  /** The column on this side, and on the other. */
  here: string;
  there: string;
  /** PostgreSQL's name for the constraint, `<table>_<column>_fkey`; or the join table's name. */
  constraint: string;
  /** The column that holds the key, whichever side it is on; a join table's key to the other. */
  column: string;
  /** The join table, and its keys to this side and to the other. */
  through?: { table: Declared; here: string; there: string };
}

/** The relationship that `relation` and `hint` name; none is PGRST200, several are PGRST201. */
export function relate(
  exposed: Declared[],
  from: Declared,
  relation: string,
  hint?: string,
): Relationship {
  const all = relationshipsOf(exposed, from);
  const hinted = all.filter((r) => isNamed(r, from, relation) && (!hint || isHinted(r, hint)));
  // A column is first a key of either side: a join table has its name, and columns for its ways.
  const direct = hinted.filter((r) => !r.through || r.column !== hint);
  const fitting = direct.length > 0 ? direct : hinted;
  const [only, ...more] = fitting;
  if (only && more.length === 0) return only;
  const named = { table: from.name, relation };
  if (!only) {
    const { schema } = from;
    const nearest = near(relation, [...new Set(all.map((r) => r.table.name))]);
    const using = hint === undefined ? "" : ` using the hint '${hint}'`;
    throw new Refusal("PGRST200", { ...named, schema, using, near: nearest });
  }
  // A join table that joins a table to itself does so in two ways, which its columns tell apart.
  const twice = (r: Relationship) =>
    fitting.filter((f) => f.constraint === r.constraint).length > 1;
  const choices = fitting.map((r) => `'${r.table.name}!${twice(r) ? r.column : r.constraint}'`);
  throw new Refusal(
    "PGRST201",
    { ...named, choices: choices.join(", ") },
    fitting.map((r) => described(from, r)),
  );
}

/** By the other table, the constraint or the column; a table's own name means its children. */
function isNamed(r: Relationship, from: Declared, relation: string): boolean {
  const toParent = r.towards === "parent";
  const itself = r.table === from;
  if (toParent && r.column === relation) return true;
  if (r.table.name === relation && !(itself && toParent)) return true;
  return !r.through && r.constraint === relation && (toParent || !itself);
}

function isHinted(r: Relationship, hint: string): boolean {
  return r.constraint === hint || r.column === hint || r.table.name === hint;
}

/** As PostgREST describes a relationship that might be meant. */
function described(from: Declared, r: Relationship) {
  const { table, through } = r;
  const key = (column: string) => `${through?.table.name}_${column}_fkey(${column})`;
  const sides = through
    ? `${key(through.here)} and ${key(through.there)}`
    : `${from.name}(${r.here}) and ${table.name}(${r.there})`;
  const [one, many] = r.towards === "children" ? ["one", "many"] : ["many", "one"];
  const plain =
    r.single && (r.towards === "children" || isUnique(from, r.column))
      ? "one-to-one"
      : `${one}-to-${many}`;
  return {
    cardinality: through ? "many-to-many" : plain,
    embedding: `${from.name} with ${table.name}`,
    relationship: `${r.constraint} using ${sides}`,
  };
}

/** Every relationship of a table to exposed tables. */
function relationshipsOf(exposed: Declared[], from: Declared): Relationship[] {
  const parents = keysOf(exposed, from).map(
    ([here, { table, column: there }]): Relationship => ({
      ...{ towards: "parent", single: true, table, here, there, column: here },
      constraint: constraintOf(from, here),
    }),
  );
  const others = exposed.flatMap((other) => {
    const keys = keysOf(exposed, other);
    return keys
      .filter(([, parent]) => parent.table === from)
      .flatMap(([column, parent]) => [
        children(other, column, parent.column),
        ...joined(other, column, parent.column, keys),
      ]);
  });
  return [...parents, ...others];
}

function children(table: Declared, column: string, here: string): Relationship {
  const single = isUnique(table, column);
  const constraint = constraintOf(table, column);
  return { towards: "children", single, table, here, there: column, constraint, column };
}

/** A table is a join table where one of its unique keys holds foreign keys to two others. */
function joined(join: Declared, column: string, here: string, keys: Keys): Relationship[] {
  return keys
    .filter(([other]) => other !== column && isUnique(join, column, other))
    .map(([other, { table, column: there }]) => ({
      ...{ towards: "joined", single: false, table, here, there },
      ...{ constraint: join.name, column: other },
      through: { table: join, here: column, there: other },
    }));
}

function isUnique(table: Declared, column: string, ...more: string[]): boolean {
  if (more.length === 0) return table.uniques.some((u) => u.length === 1 && u[0] === column);
  return table.uniques.some((u) => [column, ...more].every((c) => u.includes(c)));
}

function constraintOf(table: Declared, column: string): string {
  return `${table.name}_${column}_fkey`;
}

type Keys = [column: string, parent: { table: Declared; column: string }][];

/** Foreign keys that protocols may know of. */
function keysOf(exposed: Declared[], table: Declared): Keys {
  const visible = new Set(visibleColumns(table).map((c) => c.name));
  return [...table.parents()].filter(([c, p]) => visible.has(c) && exposed.includes(p.table));
}
