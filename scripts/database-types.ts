// What modules declare, as the `Database` type that supabase-js is given: only what protocols may
// name, and of that only what a signed-in caller may write.
import { isExposed } from "../src/kernel/after/changes.ts";
import type { Fn, Module, Operation } from "../src/kernel/module.ts";
import { offered } from "../src/kernel/policy.ts";
import {
  type Column,
  type Declared,
  declarationOf,
  type Kind,
  visibleColumns,
} from "../src/kernel/table.ts";

const head = `// Written by \`npm run types\` from the declarations in src/modules; do not edit.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];
/** A number to be added to the one that is there, in one step with reading it. */
export type Increment = { increment: number };
`;

const tail = `
type Public = Database["public"];
type Rows = Public["Tables"] & Public["Views"];
export type Tables<T extends keyof Rows> = Rows[T]["Row"];
export type TablesInsert<T extends keyof Public["Tables"]> = Public["Tables"][T]["Insert"];
export type TablesUpdate<T extends keyof Public["Tables"]> = Public["Tables"][T]["Update"];
`;

/** The whole file. */
export function databaseTypes(modules: Module[]): string {
  const tables = modules.flatMap((m) => m.tables ?? []).map(declarationOf);
  const exposed = tables.filter(isExposed).sort((a, b) => (a.name < b.name ? -1 : 1));
  const functions = modules.flatMap((m) => m.functions ?? []);
  const operations = new Map(modules.flatMap((m) => m.operations ?? []).map((o) => [o.on, o]));
  const parents = new Map(
    exposed.map((t): [Declared, string[]] => {
      const answering = functions.filter((fn) => isWider(fn) && fn.relation?.of === t.table);
      return [t, [t.name, ...answering.map(answerName)]];
    }),
  );
  const schemas = new Set(["public", ...exposed.map((t) => t.schema)]);
  const typed = [...schemas].map((schema): [string, Type] => {
    const own = exposed.filter((t) => t.schema === schema);
    const tables = own.filter((t) => !t.view);
    const of = tables.map((t): [string, Type] => [t.name, tableType(t, parents, operations)]);
    const views = own
      .filter((t) => t.view)
      .map((t): [string, Type] => [t.name, viewType(t, parents)]);
    const callable = schema === "public" ? functions.map(functionType) : [];
    if (schema === "public") views.push(...functions.flatMap((fn) => answerType(fn, parents)));
    const parts = { Tables: of, Views: views, Functions: callable, Enums: [], CompositeTypes: [] };
    return [schema, Object.entries(parts)];
  });
  const client: [string, Type] = ["__InternalSupabase", [["PostgrestVersion", '"14"']]];
  return `${head}\nexport type Database = ${written([client, ...typed], "")};\n${tail}`;
}

/** Exposed tables, with the names under which the client knows their rows. */
type Parents = Map<Declared, string[]>;

/** A type as TypeScript spells it, or the members of an object type; a name may end in `?`. */
type Type = string | [name: string, type: Type][];

function written(type: Type, indent: string): string {
  if (typeof type === "string") return type;
  if (type.length === 0) return "{ [_ in never]: never }";
  const inner = `${indent}  `;
  const members = type.map(([name, of]) => `${inner}${name}: ${written(of, inner)};\n`);
  return `{\n${members.join("")}${indent}}`;
}

const kinds: Record<Kind, string> = {
  uuid: "string",
  text: "string",
  integer: "number",
  real: "number",
  boolean: "boolean",
  json: "Json",
  timestamp: "string",
  date: "string",
};

function valueType({ kind, notNull }: Pick<Column, "kind" | "notNull">): string {
  return notNull || kind === "json" ? kinds[kind] : `${kinds[kind]} | null`;
}

function tableType(table: Declared, parents: Parents, operations: Map<unknown, Operation>): Type {
  const columns = visibleColumns(table);
  const given = columns.filter((c) => !c.readOnly);
  const operation = operations.get(table.table);
  const verbs = offered(table);
  const plain = given.filter((c) => !Object.hasOwn(operation?.inputs ?? {}, c.name));
  return [
    rowType(table),
    ["Insert", verbs.has("insert") ? [...plain.map(inserted), ...inputs(operation)] : "never"],
    ["Update", verbs.has("update") ? given.filter((c) => !c.setOnce).map(updated) : "never"],
    ["Relationships", relationships(table, parents)],
    ...computedType(table),
  ];
}

function viewType(table: Declared, parents: Parents): Type {
  return [rowType(table), ["Relationships", relationships(table, parents)]];
}

/** What reads may name; computed columns too, though `*` does not give them. */
function rowType(table: Declared): [string, Type] {
  const readable = [...table.readable.values()].filter((c) => !c.hidden);
  return ["Row", readable.map((c): [string, Type] => [c.name, valueType(c)])];
}

