// Random well-formed questions about the model's tables.
import fc from "../../random.ts";
import { kindOf } from "./model.ts";
import {
  type Aggregate,
  type Condition,
  type Embed,
  embedKey,
  type Item,
  keyOf,
  type Pattern,
  type Query,
  type Term,
  type Test,
  urlOf,
} from "./model-query.ts";
import { type Relation, type Table, tableOf, tables } from "./model-tables.ts";
import { casts, type Field, Json, type Kind, type Value } from "./model-values.ts";
import { world } from "./model-world.ts";

const one = fc.constantFrom;
const some = fc.option;
const maybe = <T>(value: T) => fc.option(fc.constant(value), { nil: undefined, freq: 2 });

/** The entries that are there. */
function given<T extends object>(entries: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(entries).filter(([, v]) => v !== undefined)) as T;
}

const paths = [
  ...[["n"], ["s"], ["list"], ["list", 0], ["list", -1], ["list", -1, "k"], ["deep", "a"]],
  ...[["deep", "a", "b"], ["odd key"], ["nil"], [0], [1], ["k"], ["none"], [0, 0]],
];

function fieldOf(table: Table, wanted: (kind: Kind) => boolean = () => true): fc.Arbitrary<Field> {
  const names = [...Object.keys(table.columns), ...Object.keys(table.computed)];
  const fields = names.flatMap((column): Field[] => {
    if (table.columns[column] !== "json") return [{ column }];
    return [
      { column },
      ...paths.flatMap((path) => [
        { column, path },
        { column, path, text: true },
      ]),
    ];
  });
  const fitting = fields.filter((field) => wanted(kindOf(table, field)));
  // One column of JSON has more to say than all others together.
  const plain = fitting.filter((f) => !f.path);
  const inside = fitting.filter((f) => f.path);
  if (inside.length === 0) return one(...plain);
  if (plain.length === 0) return one(...inside);
  return fc.oneof({ weight: 3, arbitrary: one(...plain) }, one(...inside));
}

const texts = [
  "tea",
  "Tea",
  "Phở bò",
  "phở",
  "",
  "é",
  "É",
  "a",
  "B",
  "x\\y",
  "100%",
  "null",
  "𝒳",
  "￮",
  "10",
  "true",
];
const jsons = [1, 5, 9, 9.5, 10, -3, "x", "a", "", true, false, null, "10", 7];
const structures = [
  ...[{ n: 5 }, {}, [], [1], [1, 2], { list: [1] }, { list: [{ k: "v" }] }, ["x"], [["x"]], 7, "a"],
  ...[
    { deep: { a: { b: true } } },
    [null],
    null,
    [{ k: [1] }],
    { n: 9.5, s: "é" },
    [1, "a", null, 3],
  ],
];
const pools: Record<Kind, Value[]> = {
  text: texts,
  integer: [-1, 0, 1, 2, 3, 4, 10, 25],
  real: [-0.75, 0, 1.25, 9, 10.25, 100],
  boolean: [true, false],
  json: jsons.map((json) => new Json(json)),
  timestamp: ["2026-01-01T00:00:00.000Z", "2026-02-03T04:05:06.789Z", "2026-01-02T00:00:00.000Z"],
  date: ["2026-02-03", "2026-11-20", "2026-01-01"],
  uuid: Object.values(world).flatMap((rows) => rows.slice(0, 3).map(({ id }) => id as Value)),
};

/** Values that a field may have: those of its column, and others of its kind. */
function valuesOf(table: Table, field: Field): Value[] {
  const kind = kindOf(table, field);
  const held = (world[table.name] ?? []).map((row) => row[field.column] ?? null);
  const near = kind === "json" || field.path ? [] : held.filter((value) => value !== null);
  return [...new Set([...pools[kind], ...near])];
}

