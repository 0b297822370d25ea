// What all modules declared, by the names of the wire: tables, their relationships, functions.
import { isExposed, isWatched } from "./changes.ts";
import { type Catalogue, kernelCatalogue, Refusal } from "./errors.ts";
import type { Authenticate, Fn, Listener, Module, Operation, Settlement } from "./module.ts";
import { type Column, type Declared, declarationOf, visibleColumns } from "./table.ts";

/** A foreign key, seen from the table that holds it (towards its parent) or from the parent. */
export interface Relationship {
  towards: "parent" | "children";
  /** At most one row is there: the parent, or the only child of a unique key. */
  single: boolean;
  /** The other table. */
  table: Declared;
  /** The column on this side, and on the other. */
  here: string;
  there: string;
  /** PostgreSQL's name for the constraint: `<table>_<column>_fkey`. */
  constraint: string;
  /** The column that holds the key, whichever side it is on. */
  column: string;
}

export interface Schema {
  modules: Module[];
  tables: Declared[];
  catalogue: Catalogue;
  authenticate: Authenticate | undefined;
  /** An exposed table by its name on the wire; PGRST205, or PGRST106 for an unknown schema. */
  table(name: string, schema?: string): Declared;
  /** An exposed function; PGRST202. */
  function(name: string, args: string[]): Fn;
  functionNames: Map<string, Fn>;
  /** The operation that makes the rows of an exposed table; PGRST205 as for the table. */
  operationOn(name: string, schema?: string): Operation | undefined;
  settlements: Map<Settlement["on"], Settlement>;
  listeners: Listener[];
  /** The relationship that `relation` and `hint` name; none is PGRST200, several are PGRST201. */
  relationship(from: Declared, relation: string, hint?: string): Relationship;
}

export function createSchema(modules: Module[]): Schema {
  const tables = modules.flatMap((m) => m.tables ?? []).map(declarationOf);
  const exposed = tables.filter(isExposed);
  const functions = new Map(modules.flatMap((m) => m.functions ?? []).map((f) => [f.name, f]));
  const operations = new Map(modules.flatMap((m) => m.operations ?? []).map((o) => [o.on, o]));
  const schemas = [...new Set(["public", ...exposed.map((t) => t.schema)])];
  const table = (name: string, schema = "public"): Declared => {
    if (!schemas.includes(schema)) {
      throw new Refusal("PGRST106", { schema, exposed: schemas.join(", ") });
    }
    const found = exposed.find((t) => t.name === name && t.schema === schema);
    if (found) return found;
    throw new Refusal("PGRST205", { table: `${schema}.${name}`, near: near(name, exposed) });
  };
  const listeners = modules.flatMap((m) => m.listeners ?? []);
  const unheard = listeners.find((l) => !isWatched(declarationOf(l.on)));
  if (unheard) throw new Error(`${unheard.name} listens to a table without a change log`);
  const settlements = modules.flatMap((m) => m.settlements ?? []);
  return {
    modules,
    tables,
    listeners,
    settlements: new Map(settlements.map((s) => [s.on, s])),
    catalogue: Object.assign({}, kernelCatalogue, ...modules.map((m) => m.errors ?? {})),
    authenticate: modules.find((m) => m.authenticate)?.authenticate,
    functionNames: functions,
    operationOn: (name, schema) => operations.get(table(name, schema).table),
    table,
    function(name, args) {
      const found = functions.get(name);
      if (found && takes(found, args)) return found;
      const names = [...functions.values()].map((f) => ({ name: f.name }));
      const hint = found ? signature(found) : near(name, names);
      throw new Refusal("PGRST202", { name, args: args.join(", "), near: hint });
    },
    relationship: (from, relation, hint) => relate(exposed, from, relation, hint),
  };
}

function takes(fn: Fn, args: string[]): boolean {
  const required = Object.entries(fn.params).filter(([, p]) => p.fallback === undefined);
  return (
    args.every((a) => Object.hasOwn(fn.params, a)) &&
    required.every(([name]) => args.includes(name))
  );
}

function signature(fn: Fn): string {
  const params = Object.entries(fn.params).map(
    ([name, p]) => `${name}${p.fallback === undefined ? "" : "?"}: ${p.kind}`,
  );
  return `It is ${fn.name}(${params.join(", ")})`;
}

/** "Perhaps you meant …", when a name is close enough to be a slip. */
function near(name: string, known: { name: string }[]): string | undefined {
  const close = known
    .map((k) => ({ name: k.name, distance: distance(name, k.name) }))
    .filter((k) => k.distance <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  return close && `Perhaps you meant '${close.name}'`;
}

/** Levenshtein distance; both names are short. */
function distance(a: string, b: string): number {
  if (a.length > 63) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Every relationship of a table to exposed tables, in both directions. */
function relationshipsOf(exposed: Declared[], from: Declared): Relationship[] {
  const own = visibleParents(exposed, from).map(([column, parent]): Relationship => {
    const constraint = `${from.name}_${column}_fkey`;
    const [here, there] = [column, parent.column];
    return {
      towards: "parent",
      single: true,
      table: parent.table,
      here,
      there,
      constraint,
      column,
    };
  });
  const others = exposed.flatMap((other) =>
    visibleParents(exposed, other)
      .filter(([, parent]) => parent.table === from)
      .map(([column, parent]): Relationship => {
        const constraint = `${other.name}_${column}_fkey`;
        const single = other.uniques.some((u) => u.length === 1 && u[0] === column);
        const [here, there] = [parent.column, column];
        return { towards: "children", single, table: other, here, there, constraint, column };
      }),
  );
  return [...own, ...others];
}

function visibleParents(exposed: Declared[], table: Declared) {
  const visible = new Set(visibleColumns(table).map((c: Column) => c.name));
  return [...table.parents()].filter(([c, p]) => visible.has(c) && exposed.includes(p.table));
}

function relate(
  exposed: Declared[],
  from: Declared,
  relation: string,
  hint?: string,
): Relationship {
  const named = relationshipsOf(exposed, from).filter(
    (r) =>
      r.table.name === relation ||
      r.constraint === relation ||
      (r.towards === "parent" && r.column === relation),
  );
  const fitting = hint
    ? named.filter((r) => r.constraint === hint || r.column === hint || r.table.name === hint)
    : named;
  const [only, ...more] = fitting;
  if (only && more.length === 0) return only;
  if (!only) {
    const hinted = near(
      relation,
      relationshipsOf(exposed, from).map((r) => r.table),
    );
    throw new Refusal("PGRST200", { table: from.name, relation, near: hinted });
  }
  const choices = fitting.map((r) => `'${r.table.name}!${r.constraint}'`).join(", ");
  throw new Refusal("PGRST201", { table: from.name, relation, choices });
}