/** What `*` leaves out, for the client's own reckoning. */
function computedType({ readable }: Declared): [string, Type][] {
  const computed = [...readable.values()].filter((c) => c.computed).map(({ name }) => `"${name}"`);
  return computed.length > 0 ? [["ComputedFields", computed.join(" | ")]] : [];
}

/** What the server fills in, or what may be null, need not be said. */
function inserted(column: Column): [string, Type] {
  const { name, notNull, fallback, fill } = column;
  const needed = notNull && fallback === undefined && !fill;
  return [needed ? name : `${name}?`, valueType(column)];
}

function updated(column: Column): [string, Type] {
  const number = column.kind === "integer" || column.kind === "real";
  return [`${column.name}?`, number ? `${valueType(column)} | Increment` : valueType(column)];
}

/** An operation's inputs; one whose parser takes its absence need not be there. */
function inputs(operation: Operation | undefined): [string, Type][] {
  const { inputs = {}, inputTypes = {} } = operation ?? {};
  const read = Object.entries(inputs).filter(([name]) => inputTypes[name] !== "never");
  return read.map(([name, parse]) => [
    takesNothing(parse) ? `${name}?` : name,
    inputTypes[name] ?? "Json",
  ]);
}

function takesNothing(parse: (value: unknown) => unknown): boolean {
  try {
    parse(undefined);
    return true;
  } catch {
    return false;
  }
}

/** Foreign keys that an embed may follow: as `Schema.relationship` finds them. */
function relationships(table: Declared, parents: Parents): string {
  const visible = new Set(visibleColumns(table).map((c) => c.name));
  const keys = [...table.parents()].flatMap(([column, parent]) =>
    (visible.has(column) ? (parents.get(parent.table) ?? []) : []).map(
      (relation) => [column, parent.column, relation] as const, // a tuple
    ),
  );
  const types = keys.map(([column, there, relation]) =>
    written(
      [
        ["foreignKeyName", `"${table.name}_${column}_fkey"`],
        ["columns", `["${column}"]`],
        ["isOneToOne", `${table.uniques.some((u) => u.length === 1 && u[0] === column)}`],
        ["referencedRelation", `"${relation}"`],
        ["referencedColumns", `["${there}"]`],
      ],
      "        ",
    ),
  );
  return `[${types.join(", ")}]`;
}

/** Rows of a table with columns beside its own: the client embeds in those of a named relation. */
function isWider({ relation }: Fn): boolean {
  const adds =
    relation && !relation.one && !relation.summary && Object.keys(relation.columns).length;
  return relation?.of !== undefined && Boolean(adds);
}

/** Not the function's own name, by which there is nothing to read. */
function answerName({ name }: Fn): string {
  return `${name}()`;
}

/** The relation that a function's rows are of, where no table has them. */
function answerType(fn: Fn, parents: Parents): [string, Type][] {
  if (!isWider(fn) || !fn.relation?.of) return [];
  const relates = relationships(declarationOf(fn.relation.of), parents);
  return [
    [
      `"${answerName(fn)}"`,
      [
        ["Row", rowsOf(fn)],
        ["Relationships", relates],
      ],
    ],
  ];
}

function rowsOf({ relation }: Fn): [string, Type][] {
  const of = relation?.of && !relation.summary ? visibleColumns(declarationOf(relation.of)) : [];
  const own = Object.entries(relation?.columns ?? {}).map(([name, kind]) => {
    return { name, kind, notNull: !relation?.nullable?.includes(name) };
  });
  return [...of, ...own].map((c): [string, Type] => [c.name, valueType(c)]);
}

function functionType(fn: Fn): [string, Type] {
  const { name, params, relation } = fn;
  const args = Object.entries(params).map(([param, { kind, fallback }]): [string, Type] => {
    const type = valueType({ kind, notNull: fallback !== null });
    return [fallback === undefined ? param : `${param}?`, type];
  });
  const row = written(rowsOf(fn), "        ");
  const returns = relation ? (relation.one ? row : `${row}[]`) : "Json";
  const members: [string, Type][] = [
    ["Args", args.length > 0 ? args : "Record<PropertyKey, never>"],
    ["Returns", returns],
  ];
  // The client knows the embeds of a function's rows only where they are some relation's.
  const same = relation?.of && !relation.one && Object.keys(relation.columns).length === 0;
  const to = isWider(fn) ? answerName(fn) : same && relation.of && declarationOf(relation.of).name;
  if (to) {
    const options = { from: '"*"', to: `"${to}"`, isOneToOne: "false", isSetofReturn: "true" };
    members.push(["SetofOptions", Object.entries(options)]);
  }
  return [name, members];
}
