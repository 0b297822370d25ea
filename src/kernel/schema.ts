// What all modules declared, by the names of the wire: tables, their relationships, functions.
import { isExposed, isWatched } from "./after/changes.ts";
import { type Catalogue, kernelCatalogue, Refusal } from "./errors.ts";
import type { Authenticate, Fn, Listener, Module, Operation, Settlement } from "./module.ts";
import { near } from "./near.ts";
import { type Relationship, relate } from "./plan/relationship.ts";
import { type Declared, declarationOf } from "./table.ts";

export interface Schema {
  modules: Module[];
  tables: Declared[];
  catalogue: Catalogue;
  authenticate: Authenticate | undefined;
  /** An exposed table by its name on the wire; PGRST205, or PGRST106 for an unknown schema. */
  table(name: string, schema?: string): Declared;
  /** A function, all of which are in `public`; PGRST202, or PGRST106 as for a table. */
  function(name: string, args: string[], schema?: string): Fn;
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
  const known = (schema = "public"): string => {
    if (schemas.includes(schema)) return schema;
    throw new Refusal("PGRST106", { schema, exposed: schemas.join(", ") });
  };
  const table = (name: string, schema?: string): Declared => {
    const all = exposed.filter((t) => t.schema === known(schema));
    const found = all.find((t) => t.name === name);
    if (found) return found;
    const names = all.map((t) => t.name);
    throw new Refusal("PGRST205", { table: `${known(schema)}.${name}`, near: near(name, names) });
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
    function(name, args, schema) {
      const found = known(schema) === "public" ? functions.get(name) : undefined;
      if (found && takes(found, args)) return found;
      const hint = found ? signature(found) : near(name, [...functions.keys()]);
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