const pattern: fc.Arbitrary<Pattern> = fc.array(
  one(
    "%",
    "_",
    "t",
    "e",
    "tea",
    "PH",
    "Ở",
    "é",
    "É",
    "rice",
    " ",
    "%",
    "[",
    "*".slice(1),
    "x\\y",
    "\\",
  ),
  { maxLength: 4 },
);
const op = one("eq", "neq", "gt", "gte", "lt", "lte", "isdistinct");

function testOf(table: Table, field: Field): fc.Arbitrary<Test> {
  const kind = kindOf(table, field);
  const value = one(...valuesOf(table, field));
  const is = kind === "boolean" ? one("true", "false", "unknown", "null") : one("null", "not_null");
  const list = fc.array(value, { maxLength: 6 });
  const tests: fc.Arbitrary<Test>[] = [
    fc.record({ op, value }),
    fc.record({ in: list }),
    is.map((word): Test => ({ is: word as "null" })),
    fc.record({
      every: fc.boolean(),
      op: one("eq", "gt", "gte", "lt", "lte"),
      of: list,
    }),
  ];
  if (kind === "text") {
    tests.push(
      fc.record({ like: pattern, fold: fc.boolean() }),
      fc.record({
        every: fc.boolean(),
        likes: fc.array(pattern, { maxLength: 3 }),
        fold: fc.boolean(),
      }),
    );
  }
  if (kind === "json") {
    const lists = structures.filter((s) => Array.isArray(s) && s.every((e) => !isObject(e)));
    tests.push(
      fc.record({ meets: one("cs", "cd"), value: one<unknown>(...structures) }),
      fc.record({ meets: one("ov"), value: one<unknown>(...lists) }),
    );
  }
  if (table.searched.includes(field.column)) {
    const word = one("rice", "soup", "of", "ramen", "none", "fried");
    tests.push(fc.record({ word, way: one("fts", "plfts", "phfts", "wfts") }));
  }
  return fc.oneof(...tests);
}

const isObject = (value: unknown) => typeof value === "object" && value !== null;

function conditionOf(table: Table, embeds: string[], depth = 0): fc.Arbitrary<Condition> {
  const leaf = fieldOf(table).chain((field) =>
    fc.record({ field: fc.constant(field), test: testOf(table, field), negated: fc.boolean() }),
  );
  const leaves: fc.Arbitrary<Condition>[] = [leaf, leaf, leaf];
  if (embeds.length > 0) {
    leaves.push(fc.record({ embed: one(...embeds), none: fc.boolean() }));
  }
  if (depth === 2) return fc.oneof(...leaves);
  const inner = conditionOf(table, embeds, depth + 1);
  const of = fc.array(inner, { minLength: 1, maxLength: 3 });
  return fc.oneof(...leaves, fc.record({ all: fc.boolean(), of, negated: fc.boolean() }));
}

// What is selected.

const alias = one("k0", "k1", "k2", "a name", "名");
const numbers = (kind: Kind) => kind === "integer" || kind === "real";

function columnOf(table: Table): fc.Arbitrary<Item> {
  return fieldOf(table).chain((field) => {
    const known = Object.keys(casts[kindOf(table, field)] ?? {});
    // A path finds values that not every cast reads.
    const cast = some(one("", ...(field.path?.length ? ["text"] : known)), { nil: "", freq: 3 });
    return fc
      .record({ alias: maybe("x").chain((a) => (a ? alias : fc.constant(undefined))), cast })
      .map((more): Item => given({ field, alias: more.alias, cast: more.cast || undefined }));
  });
}

function aggregateOf(table: Table): fc.Arbitrary<Item> {
  const name = one("g0", "g1", "g2");
  const of = (aggregates: Aggregate[], wanted: (kind: Kind) => boolean) =>
    fc.record({ field: fieldOf(table, wanted), alias: name, aggregate: one(...aggregates) });
  const choices: fc.Arbitrary<Item>[] = [
    name.map((a) => ({ count: true, alias: a })),
    of(["count"], () => true),
    of(["min", "max"], (kind) => kind !== "json" && kind !== "boolean"),
  ];
  if (Object.values(table.columns).some(numbers)) choices.push(of(["sum", "avg"], numbers));
  return fc.oneof(...choices);
}

