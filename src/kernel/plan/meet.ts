// `@>`, `<@` and `&&` on JSON columns, as PostgreSQL has them for jsonb, in SQL and in JavaScript:
// a property test holds the two equal. A statement cannot recurse with "for all", so each level is
// a subquery that counts: how deep the given value is stands in the text, the rest is a parameter.
import { Refusal } from "../errors.ts";
import type { Meeting } from "../intent.ts";
import type { Predicate } from "../predicate.ts";
import type { Truth } from "../predicate-test.ts";
import { fromText, type Stored } from "../values.ts";
import type { Params } from "./sql.ts";

/** Values in the JSON of a statement's filters: each may be looked for in the whole of a column. */
const MAX_VALUES = 200;

/** SQL of a JSON value's type, its text, and what it is in SQL. */
interface Node {
  type: string;
  value: string;
  atom: string;
}

const top = (t: string): Node => ({ type: `json_type(${t})`, value: t, atom: `${t}->>'$'` });
const at = (r: string): Node => ({ type: `${r}.type`, value: `${r}.value`, atom: `${r}.atom` });
const equal = (a: Node, b: Node) => `(${a.type} = ${b.type} and ${a.atom} is ${b.atom})`;
const isContainer = ({ type }: Node) => `${type} in ('array','object')`;

/** SQL of a condition on `column`, the SQL of a JSON text; NULL where that is NULL. */
export function compileMeet(
  p: Extract<Predicate, { kind: "meet" }>,
  column: string,
  params: Params,
): string {
  const { structures } = params;
  structures.add(p.value);
  const given = params.add(({ values }) => {
    const all = [...structures].reduce((sum, slot) => sum + count(values[slot]), 0);
    if (all > MAX_VALUES) {
      throw new Refusal("filter_too_large", { max: MAX_VALUES, what: "JSON values" });
    }
    return structureText(values[p.value], p.how);
  });
  return `(case when ${column} is null then null else ${meetSql(p, column, given, params)} end)`;
}

function meetSql(
  { how, depth }: Extract<Predicate, { kind: "meet" }>,
  column: string,
  given: string,
  params: Params,
): string {
  const [whole, part] = how === "contained" ? [given, column] : [column, given];
  const [a, b, c] = [params.alias(), params.alias(), params.alias()];
  const element = (one: Node) =>
    `exists(select 1 from json_each(${whole}) ${b} where ${equal(at(b), one)}`;
  const [all, scalar] = [
    containsSql(top(whole), top(part), depth, params),
    `${element(top(part))} and ${top(whole).type} <> 'object')`,
  ];
  switch (how) {
    case "contains":
      return depth > 0 ? all : scalar;
    case "contained":
      return `case when ${isContainer(top(part))} then ${all} else ${scalar} end`;
    case "overlaps": {
      // The given values are one set for all rows, in which each element is looked up.
      const value = ({ type, atom }: Node) => `${type},coalesce(${atom},0)`;
      const set = `(select ${value(at(a))} from json_each(${given}) ${a})`;
      const rows = `json_each(${column}) ${b} where (${value(at(b))}) in ${set}`;
      return `(${top(column).type} = 'array' and exists(select 1 from ${rows}))`;
    }
    case "each": {
      const some = `json_each(${a}.value) ${c} where ${element(at(c))}`;
      const met = `exists(select 1 from ${some} and ${top(column).type} = 'array'))`;
      const none = `not exists(select 1 from json_each(${given}) ${a} where not ${met})`;
      return `(${isContainer(top(column))} and ${none})`;
    }
  }
}

/** Looks at as many levels as the given value has: what lies deeper in the other is not alike. */
function containsSql(whole: Node, part: Node, depth: number, params: Params): string {
  if (depth === 0) return equal(whole, part);
  const [a, b] = [params.alias(), params.alias()];
  const inside = containsSql(at(b), at(a), depth - 1, params);
  // SQLite adds up the depths of what nests: every operator here is paid for on each level.
  const placed = `iif(${part.type} = 'array' or ${a}.key = ${b}.key, ${inside}, 0)`;
  const pairs = `json_each(${part.value}) ${a}, json_each(${whole.value}) ${b} where ${placed}`;
  const met = `(select count(distinct ${a}.key) from ${pairs})`;
  const all = `${met} = (select count(*) from json_each(${part.value}))`;
  const alike = `when ${part.type} = ${whole.type} then ${all} else 0 end`;
  return `case when not ${isContainer(part)} then ${equal(whole, part)} ${alike}`;
}

/** The given value as JSON text; where elements are compared, it is a list of plain values. */
function structureText(value: unknown, how: Meeting): string {
  const text = JSON.stringify(value) ?? "";
  if (how === "overlaps" && !(Array.isArray(value) && value.every(isScalar))) {
    throw new Refusal("22P02", { type: "list of plain values", value: text.slice(0, 100) });
  }
  return String(fromText("json", text));
}

const isScalar = (value: unknown) => !isObject(value);

function count(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + count(part), 1);
}

/** The same of one row's stored JSON text; undefined: the row does not say. */
export function meets(how: Meeting, column: Stored | undefined, value: unknown): Truth {
  if (column === undefined) return "ask";
  if (column === null) return null;
  const held: unknown = JSON.parse(String(column));
  if (how === "contained") return containsAtTop(value, held);
  if (how === "contains") return containsAtTop(held, value);
  const isElement = (one: unknown) => Array.isArray(held) && held.includes(one);
  const given = value as unknown[]; // a list: structureText has looked
  if (how === "overlaps") return given.some(isElement);
  // Values holds lists of lists.
  return isObject(held) && given.every((some) => (some as unknown[]).some(isElement));
}

/** By exception, a list contains its elements themselves too (PostgreSQL 8.14.3). */
function containsAtTop(whole: unknown, part: unknown): boolean {
  return isScalar(part) && Array.isArray(whole) ? whole.includes(part) : contains(whole, part);
}

function contains(whole: unknown, part: unknown): boolean {
  if (!isObject(whole) || !isObject(part)) return whole === part;
  if (Array.isArray(whole) !== Array.isArray(part)) return false;
  return Object.entries(part).every(([key, value]) => {
    if (Array.isArray(whole)) return whole.some((element) => contains(element, value));
    return Object.hasOwn(whole, key) && contains(Reflect.get(whole, key), value);
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
