// Functions that answer with rows, against the same model: they are asked as a table is.
import { beforeAll, expect, test } from "vitest";
import { anna, nobodyYet, secretKey } from "../../kernel/fixture.ts";
import fc from "../../random.ts";
import { wireOf } from "./fixture-api.ts";
import { ask, same, settled } from "./model.ts";
import { queryOf } from "./model-arbitraries.ts";
import { type Query, urlOf } from "./model-query.ts";
import { type Table, tableOf } from "./model-tables.ts";
import { createWorld, kernel } from "./model-world.ts";

const RUNS = Number(import.meta.env.VITE_MODEL_RUNS ?? 150);
const shops = tableOf("shops");

/** `stocked(least)` as the model knows it: shops with that many, and twice as many. */
const stocked = (least: number): Table => ({
  ...shops,
  name: "stocked",
  columns: { ...shops.columns, twice: "integer" },
  rows: (actor) =>
    shops
      .rows(actor)
      .filter((row) => Number(row.stock) >= least)
      .map((row) => ({ ...row, twice: Number(row.stock) * 2 })),
});

const called = queryOf(stocked(0), { depth: 0, lists: 0, place: "" }).map((query) => ({
  query,
  [fc.toStringMethod]: () => urlOf("rpc/stocked", query),
}));

beforeAll(createWorld);

test("a function's rows are selected, filtered, ordered and paged as a table's are", async () => {
  let rows = 0;
  const actors = [nobodyYet, anna, secretKey];
  const who = fc.constantFrom(...actors.map((actor) => ({ actor, wire: wireOf(kernel, actor) })));
  const least = fc.constantFrom(undefined, 0, 4, 12, 13);
  const how = fc.record({ least, post: fc.boolean(), counts: fc.boolean() });
  const property = fc.asyncProperty(who, called, how, async ({ actor, wire }, { query }, asked) => {
    const { post, counts } = asked;
    const args = asked.least === undefined ? {} : { least: asked.least };
    const said = !post && asked.least !== undefined ? `&least=${asked.least}` : "";
    const path = urlOf("rpc/stocked", query) + said;
    const response = await wire.call(path, {
      headers: counts ? { prefer: "count=exact" } : {},
      ...(post && { method: "POST", body: JSON.stringify(args) }),
    });
    const about = `${actor.role} ${JSON.stringify(asked)} ${decodeURIComponent(path)}`;
    const body = await response.json<{ code: string } & (typeof expected)["rows"]>();
    if (body.code === "embed_too_large") return;
    const expected = ask(stocked(asked.least ?? 1), query as Query, actor);
    if (counts && (query.offset ?? 0) > expected.total) {
      expect([response.status, body], about).toMatchObject([416, { code: "PGRST103" }]);
      return;
    }
    const whole = !counts || expected.rows.length === expected.total;
    expect([response.status, body.code], about).toEqual([whole ? 200 : 206, undefined]);
    same(settled(body, query), settled(expected.rows, query), about);
    if (expected.rows.length > 0) rows++;
  });
  await fc.assert(property, { numRuns: RUNS });
  expect(rows).toBeGreaterThan(RUNS / 4);
}, 600_000);