/** How an embed came to be: what may stand in it is less, the further in it is. */
interface Way {
  depth: number;
  lists: number;
  from?: string;
  /** A number of its own for each place, of which names in spreads are made. */
  place: string;
}

function embedOf(table: Table, way: Way, spreads: boolean): fc.Arbitrary<Item> {
  const open = table.relations.filter(
    ({ to, single }) => (single || way.lists < 2) && (way.depth === 0 || to !== way.from),
  );
  if (open.length === 0) return one<Item>({ star: true });
  return one(...open).chain((relation) => {
    const inner: Way = {
      depth: way.depth + 1,
      lists: way.lists + (relation.single ? 0 : 1),
      from: table.name,
      place: `${way.place}${table.relations.indexOf(relation)}`,
    };
    const spread = spreads ? fc.boolean() : fc.constant(false);
    return fc
      .record({ spread, alias: maybe("e"), join: one<Embed["join"]>("", "", "!inner", "!left") })
      .chain(({ spread, alias: a, join }) =>
        queryOf(tableOf(relation.to), inner, { relation, spread }).map((query): Item => {
          const named = a === undefined ? {} : { alias: `e${inner.place}` };
          return { embed: { relation, join, spread, query, ...named } };
        }),
      );
  });
}

/** In a spread every member has a name that no other place uses. */
function renamed(items: Item[], place: string): Item[] {
  return items.flatMap((item, i): Item[] => {
    if ("star" in item) return [];
    if (!("embed" in item)) return [{ ...item, alias: `s${place}_${i}` }];
    return [item.embed.spread ? item : { embed: { ...item.embed, alias: `s${place}_${i}` } }];
  });
}

/** The names of an item's members: of a spread, those of what is spread. */
function keysOf(item: Exclude<Item, { star: true }>): string[] {
  if (!("embed" in item) || !item.embed.spread) return [keyOf(item)];
  return [
    embedKey(item.embed),
    ...item.embed.query.select.flatMap((inner) => ("star" in inner ? [] : keysOf(inner))),
  ];
}

/** No two members of one name: that is refused. */
function distinct(table: Table, items: Item[]): Item[] {
  const star = items.some((item) => "star" in item);
  const used = new Set(star ? Object.keys(table.columns) : []);
  return items.filter((item, i) => {
    if ("star" in item) return items.findIndex((other) => "star" in other) === i;
    const keys = keysOf(item);
    if (keys.some((key) => used.has(key))) return false;
    for (const key of keys) used.add(key);
    return true;
  });
}

function selectOf(table: Table, way: Way, into?: Into): fc.Arbitrary<Item[]> {
  const spreads = !into?.spread;
  const embeds =
    way.depth < 3
      ? fc.array(embedOf(table, way, spreads), { maxLength: way.depth === 0 ? 2 : 1 })
      : fc.constant([]);
  const star = fc.constant<Item>({ star: true });
  const plain = fc.array(fc.oneof({ weight: 4, arbitrary: columnOf(table) }, star), {
    minLength: 1,
    maxLength: 4,
  });
  const listed = fc.tuple(plain, embeds).map((parts) => parts.flat());
  const spreadsMany = (item: Item) =>
    "embed" in item && item.embed.spread && !item.embed.relation.single;
  const sums = fc
    .tuple(
      fc.array(columnOf(table), { maxLength: 2 }),
      fc.array(aggregateOf(table), { minLength: 1, maxLength: 3 }),
      embeds.map((list) =>
        list.filter((e) => "embed" in e && e.embed.relation.single && !spreadsMany(e)),
      ),
    )
    .map((parts) => parts.flat());
  const made = into?.spread ? plain : fc.oneof({ weight: 4, arbitrary: listed }, sums);
  return made.map((items) => {
    const named = into?.spread ? renamed(items, way.place) : items;
    const list = distinct(table, named);
    return list.length === 0 ? [{ field: { column: table.key }, alias: `s${way.place}` }] : list;
  });
}

