// What is asked, whatever protocol it was said in. An intent may be nonsense: names, types and
// rights are the plan's business. It comes in two parts, so that plans can be cached: the shape
// (a tree that says nothing of values) and the values, to which the shape refers by slot.
import { type PatternForm, patternForm } from "./pattern.ts";

/** The place of a value in `Intent.values`. */
export type Slot = number;

/** A column, or what is inside it: `d->a->>b` is `{column: "d", path: ["a", "b"], text: true}`. */
export interface Field {
  column: string;
  path?: (string | number)[];
  text?: boolean;
}

/** How many bound values a list takes: short ones are padded, so that shapes stay few. */
export type ListSize = 1 | 2 | 4 | "many";

export type IsWord = "null" | "not_null" | "true" | "false" | "unknown";

/** jsonb's `@>`, `<@` and `&&`; `each` takes lists, of each of which one value is an element. */
export type Meeting = "contains" | "contained" | "overlaps" | "each";

export type Condition =
  | { and: Condition[] }
  | { or: Condition[] }
  | { not: Condition }
  | { field: Field; is: IsWord }
  | { field: Field; in: Slot; size: ListSize }
  | { field: Field; like: Slot; form: PatternForm; fold: boolean }
  | { field: Field; meets: Meeting; value: Slot; depth: number }
  | { field: Field; search: Slot; config?: string }
  | { field: Field; op: string; value: Slot };

export type Aggregate = "count" | "sum" | "avg" | "min" | "max";

export type Item =
  | { star: true }
  | { field: Field; alias?: string; cast?: string; aggregate?: Aggregate; aggregateCast?: string }
  | { count: true; alias?: string; cast?: string }
  | { embed: Embed };

export interface Embed {
  /** A table, a foreign-key column or a constraint: whatever names the relationship. */
  relation: string;
  alias?: string;
  hint?: string;
  join?: "inner" | "left";
  spread?: boolean;
  query: Query;
}

export interface Order {
  field: Field;
  /** Order by a column of this to-one embed instead of an own column. */
  relation?: string;
  descending?: boolean;
  nulls?: "first" | "last";
}

export interface Query {
  select: Item[];
  where?: Condition;
  order?: Order[];
  limit?: Slot;
  offset?: Slot;
  /** A page by cursor: an empty text for the first. Of an opened one, which values are null. */
  cursor?: { after: Slot; nulls?: boolean[] };
}

export type Count = "exact" | "planned" | "estimated";

export interface ReadShape {
  verb: "read";
  schema?: string;
  table: string;
  query: Query;
  count?: Count;
  /** Exactly one row is expected: none or several is PGRST116. */
  single?: boolean;
  /** Each row is answered as a GeoJSON feature; PGRST107 where it is no point. */
  features?: boolean;
}

/** What the three writes share. */
export interface WriteAnswer extends Omit<ReadShape, "verb" | "query"> {
  answer: "minimal" | "headers" | "representation";
  /** Select list of the representation; its order, limit and offset apply to the rows touched. */
  returning: Item[];
  order?: Order[];
  limit?: Slot;
  offset?: Slot;
  maxAffected?: Slot;
  /** How many rows the write must touch, neither more nor fewer. */
  expected?: Slot;
  /** The slot of the versions (`ETag`) of which each row touched must have one; `*`: any. */
  ifMatch?: Slot | "*";
  dryRun?: boolean;
}

export interface InsertShape extends WriteAnswer {
  verb: "insert";
  /** The columns to take from each row. */
  columns: string[];
  /** The slot of the rows: an array of objects. */
  rows: Slot;
  /** Values are spelled as texts, JSON ones too. */
  asText?: true;
  /** Columns given as `{"increment": n}`: of numbers, a merge adds n to what is there. */
  increments?: string[];
  missing: "null" | "default";
  conflict?: { columns?: string[]; resolution: "merge" | "ignore" };
  /** A merge that is to meet no row. */
  ifNoneMatch?: true;
}

export interface UpdateShape extends WriteAnswer {
  verb: "update";
  columns: string[];
  /** The slot of the one object of new values. */
  row: Slot;
  asText?: true;
  increments?: string[];
  where?: Condition;
}

export interface DeleteShape extends WriteAnswer {
  verb: "delete";
  where?: Condition;
}

export interface CallShape extends Omit<ReadShape, "verb" | "table"> {
  verb: "call";
  function: string;
  /** Names of the arguments given, in the order of the object at `args`. */
  names: string[];
  args: Slot;
  /** The arguments are spelled as texts, JSON ones too. */
  asText?: true;
  /** How many rows the answer may have: more is PGRST124. */
  maxAffected?: Slot;
  /** Called by GET: the function must only read. */
  readOnly: boolean;
}

export type WriteShape = InsertShape | UpdateShape | DeleteShape;
export type Shape = ReadShape | WriteShape | CallShape;

export interface Intent<S extends Shape = Shape> {
  shape: S;
  values: unknown[];
}

/** Collects values while a protocol builds a shape. */
export class Values {
  readonly list: unknown[] = [];

  add(value: unknown): Slot {
    return this.list.push(value) - 1;
  }

  /** A list takes 1, 2 or 4 slots (the last value repeated), or one slot holding all of it. */
  addList(values: string[]): { in: Slot; size: ListSize } {
    const size = values.length === 0 || values.length > 4 ? "many" : roundUp(values.length);
    if (size === "many") return { in: this.add(values), size };
    const first = this.list.length;
    for (let i = 0; i < size; i++) this.add(values[Math.min(i, values.length - 1)]);
    return { in: first, size };
  }

  /** A LIKE pattern (`%` any run, `_` any one, `\` escapes); its form is part of the shape. */
  addPattern(pattern: string): { like: Slot; form: PatternForm } {
    return { like: this.add(pattern), form: patternForm(pattern) };
  }

  /** A JSON value to meet; how deep lists and objects nest in it is part of the shape. */
  addStructure(value: unknown): { value: Slot; depth: number } {
    return { value: this.add(value), depth: depthOf(value) };
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Object.values(value).reduce((most, part) => Math.max(most, depthOf(part)), 0);
}

function roundUp(length: number): 1 | 2 | 4 {
  if (length === 1) return 1;
  return length === 2 ? 2 : 4;
}
