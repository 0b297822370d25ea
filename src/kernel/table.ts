// table(): columns, policy and rules, declared once. It returns the Drizzle table itself, so that
// drizzle-kit sees it; what Vertebra adds hangs on it. Property keys are the snake_case names of
// the columns, on the wire and in SQL.
import { sql } from "drizzle-orm";
import {
  check,
  getTableConfig,
  index,
  type SQLiteColumn,
  type SQLiteColumnBuilderBase,
  type SQLiteTable,
  integer as sqliteInteger,
  real as sqliteReal,
  sqliteTable,
  text as sqliteText,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import type { Policy } from "./policy.ts";

/** What a column holds on the wire: its parser, rendering and comparisons follow from it. */
export type Kind = "uuid" | "text" | "integer" | "real" | "boolean" | "json" | "timestamp" | "date";

export interface Rules {
  /** Never leaves the module: unknown to every protocol and every role. */
  hidden?: boolean;
  /** Nobody but the service and the module writes it. */
  readOnly?: boolean;
  /** Written on insert, and never changed. */
  setOnce?: boolean;
  /** What the server writes where the client sent nothing; `touch` is renewed by each update. */
  fill?: "id" | "actor" | "now" | "touch";
  /** Keep a folded companion, so that `ilike` works for every script. Text only. */
  fold?: boolean;
  /** Keep words in an index, so that `fts` finds them; in English by their stems. Text only. */
  search?: "simple" | "english";
  /** Left out of the change log. */
  large?: boolean;
  /** UTF-8 bytes of a text or JSON value; default 65,536. */
  maxBytes?: number;
  /** What a new value must be and is not, in words (23514): for what CHECK cannot look into. */
  amiss?: (value: unknown) => string | undefined;
}

export interface Column extends Rules {
  name: string;
  /** The name of its table on the wire. */
  table?: string;
  kind: Kind;
  notNull: boolean;
  /** The declared default, as a stored value; undefined: none. */
  fallback: string | number | undefined;
  /** Of a value that is not stored: its SQL, of the SQL of the row's columns. */
  computed?: Computed["sql"];
}

export interface Computed {
  kind: Kind;
  /** SQL of the value, `column(name)` standing for the row's own columns. */
  sql: (column: (name: string) => string) => string;
}

export type AnyTable = SQLiteTable;

/** A row as modules see it: booleans and JSON as such, times as ISO text. */
export type Row = Record<string, unknown>;

/** What an example may use: its parents' rows, a person, and a text that occurs nowhere else. */
export interface ExampleContext {
  /** The id of the person the row should belong to. */
  user: string;
  /** A text (letters, digits, dashes) to put where the row has room for one. */
  canary: string;
  /** The number of the example, from 1. */
  n: number;
  /** The example row of another table, made before this one. */
  parent(table: AnyTable): Row;
}

export interface Declaration {
  policy: Policy;
  /** A legal row: what contract tests seed and OpenAPI shows. */
  example: (context: ExampleContext) => Row;
  /** `public` by default; the tables of other schemas are named `<schema>__<name>` in SQL. */
  schema?: string;
  /** May protocols name it? Default: only in `public`. */
  exposed?: boolean;
  /** False: no change log (for tables with very many writes). */
  watch?: boolean;
  /** Further indexes: the columns of each; `unique` makes it a key that upserts may name. */
  indexes?: { on: string[]; unique?: boolean }[];
  /** Named conditions that every row meets, in SQL. */
  checks?: Record<string, string>;
  /** The columns that say where a row is on a map: degrees, as WGS 84 has them. */
  point?: { lat: string; lng: string };
  /**
   * Integers that SQLite itself computes from a row's columns, in SQL, by name. Column `_<name>`
   * holds one: for indexes and for the statements of functions, and never on the wire.
   */
  generated?: Record<string, string>;
  /** Values that a row's columns say without storing them: for reads that name them, not in `*`. */
  computed?: Record<string, Computed>;
  /** Counters that follow every change of this table's rows. */
  tallies?: Tally[];
}

/** What rows add up to, kept in another table: a row there for each value of a column here. */
export interface Tally {
  in: AnyTable;
  /** That column, and the key there: one name in both. Rows with NULL do not count. */
  by: string;
  /** By the counter's name, what each row adds to it: 1, or an integer column's value. */
  sums: Record<string, string | 1>;
}

/** A declared table as the kernel reads it. */
export interface Declared extends Declaration {
  table: AnyTable;
  /** The name on the wire. */
  name: string;
  sqlName: string;
  schema: string;
  columns: Map<string, Column>;
  /** What reads may name: the columns, and the computed ones. */
  readable: Map<string, Column>;
  /** Of a view: the select that its rows come from. */
  view?: ViewSql;
  /** Names of the primary key's columns. */
  key: string[];
  /** Foreign keys by column: the table and column each points at. */
  parents(): Map<string, { table: Declared; column: string }>;
  /** Sets of columns whose values no two rows share; the primary key first. */
  uniques: string[][];
}

/** `column` is the view's `as`, or its namesake: embedded, it looks at the rows it needs alone. */
type RowsOf = (table: AnyTable, column?: string, as?: string) => string;
/** A select over tables: of those rows of each that the caller sees, or of every one. */
export type ViewSql = (rows: { visible: RowsOf; every: RowsOf }) => string;

const rulesOf = new WeakMap<object, Rules & { kind: Kind }>();
const declarations = new WeakMap<AnyTable, Declared>();

function declare<B extends object>(builder: B, kind: Kind, rules: Rules = {}): B {
  rulesOf.set(builder, { kind, ...rules });
  return builder;
}

/** Text, at most `maxBytes` of UTF-8. */
export const text = (rules?: Rules) => declare(sqliteText(), "text", rules);
/** A UUID in lower case. */
export const uuid = (rules?: Rules) => declare(sqliteText(), "uuid", rules);
/** A moment: `YYYY-MM-DDTHH:MM:SS.sssZ`. */
export const timestamp = (rules?: Rules) => declare(sqliteText(), "timestamp", rules);
/** A day: `YYYY-MM-DD`. */
export const date = (rules?: Rules) => declare(sqliteText(), "date", rules);
/** Any JSON value. */
export const json = (rules?: Rules) => declare(sqliteText(), "json", rules);
/** A whole number within ±2^53. */
export const integer = (rules?: Rules) => declare(sqliteInteger(), "integer", rules);
/** A floating-point number. */
export const real = (rules?: Rules) => declare(sqliteReal(), "real", rules);
/** True or false; stored as 1 or 0. */
export const boolean = (rules?: Rules) =>
  declare(sqliteInteger({ mode: "boolean" }), "boolean", rules);
/** The usual key: a UUIDv7 made by the server, unless the client brings a UUID of its own. */
export const id = () => uuid({ fill: "id", setOnce: true }).primaryKey().notNull();
/** When the row was made, by the server's clock. */
export const createdAt = () => timestamp({ fill: "now", readOnly: true }).notNull();
/** When the row was last changed, by the server's clock. */
export const updatedAt = () => timestamp({ fill: "touch", readOnly: true }).notNull();

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** Declares a table; names that are not snake_case, or rules that contradict, throw at start. */
export function table<N extends string, C extends Record<string, SQLiteColumnBuilderBase>>(
  name: N,
  columns: C,
  declaration: Declaration,
) {
  const schema = declaration.schema ?? "public";
  const sqlName = schema === "public" ? name : `${schema}__${name}`;
  const rules = new Map(Object.entries(columns).map(([key, b]) => [key, readRules(name, key, b)]));
  const all: Record<string, SQLiteColumnBuilderBase> = { ...columns };
  for (const [key, rule] of rules) {
    if (rule.fold) all[foldColumn(key)] = sqliteText();
    if (rule.search) all[searchColumn(key)] = sqliteText();
  }
  const searches = new Set([...rules.values()].flatMap((rule) => rule.search ?? []));
  if (searches.size > 1) throw new Error(`${name}: one table is searched in one way`);
  for (const [key, expression] of Object.entries(declaration.generated ?? {}))
    all[generatedColumn(key)] = sqliteInteger().generatedAlwaysAs(sql.raw(expression));
  all._v = sqliteInteger().notNull().default(1);
  const made = sqliteTable(
    sqlName,
    all as C, // the kernel's own columns are none of the declaration's
    (t) => constraints(sqlName, declaration, rules, t),
  );
  const config = getTableConfig(made);
  // SQL that drizzle-kit makes of a declaration says a default as it is stored.
  for (const column of config.columns)
    if (typeof column.default === "boolean")
      Object.assign(column, { default: Number(column.default) });
  const key = config.columns.filter((c) => c.primary).map((c) => c.name);
  for (const place of Object.values(declaration.point ?? {})) {
    const known = rules.get(place);
    if (known?.kind !== "real" || known.hidden) throw new Error(`${name}.${place}: no real column`);
  }
  const unique = (declaration.indexes ?? []).filter((i) => i.unique).map((i) => i.on);
  const stored = config.columns.filter((c) => rules.has(c.name));
  const known = new Map(stored.map((c) => [c.name, column(name, c, rules)]));
  declarations.set(made, {
    ...declaration,
    table: made,
    name,
    sqlName,
    schema,
    columns: known,
    readable: new Map([...known, ...computedColumns(name, declaration, known)]),
    key,
    uniques: [key, ...unique, ...config.columns.filter((c) => c.isUnique).map((c) => [c.name])],
    parents: once(() => foreignKeys(config)),
  });
  return made;
}

/** The companion column that holds the folded text of a column declared `fold`. */
export function foldColumn(name: string): string {
  return `_fold_${name}`;
}

/** The companion column that holds the words of a column declared `search`, where they differ. */
export function searchColumn(name: string): string {
  return `_search_${name}`;
}

/** The column that holds a generated integer. */
export function generatedColumn(name: string): string {
  return `_${name}`;
}

/** What was declared about a table; throws for a table that `table()` did not make. */
export function declarationOf(made: AnyTable): Declared {
  const declared = declarations.get(made);
  if (!declared) throw new Error("this table was not declared with table()");
  return declared;
}

/** Columns that protocols may name. */
export function visibleColumns(declared: Declared): Column[] {
  return [...declared.columns.values()].filter((c) => !c.hidden);
}

/** Tables may point at each other, so foreign keys are looked at when first asked for. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function foreignKeys(config: ReturnType<typeof getTableConfig>) {
  const parents = config.foreignKeys.map((fk) => {
    const { columns, foreignColumns, foreignTable } = fk.reference();
    const [[from], [to]] = [columns, foreignColumns];
    if (!from || !to) throw new Error("a foreign key has columns");
    return [from.name, { table: declarationOf(foreignTable), column: to.name }] as const;
  });
  return new Map(parents);
}

function readRules(name: string, key: string, builder: object): Rules & { kind: Kind } {
  const rules = rulesOf.get(builder);
  if (!NAME.test(name) || !NAME.test(key)) throw new Error(`${name}.${key}: names are snake_case`);
  if (!rules) throw new Error(`${name}.${key}: columns come from the kernel's table.ts`);
  if ((rules.fold || rules.search) && rules.kind !== "text")
    throw new Error(`${name}.${key}: only text folds`);
  return rules;
}

function column(
  table: string,
  made: SQLiteColumn,
  rules: Map<string, Rules & { kind: Kind }>,
): Column {
  const rule = rules.get(made.name);
  if (!rule) throw new Error(`${made.name}: columns come from the kernel's table.ts`);
  const fallback = made.default;
  const plain = fallback === undefined || ["string", "number"].includes(typeof fallback);
  if (!plain) throw new Error(`${made.name}: a default is a text, a number, true or false`);
  return {
    ...rule,
    name: made.name,
    table,
    notNull: made.notNull,
    fallback: fallback as string | number | undefined, // just checked
  };
}

/** Computed columns; one that names no column of the row, or has a column's name, throws. */
function computedColumns(
  name: string,
  { computed = {} }: Declaration,
  stored: Map<string, Column>,
) {
  return Object.entries(computed).map(([key, { kind, sql: computing }]): [string, Column] => {
    if (!NAME.test(key) || stored.has(key)) throw new Error(`${name}.${key}: a name of its own`);
    computing((column) => {
      const known = stored.get(column);
      if (known && !known.hidden) return column;
      throw new Error(`${name}.${key}: ${column} is none that may be read`);
    });
    return [key, { name: key, kind, notNull: false, fallback: undefined, computed: computing }];
  });
}

function constraints(
  sqlName: string,
  declaration: Declaration,
  rules: Map<string, Rules & { kind: Kind }>,
  t: Record<string, unknown>,
) {
  type Columns = [SQLiteColumn, ...SQLiteColumn[]];
  const of = (names: string[]) => names.map((n) => t[n]) as Columns; // an index has some
  const indexes = (declaration.indexes ?? []).map(({ on, unique }) =>
    (unique ? uniqueIndex : index)(`${sqlName}_${on.join("_")}`).on(...of(on)),
  );
  const checks = Object.entries(declaration.checks ?? {});
  for (const [key, rule] of rules) {
    if (rule.kind === "json") checks.push([`${key}_json`, `json_valid("${key}")`]);
    if (rule.kind === "boolean") checks.push([`${key}_boolean`, `"${key}" in (0, 1)`]);
  }
  return [...indexes, ...checks.map(([k, text]) => check(`${sqlName}_${k}`, sql.raw(text)))];
}
