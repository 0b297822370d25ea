// Intents in few words, and what came of them.
import { expect } from "vitest";
import type { Actor } from "../../src/kernel/actor.ts";
import { Refusal } from "../../src/kernel/errors.ts";
import type { Answer, Engine, Execution } from "../../src/kernel/execute.ts";
import {
  type CallShape,
  type Condition,
  type DeleteShape,
  type Field,
  type InsertShape,
  type Intent,
  type IsWord,
  type Item,
  type Meeting,
  type Order,
  type Query,
  type ReadShape,
  type UpdateShape,
  Values,
  type WriteAnswer,
} from "../../src/kernel/intent.ts";
import type { Search } from "../../src/kernel/plan/search-query.ts";
import type { Row } from "../../src/kernel/table.ts";

/** A part of an intent that still has to put its values somewhere. */
export type Late<T> = (values: Values) => T;
export type Filter = Late<Condition>;
export type Selected = string | Item | Late<Item>;

export interface Asking {
  select?: Selected[];
  where?: Filter;
  order?: (string | Order)[];
  limit?: unknown;
  offset?: unknown;
  /** Empty for the first page. */
  cursor?: string;
}

const fieldOf = (field: string | Field): Field =>
  typeof field === "string" ? { column: field } : field;

/** A filter with any operator of the comparisons. */
export const compare =
  (field: string | Field, op: string, value: unknown): Filter =>
  (values) => ({
    field: fieldOf(field),
    op,
    value: values.add(value),
  });
export const eq = (field: string | Field, value: unknown) => compare(field, "eq", value);
export const is =
  (field: string | Field, word: IsWord): Filter =>
  () => ({ field: fieldOf(field), is: word });
export const among =
  (field: string | Field, list: string[]): Filter =>
  (values) => ({ field: fieldOf(field), ...values.addList(list) });
export const like =
  (field: string | Field, pattern: string, fold = false): Filter =>
  (values) => ({
    field: fieldOf(field),
    fold,
    ...values.addPattern(pattern),
  });
export const meets =
  (field: string | Field, how: Meeting, value: unknown): Filter =>
  (values) => ({ field: fieldOf(field), meets: how, ...values.addStructure(value) });
export const search =
  (field: string | Field, tree: Search, config?: string): Filter =>
  (values) => ({ field: fieldOf(field), search: values.add(tree), ...(config && { config }) });
export const ilike = (field: string | Field, pattern: string) => like(field, pattern, true);
export const all =
  (...of: Filter[]): Filter =>
  (values) => ({ and: of.map((f) => f(values)) });
export const any =
  (...of: Filter[]): Filter =>
  (values) => ({ or: of.map((f) => f(values)) });
export const no =
  (of: Filter): Filter =>
  (values) => ({ not: of(values) });

/** A column under another name, cast, or something inside a JSON column. */
export const field = (
  from: string | Field,
  more: { alias?: string; cast?: string } = {},
): Item => ({ field: fieldOf(from), ...more });

export interface Embedding extends Asking {
  alias?: string;
  hint?: string;
  join?: "inner" | "left";
  spread?: boolean;
}

export function embed(
  relation: string,
  { alias, hint, join, spread, ...asking }: Embedding = {},
): Late<Item> {
  return (values) => ({
    embed: {
      relation,
      query: query(asking, values),
      ...(alias && { alias }),
      ...(hint && { hint }),
      ...(join && { join }),
      ...(spread && { spread }),
    },
  });
}

function items(select: Selected[], values: Values): Item[] {
  return select.map((s) => {
    if (s === "*") return { star: true };
    if (typeof s === "string") return field(s);
    return typeof s === "function" ? s(values) : s;
  });
}

/** `name`, `name.desc`, `name.asc.nullsfirst`, as in a URL. */
function orderOf(term: string | Order): Order {
  if (typeof term !== "string") return term;
  const [column = "", ...words] = term.split(".");
  const nulls = words.includes("nullsfirst")
    ? "first"
    : words.includes("nullslast")
      ? "last"
      : undefined;
  return {
    field: { column },
    ...(words.includes("desc") && { descending: true }),
    ...(nulls && { nulls }),
  };
}

function query(asking: Asking, values: Values): Query {
  const { select = ["*"], where, order, limit, offset, cursor } = asking;
  return {
    ...(cursor !== undefined && { cursor: { after: values.add(cursor) } }),
    select: items(select, values),
    ...(where && { where: where(values) }),
    ...(order && { order: order.map(orderOf) }),
    ...(limit !== undefined && { limit: values.add(limit) }),
    ...(offset !== undefined && { offset: values.add(offset) }),
  };
}

type ReadMore = Partial<Pick<ReadShape, "count" | "single" | "schema">>;