// The whole question.

interface Into {
  relation: Relation;
  spread: boolean;
}

export const isSum = (item: Item) =>
  "count" in item || ("field" in item && item.aggregate !== undefined);

/** Paths at which the world holds no two containers of one kind: those are told apart by chance. */
const plainPaths = ["n", "s", "nil", "list,0", "0"];

function sortable(table: Table): fc.Arbitrary<Field> {
  const plain = fieldOf(table, (kind) => kind !== "json");
  const inside = plainPaths.map((path): Field => {
    const found = paths.find((p) => String(p) === path) as Field["path"] & object; // one of them
    return { column: "doc", path: found };
  });
  return table.columns.doc ? fc.oneof({ weight: 3, arbitrary: plain }, one(...inside)) : plain;
}

function orderOf(table: Table, select: Item[]): fc.Arbitrary<Term[]> {
  const direction = {
    descending: one(undefined, true, false),
    nulls: one(undefined, undefined, "first", "last"),
  };
  const terms = (of: fc.Arbitrary<Field>, embed?: string) =>
    fc.record({ field: of, ...direction }).map((t): Term => given({ ...t, embed }));
  const own = terms(sortable(table));
  const related = select.flatMap((item) => {
    if (!("embed" in item) || !item.embed.relation.single) return [];
    if (item.embed.query.select.some(isSum)) return [];
    return [terms(sortable(tableOf(item.embed.relation.to)), embedKey(item.embed))];
  });
  return fc.array(fc.oneof(own, own, ...related), { minLength: 1, maxLength: 3 });
}

/** Groups share values, so that only all they are grouped by puts them in one order. */
function groupOrder(table: Table, select: Item[]): fc.Arbitrary<Term[]> {
  const by = select.flatMap((item) => ("field" in item && !isSum(item) ? [item] : []));
  const whole = select.every(
    (item) =>
      isSum(item) || ("field" in item && !item.cast && kindOf(table, item.field) !== "json"),
  );
  if (!whole || by.length === 0) return fc.constant([]);
  const directions = fc.array(fc.boolean(), { minLength: by.length, maxLength: by.length });
  return directions.map((down) =>
    by.map(({ field }, i): Term => ({ field, descending: down[i] === true })),
  );
}

export function queryOf(table: Table, way: Way, into?: Into): fc.Arbitrary<Query> {
  return selectOf(table, way, into).chain((select) => {
    const grouped = select.some(isSum);
    const names = select.flatMap((item) =>
      "embed" in item && !item.embed.spread ? [embedKey(item.embed)] : [],
    );
    // A filter by a name that a column has too is the column's.
    const embeds = names.filter((name) => table.columns[name] === undefined);
    const where = fc.array(conditionOf(table, embeds), { maxLength: way.depth === 0 ? 3 : 1 });
    const sorted = grouped ? groupOrder(table, select) : orderOf(table, select);
    const must = into?.spread === true && !into.relation.single;
    const order = must ? sorted : fc.oneof(fc.constant<Term[]>([]), sorted, sorted);
    const size = fc.option(fc.nat(6), { nil: undefined, freq: 3 });
    return fc.record({ where, order, limit: size, offset: size }).map((said): Query => {
      // A page of rows in no order is any page.
      const pages = said.order.length > 0 && !into?.relation.single;
      const { limit, offset } = pages ? said : { limit: undefined, offset: undefined };
      const ordered = into?.relation.single ? [] : said.order;
      return { select, where: said.where, order: ordered, ...given({ limit, offset }) };
    });
  });
}

export interface Question {
  table: string;
  query: Query;
  /** A counterexample is shown as its URL. */
  [fc.toStringMethod]?: () => string;
}

export const question: fc.Arbitrary<Question> = one(...Object.keys(tables)).chain((table) =>
  queryOf(tableOf(table), { depth: 0, lists: 0, place: "" }).map((query) => ({
    table,
    query,
    [fc.toStringMethod]: () => urlOf(table, query),
  })),
);
