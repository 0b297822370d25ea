// What modules declare, as the `Database` type that supabase-js is given: only what protocols may
// name, and of that only what a signed-in caller may write.
import { isExposed } from "../src/kernel/after/changes.ts";
import type { Fn, Module, Operation } from "../src/kernel/module.ts";
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
export type Tables<T extends keyof Public["Tables"]> = Public["Tables"][T]["Row"];
export type TablesInsert<T extends keyof Public["Tables"]> = Public["Tables"][T]["Insert"];
export type TablesUpdate<T extends keyof Public["Tables"]> = Public["Tables"][T]["Update"];
`;

/** The whole file. */
export function databaseTypes(modules: Module[]): string {
  const tables = modules.flatMap((m) => m.tables ?? []).map(declarationOf);
  const exposed = tables.filter(isExposed).sort((a, b) => (a.name < b.name ? -1 : 1));
  const functions = modules.flatMap((m) => m.functions ?? []);
  const operations = new Map(modules.flatMap((m) => m.operations ?? []).map((o) => [o.on, o]));
  const schemas = new Set(["public", ...exposed.map((t) => t.schema)]);
  const typed = [...schemas].map((schema): [string, Type] => {
    const own = exposed.filter((t) => t.schema === schema);
    const tables = own.filter((t) => !t.view);
    const of = tables.map((t): [string, Type] => [t.name, tableType(t, exposed, operations)]);
    const views = own
      .filter((t) => t.view)
      .map((t): [string, Type] => [t.name, viewType(t, exposed)]);
    const callable = schema === "public" ? functions.map(functionType) : [];
    const parts = { Tables: of, Views: views, Functions: callable, Enums: [], CompositeTypes: [] };
    return [schema, Object.entries(parts)];
  });
  const client: [string, Type] = ["__InternalSupabase", [["PostgrestVersion", '"14"']]];
  return `${head}\nexport type Database = ${written([client, ...typed], "")};\n${tail}`;
}

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

function tableType(
  table: Declared,
  exposed: Declared[],
  operations: Map<unknown, Operation>,
): Type {
  const columns = visibleColumns(table);
  const given = columns.filter((c) => !c.readOnly);
  const operation = operations.get(table.table);
  const plain = given.filter((c) => !Object.hasOwn(operation?.inputs ?? {}, c.name));
  return [
    rowType(table),
    ["Insert", [...plain.map(inserted), ...inputs(operation)]],
    ["Update", given.filter((c) => !c.setOnce).map(updated)],
    ["Relationships", relationships(table, exposed)],
    ...computedType(table),
  ];
}

function viewType(table: Declared, exposed: Declared[]): Type {
  return [rowType(table), ["Relationships", relationships(table, exposed)]];
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
  return Object.entries(operation?.inputs ?? {}).map(([name, parse]) => [
    takesNothing(parse) ? `${name}?` : name,
    "Json",
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
function relationships(table: Declared, exposed: Declared[]): string {
  const visible = new Set(visibleColumns(table).map((c) => c.name));
  const keys = [...table.parents()].filter(([c, p]) => visible.has(c) && exposed.includes(p.table));
  const types = keys.map(([column, parent]) =>
    written(
      [
        ["foreignKeyName", `"${table.name}_${column}_fkey"`],
        ["columns", `["${column}"]`],
        ["isOneToOne", `${table.uniques.some((u) => u.length === 1 && u[0] === column)}`],
        ["referencedRelation", `"${parent.table.name}"`],
        ["referencedColumns", `["${parent.column}"]`],
      ],
      "        ",
    ),
  );
  return `[${types.join(", ")}]`;
}

function functionType({ name, params, relation }: Fn): [string, Type] {
  const args = Object.entries(params).map(([param, { kind, fallback }]): [string, Type] => {
    const type = valueType({ kind, notNull: fallback !== null });
    return [fallback === undefined ? param : `${param}?`, type];
  });
  const of = relation?.of && declarationOf(relation.of);
  const own = Object.entries(relation?.columns ?? {});
  const rows = [
    ...(of && !relation?.summary ? visibleColumns(of) : []).map((c): [string, Type] => [
      c.name,
      valueType(c),
    ]),
    ...own.map(([c, kind]): [string, Type] => [c, kinds[kind]]),
  ];
  const row = written(rows, "        ");
  const returns = relation ? (relation.one ? row : `${row}[]`) : "Json";
  const members: [string, Type][] = [
    ["Args", args.length > 0 ? args : "Record<PropertyKey, never>"],
    ["Returns", returns],
  ];
  // The client knows the embeds of a function's rows only where they are its table's own.
  if (of && own.length === 0 && !relation?.one) {
    const options = { from: '"*"', to: `"${of.name}"`, isOneToOne: "false", isSetofReturn: "true" };
    members.push(["SetofOptions", Object.entries(options)]);
  }
  return [name, members];
}