export function read(table: string, asking: Asking & ReadMore = {}): Intent<ReadShape> {
  const values = new Values();
  const { count, single, schema, ...rest } = asking;
  const shape: ReadShape = {
    verb: "read",
    table,
    query: query(rest, values),
    ...(count && { count }),
    ...(single && { single }),
    ...(schema && { schema }),
  };
  return { shape, values: values.list };
}

export interface Writing
  extends Asking,
    Partial<Pick<WriteAnswer, "answer" | "count" | "single" | "dryRun" | "schema">> {
  maxAffected?: number;
  /** Versions, or `*`. */
  ifMatch?: number | number[] | "*";
}

function answering(table: string, values: Values, writing: Writing): WriteAnswer {
  const {
    select,
    order,
    limit,
    offset,
    answer = "representation",
    count,
    single,
    dryRun,
    schema,
  } = writing;
  const { select: returning, ...paging } = query(
    { select: select ?? ["*"], ...(order && { order }), limit, offset },
    values,
  );
  return {
    table,
    answer,
    returning,
    ...paging,
    ...(count && { count }),
    ...(single && { single }),
    ...(dryRun && { dryRun }),
    ...(schema && { schema }),
    ...(writing.maxAffected !== undefined && { maxAffected: values.add(writing.maxAffected) }),
    ...(writing.ifMatch !== undefined && { ifMatch: matching(writing.ifMatch, values) }),
  };
}

function matching(versions: number | number[] | "*", values: Values) {
  return versions === "*" ? versions : values.add([versions].flat());
}

export type Inserting = Writing &
  Partial<Pick<InsertShape, "columns" | "missing" | "conflict" | "ifNoneMatch">>;

export function insert(
  table: string,
  rows: Row | Row[],
  writing: Inserting = {},
): Intent<InsertShape> {
  const values = new Values();
  const list = Array.isArray(rows) ? rows : [rows];
  const columns = writing.columns ?? [...new Set(list.flatMap((row) => Object.keys(row)))];
  const { missing = "default", conflict, ifNoneMatch } = writing;
  const shape: InsertShape = {
    verb: "insert",
    ...answering(table, values, writing),
    columns,
    missing,
    rows: values.add(list),
    ...(conflict && { conflict }),
    ...(ifNoneMatch && { ifNoneMatch }),
  };
  return { shape, values: values.list };
}

/** An insert that merges with, or ignores, the rows that have its keys. */
export function upsert(
  table: string,
  rows: Row | Row[],
  columns: string[],
  writing: Inserting = {},
) {
  return insert(table, rows, { conflict: { columns, resolution: "merge" }, ...writing });
}

export function ignore(
  table: string,
  rows: Row | Row[],
  columns: string[],
  writing: Inserting = {},
) {
  return insert(table, rows, { conflict: { columns, resolution: "ignore" }, ...writing });
}

export function update(
  table: string,
  row: Row,
  writing: Writing & { columns?: string[] } = {},
): Intent<UpdateShape> {
  const values = new Values();
  const shape: UpdateShape = {
    verb: "update",
    ...answering(table, values, writing),
    columns: writing.columns ?? Object.keys(row),
    row: values.add(row),
    ...(writing.where && { where: writing.where(values) }),
  };
  return { shape, values: values.list };
}

export function remove(table: string, writing: Writing = {}): Intent<DeleteShape> {
  const values = new Values();
  const where = writing.where && { where: writing.where(values) };
  return {
    shape: { verb: "delete", ...answering(table, values, writing), ...where },
    values: values.list,
  };
}

export function call(
  name: string,
  args: Row = {},
  asking: Asking & ReadMore = {},
): Intent<CallShape> {
  const values = new Values();
  const { count, single, ...rest } = asking;
  const shape: CallShape = {
    verb: "call",
    function: name,
    names: Object.keys(args),
    args: values.add(args),
    query: query(rest, values),
    readOnly: true,
    ...(count && { count }),
    ...(single && { single }),
  };
  return { shape, values: values.list };
}

/** The rows of an answer. */
export function rowsOf<T = Row>(answer: Answer): T[] {
  return answer.rows.map((row) => JSON.parse(row));
}

/** Asks, and gives the rows. */
export async function rows<T = Row>(
  engine: Engine,
  intent: Intent,
  actor: Actor,
  execution?: Execution,
): Promise<T[]> {
  return rowsOf(await engine.execute(intent, actor, execution));
}

/** The refusal that asking must end in. */
export async function refused(
  work: Promise<unknown>,
  code: string,
  params?: Row,
): Promise<Refusal> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, `a refusal with ${code}`).toBeInstanceOf(Refusal);
  expect(error).toMatchObject({ code, ...(params && { params }) });
  return error as Refusal; // just checked
}
