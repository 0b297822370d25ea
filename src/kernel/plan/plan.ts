// Intent + declarations + role -> statements, or a refusal. Pure, and cached by shape: the same
// question about other values costs a look-up.
import type { Role } from "../actor.ts";
import { Refusal } from "../errors.ts";
import type { CallShape, Query, ReadShape, Shape } from "../intent.ts";
import type { Fn, Relation } from "../module.ts";
import { everyone } from "../predicate.ts";
import type { Schema } from "../schema.ts";
import { type Column, declarationOf, type Kind, type Row } from "../table.ts";
import { fromStored, toStored } from "../values.ts";
import { pageLimit } from "./cursor.ts";
import { pinnedBy } from "./filter.ts";
import { type OperationPlan, planInsert, planOperation } from "./insert.ts";
import { countStatement, pageStatement } from "./read.ts";
import {
  filterOf,
  openScope,
  type Planning,
  type Source,
  tableSource,
  visibleRows,
} from "./scope.ts";
import { type Bind, type Bound, Params, type Statement } from "./sql.ts";
import { planDelete, planUpdate } from "./update.ts";
import { answerSql, type WriteMode, type WritePlan } from "./write.ts";

export interface ReadPlan {
  kind: "read";
  page: Statement;
  count?: Statement;
  /** How many rows the page has at most. */
  rows: (values: unknown[]) => number;
  single: boolean;
  /** A page of it was heavy: the next one is weighed at once. */
  heavy?: boolean;
  /** Of a page by cursor: how many rows it shows; one more tells that there are more. */
  shows?: (values: unknown[]) => number;
  /** The first row is the answer by itself. */
  one?: boolean;
  /** How many rows it reads tells of none that its caller may not see. */
  open: boolean;
}

export interface ScalarPlan {
  kind: "scalar";
  fn: Fn;
}

export type Plan = ReadPlan | WritePlan | OperationPlan | ScalarPlan;

/** Plans kept per isolate, and the characters of their texts; the least recently used go first. */
const MAX_PLANS = 500;
const MAX_CHARACTERS = 8 * 1024 * 1024;
/** A plan with more is made anew each time: only who wants to fill the memory sends many such. */
const MAX_PLAN_CHARACTERS = 32 * 1024;

export interface Planner {
  plan(shape: Shape, role: Role, stored: boolean): Plan;
  /** How many plans were made rather than found: what tests of the cache look at. */
  readonly misses: number;
  /** Characters of all texts that are kept. */
  readonly characters: number;
}

/** `maxRows`: how many rows an answer has at most; a setting, 1,000 by default. */
export function createPlanner(schema: Schema, maxRows = "1000"): Planner {
  if (!/^[1-9]\d{0,5}$/.test(maxRows)) throw new Error(`MAX_ROWS=${maxRows}: 1 to 999999`);
  const plans = new Map<string, Plan>();
  const planner = {
    misses: 0,
    characters: 0,
    plan(shape: Shape, role: Role, stored: boolean): Plan {
      const key = `${role} ${stored} ${JSON.stringify(shape)}`;
      const known = plans.get(key);
      if (known) {
        plans.delete(key);
        plans.set(key, known); // the newest again
        return known;
      }
      const plan = makePlan(shape, { schema, role, stored, maxRows: Number(maxRows) });
      planner.misses++;
      const characters = charactersOf(key, plan);
      if (characters > MAX_PLAN_CHARACTERS) return plan;
      plans.set(key, plan);
      planner.characters += characters;
      for (const [oldest, of] of plans) {
        if (plans.size <= MAX_PLANS && planner.characters <= MAX_CHARACTERS) break;
        plans.delete(oldest);
        planner.characters -= charactersOf(oldest, of);
      }
      return plan;
    },
  };
  return planner;
}

function charactersOf(key: string, plan: Plan): number {
  return statementsOf(plan).reduce((sum, { sql }) => sum + sql.length, key.length);
}

export function statementsOf(plan: Plan): Statement[] {
  switch (plan.kind) {
    case "read":
      return plan.count ? [plan.page, plan.count] : [plan.page];
    case "write":
      return plan.statements;
    case "operation":
      return [...plan.guard, ...plan.seen, ...plan.answer];
    case "scalar":
      return [];
  }
}

function makePlan(shape: Shape, mode: WriteMode): Plan {
  if (shape.verb === "read") return planRead(shape, mode);
  if (shape.verb === "call") return planCall(shape, mode);
  const table = mode.schema.table(shape.table, shape.schema);
  if (table.view) throw new Refusal("view_not_written", { table: table.name });
  // What is misspelt is refused whether rows are sent back or not.
  const shown = { ...shape, answer: "representation", features: false } as const;
  if (shape.answer !== "representation") answerSql(mode, table, shown, new Params());
  switch (shape.verb) {
    case "insert": {
      const operation = mode.schema.operationOn(shape.table, shape.schema);
      return operation ? planOperation(mode, shape, operation) : planInsert(mode, shape);
    }
    case "update":
      return planUpdate(mode, shape);
    case "delete":
      return planDelete(mode, shape);
  }
}

