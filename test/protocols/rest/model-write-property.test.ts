// What writes send back, against the same model: any select, embeds, order and page of the rows
// that an insert, an update or a delete touches; and that these are the rows it touched.
import { beforeAll, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import { raw } from "../../kernel/database.ts";
import { anna, secretKey } from "../../kernel/fixture.ts";
import fc from "../../random.ts";
import { wireOf } from "./fixture-api.ts";
import { canonical, named, same, sentBack, settled } from "./model.ts";
import { isSum, queryOf } from "./model-arbitraries.ts";
import { type Condition, type Query, urlOf } from "./model-query.ts";
import { tableOf } from "./model-tables.ts";
import type { Row, Value } from "./model-values.ts";
import { createWorld, kernel, world } from "./model-world.ts";

const RUNS = Number(import.meta.env.VITE_MODEL_RUNS ?? 120);

/** Tables at which nothing points, and a column of each that may be changed. */
const changing: Record<string, { column: string; values: Value[] }> = {
  lines: { column: "n", values: [1, 7, 10] },
  taggings: { column: "weight", values: [0, 4] },
  follows: { column: "count", values: [null, 3, 8] },
  badges: { column: "title", values: ["tin", "brass"] },
  articles: { column: "body", values: [null, "on rice", "elsewhere"] },
};
/** Those where a new row needs no free pair of keys. */
const inserting = new Set(["lines", "articles"]);
const made = "0190ffff-0000-7000-8000-00000000000";

type Wire = ReturnType<typeof wireOf>;

interface Write {
  method: string;
  table: string;
  actor: Actor;
  query: Query;
  value: Value;
  /** Tried only: its answer is kept, and read from there. */
  dry: boolean;
  [fc.toStringMethod]?: () => string;
}

const mentionsEmbed = (condition: Condition): boolean =>
  "embed" in condition || ("all" in condition && condition.of.some(mentionsEmbed));
const every: Condition = { field: { column: "id" }, test: { is: "not_null" }, negated: false };

/** A filter says what is written, before anything is joined; a write sums nothing up. */
function ofWrite(query: Query): Query {
  const own = query.where.filter((condition) => !mentionsEmbed(condition));
  return { ...query, where: own.length > 0 ? own : [every] };
}

function writeOf(table: string): fc.Arbitrary<Write> {
  const query = queryOf(tableOf(table), { depth: 2, lists: 0, place: "" });
  return fc
    .record({
      method: fc.constantFrom(...(inserting.has(table) ? ["POST"] : []), "PATCH", "DELETE"),
      table: fc.constant(table),
      // Of these tables people write to one.
      actor: table === "lines" ? fc.constantFrom(anna, secretKey) : fc.constant(secretKey),
      // What a row is joined to, but not from there back to rows that are being written.
      query: query.filter(({ select }) => !select.some(isSum)).map(ofWrite),
      value: fc.constantFrom(...(changing[table]?.values ?? [])),
      dry: fc.boolean(),
    })
    .map((said) => ({ ...said, [fc.toStringMethod]: () => `${said.method} ${urlFor(said)}` }));
}
const write = fc.oneof(...Object.keys(changing).map(writeOf));
const wires = new Map([anna, secretKey].map((actor) => [actor, wireOf(kernel, actor)]));

function urlFor({ method, table, query }: Pick<Write, "method" | "table" | "query">): string {
  return urlOf(table, method === "POST" ? { ...query, where: [] } : query);
}

/** Rows like those that are there, with keys that are not. */
function newRows({ table, actor, value }: Write): Row[] {
  const known = tableOf(table).rows(actor);
  return known.slice(0, 3).map((row, i) => ({
    ...row,
    id: `${made}${i}`,
    [changing[table]?.column ?? ""]: value,
    ...(table === "lines" && { name: `made ${i}` }),
  }));
}

/** What the model then holds of the table, and which rows of it were touched. */
function modelled(asked: Write): { touched: Row[]; left: Row[]; sent: object[]; body?: object } {
  const { method, table, actor, query, value } = asked;
  const held = world[table] ?? [];
  const found = method === "POST" ? [] : named(tableOf(table), query, actor);
  const change = { [changing[table]?.column ?? ""]: value };
  const touched =
    method === "POST"
      ? newRows(asked)
      : found.map((row) => (method === "PATCH" ? { ...row, ...change } : row));
  const left = [
    ...held.filter((row) => !found.includes(row)),
    ...(method === "DELETE" ? [] : touched),
  ];
  // A deleted row is answered as it was; what it is joined to is there before and after.
  const sent = sentBack(tableOf(table), query, actor, touched);
  const body = method === "POST" ? touched : change;
  return { touched, left, sent, ...(method !== "DELETE" && { body }) };
}

const columnsOf = (table: string) => Object.keys(tableOf(table).columns);
const stored = (table: string) => raw<Row>(`select ${columnsOf(table)} from ${table} order by id`);
const byId = (rows: Row[]) => rows.map(canonical).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));

beforeAll(async () => {
  await createWorld();
  for (const table of Object.keys(changing)) {
    await raw(`create table kept_${table} as select rowid as r, * from ${table}`);
  }
});

/** Rows as they were, in the order in which they were stored. */
async function restore(table: string): Promise<void> {
  const columns = columnsOf(table);
  await raw(`delete from ${table}`);
  await raw(`insert into ${table}(rowid,${columns}) select r,${columns} from kept_${table}`);
}

test("writes send back what the model does, and touch its rows alone", async () => {
  const seen: Record<string, number> = {};
  const property = fc.asyncProperty(write, async (asked) => {
    const { method, table, actor, dry } = asked;
    const path = urlFor(asked);
    const { touched, left, sent, body } = modelled(asked);
    const prefer = `return=representation,count=exact${dry ? ",tx=rollback" : ""}`;
    const init = { method, headers: { prefer }, body: body ? JSON.stringify(body) : null };
    const response = await (wires.get(actor) as Wire).call(path, init); // there is one for each
    const about = `${method} ${actor.role} ${prefer} ${decodeURIComponent(path)}`;
    const answer = await response.json<object[]>();
    const after = await stored(table);
    if (!dry) await restore(table);
    expect([response.status, Array.isArray(answer) || answer], about).toEqual([
      ...[method === "POST" ? 201 : 200, true],
    ]);
    same(settled(answer as Row[], asked.query), settled(sent as Row[], asked.query), about);
    expect(response.headers.get("content-range")?.split("/")[1], about).toBe(`${touched.length}`);
    expect(byId(after), about).toEqual(byId(dry ? (world[table] ?? []) : left));
    const outcome = sent.length === 0 ? "nothing" : sent.length < touched.length ? "some" : method;
    seen[outcome] = (seen[outcome] ?? 0) + 1;
  });
  await fc.assert(property, { numRuns: RUNS });
  // A generator of empty answers would prove nothing.
  for (const outcome of ["some", "POST", "PATCH", "DELETE"]) {
    expect([outcome, (seen[outcome] ?? 0) > RUNS / 50]).toEqual([outcome, true]);
  }
}, 600_000);