function planRead(shape: ReadShape, mode: Planning): ReadPlan {
  const source = tableSource(mode.schema.table(shape.table, shape.schema), mode.role);
  const one = namesOneRow(mode, source, shape.query);
  const version = (one || shape.single === true) && !source.table?.view;
  return readPlan(mode, source, shape, { version, one });
}

function readPlan(
  mode: Planning,
  source: Source,
  shape: Pick<ReadShape, "query" | "count" | "single" | "features">,
  rows: { version: boolean; one: boolean },
): ReadPlan {
  const { query } = shape;
  const page = pageStatement(mode, source, shape, rows);
  const count = shape.count && countStatement(mode, source, shape);
  const plan: ReadPlan = {
    kind: "read",
    page,
    open: mode.role === "service_role" || !(page.hides || count?.hides),
    rows: (values) => (rows.one ? 1 : pageLimit(query, values, mode.maxRows)),
    single: shape.single === true,
  };
  if (count) plan.count = count;
  if (query.cursor) plan.shows = plan.rows;
  return plan;
}

/** Does the filter fix the whole key? Then the answer is one row, and has a version. */
function namesOneRow(mode: Planning, source: Source, query: Query): boolean {
  const scope = openScope(mode, source, new Params(), "t", query.select);
  const pinned = pinnedBy(filterOf(scope, query));
  return source.key.every((column) => pinned.has(column));
}

// Functions.

function planCall(shape: CallShape, mode: Planning): ReadPlan | ScalarPlan {
  const fn = mode.schema.function(shape.function, shape.names, shape.schema);
  const one = !fn.relation || fn.relation.one;
  if (one && shape.maxAffected !== undefined) throw new Refusal("PGRST128");
  if (!fn.relation) {
    if (shape.query.where || shape.query.order) {
      throw new Refusal("PGRST127", {
        feature: `filters on ${fn.name}(), which answers with one value`,
      });
    }
    return { kind: "scalar", fn };
  }
  const source = functionSource(fn, fn.relation, shape, mode);
  const { count: _, ...uncounted } = shape;
  const asked = fn.relation.partial ? uncounted : shape;
  const plan = readPlan(mode, source, asked, { version: false, one: false });
  return fn.relation.one ? { ...plan, one: true } : plan;
}

function functionSource(fn: Fn, relation: Relation, shape: CallShape, mode: Planning): Source {
  const of = relation.of && declarationOf(relation.of);
  const table = relation.summary ? undefined : of;
  const columns = new Map<string, Column>();
  for (const column of table?.readable.values() ?? []) {
    if (!column.hidden) columns.set(column.name, column);
  }
  for (const [name, kind] of Object.entries(relation.columns))
    columns.set(name, plainColumn(name, kind));
  const prepared = preparing(fn, relation, shape);
  const from = (params: Params) => {
    params.hides = true; // what else its statement reads is its own
    const source = of ? visibleRows(of, mode.role, params) : "";
    const param = (name: string) =>
      params.add((bind) => boundOf(prepared(bind)[name]), `arg.${name}`);
    const given = (name: string) => shape.names.includes(name);
    return `(${relation.sql({ source, param, given })})`;
  };
  const source: Source = { name: fn.name, columns, key: table?.key ?? [], from, policy: everyone };
  if (table) source.table = table;
  if (relation.ordered !== undefined) source.ordered = relation.ordered;
  return source;
}

function plainColumn(name: string, kind: Kind): Column {
  return { name, kind, notNull: false, fallback: undefined };
}

/** The relation's parameters, prepared once per request however often they are bound. */
function preparing(fn: Fn, relation: Relation, shape: CallShape): (bind: Bind) => Row {
  const known = new WeakMap<Bind, Row>();
  return (bind) => {
    const made = known.get(bind) ?? prepareArguments(fn, relation, shape, bind);
    known.set(bind, made);
    return made;
  };
}

function prepareArguments(fn: Fn, relation: Relation, shape: CallShape, bind: Bind): Row {
  const args = storedArguments(fn, shape, bind.values);
  return relation.prepare ? relation.prepare(args, Date.parse(bind.now)) : args;
}

/** The arguments of a call by name, as stored values; defaults where they are absent. */
function storedArguments(fn: Fn, shape: CallShape, values: unknown[]): Row {
  const given = values[shape.args] as Row; // parsers put an object there
  return Object.fromEntries(
    Object.entries(fn.params).map(([name, { kind, fallback }]) => {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      const stored = toStored(plainColumn(name, kind), value, shape.asText);
      return [name, stored ?? fallback ?? null];
    }),
  );
}

/** The arguments of a call as JavaScript knows them: booleans and JSON as such. */
export function typedArguments(fn: Fn, shape: CallShape, values: unknown[]): Row {
  const stored = storedArguments(fn, shape, values);
  return Object.fromEntries(
    Object.entries(fn.params).map(([name, { kind }]) => {
      const value = boundOf(stored[name]);
      return [name, fromStored(kind, value)];
    }),
  );
}

function boundOf(value: unknown): Bound {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || typeof value === "number") return value;
  return typeof value === "boolean" ? Number(value) : JSON.stringify(value);
}
