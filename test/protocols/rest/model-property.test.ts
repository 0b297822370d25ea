// The wire against a plain model of it: any well-formed question, from anybody.
import { beforeAll, expect, test } from "vitest";
import { anna, ben, nobodyYet, secretKey } from "../../kernel/fixture.ts";
import fc from "../../random.ts";
import { wireOf } from "./fixture-api.ts";
import { ask, same, settled } from "./model.ts";
import { type Question, question } from "./model-arbitraries.ts";
import { type Item, urlOf } from "./model-query.ts";
import { tableOf } from "./model-tables.ts";
import { createWorld, kernel, stranger } from "./model-world.ts";

const RUNS = Number(import.meta.env.VITE_MODEL_RUNS ?? 2_000);
const actors = { guest: nobodyYet, owner: anna, other: ben, stranger, service: secretKey };
type Who = keyof typeof actors;
const calls = Object.fromEntries(
  Object.entries(actors).map(([who, actor]) => [who, wireOf(kernel, actor).call]),
);
const call = (who: string, path: string, headers = {}) =>
  calls[who]?.(path, { headers }) as Promise<Response>;
const who = fc.constantFrom(...(Object.keys(actors) as Who[]));

beforeAll(createWorld);

// biome-ignore lint/suspicious/noExplicitAny: rows or a problem; the assertions look
type Body = any;

interface Paging {
  from?: number;
  to?: number;
  count: boolean;
}

/** The window that limit, offset and Range leave together. */
function windowed({ table, query }: Question, { from, to }: Paging): Question {
  if (from === undefined || query.order.length === 0) return { table, query };
  const { offset = 0, limit = Number.POSITIVE_INFINITY } = query;
  const start = Math.max(offset, from);
  const end = Math.min(offset + limit, (to ?? Number.POSITIVE_INFINITY) + 1);
  const rest = Math.max(0, end - start);
  const most = rest === Number.POSITIVE_INFINITY ? {} : { limit: rest };
  const { limit: _, ...others } = query;
  return { table, query: { ...others, offset: start, ...most } };
}

async function agrees(name: Who, asked: Question, paging: Paging): Promise<string> {
  const actor = actors[name];
  const path = urlOf(asked.table, asked.query);
  const ranged = paging.from !== undefined && asked.query.order.length > 0;
  const response = await call(name, path, {
    ...(ranged && { range: `${paging.from}-${paging.to ?? ""}` }),
    ...(paging.count && { prefer: "count=exact" }),
  });
  const body: Body = await response.json();
  const about = `${name} ${JSON.stringify(paging)} ${path}\n${decodeURIComponent(path)}`;
  // The bounds of embeds are the kernel's own, and have tests of their own.
  if (body.code === "embed_too_large") return "bounded";
  const { table, query } = windowed(asked, paging);
  const { rows, total } = ask(tableOf(table), query, actor);
  const { offset = 0 } = query;
  if (paging.count && offset > total) {
    expect([response.status, body], about).toMatchObject([416, { code: "PGRST103" }]);
    return "beyond";
  }
  expect([response.status, body.code, body.message, body.details], about).toEqual([
    paging.count && rows.length < total ? 206 : 200,
    ...[undefined, undefined, undefined],
  ]);
  same(settled(body, query), settled(rows, query), about);
  const span = rows.length === 0 ? "*" : `${offset}-${offset + rows.length - 1}`;
  const range = `${span}/${paging.count ? total : "*"}`;
  expect(response.headers.get("content-range"), about).toBe(range);
  return rows.length > 0 ? "rows" : "nothing";
}

const paging = fc
  .record({ from: fc.nat(8), length: fc.option(fc.nat(8)), count: fc.boolean(), ranged: fc.nat(3) })
  .map(({ from, length, count, ranged }): Paging => {
    if (ranged > 0) return { count };
    return { count, from, ...(length !== null && { to: from + length }) };
  });

test("every answer is the model's", async () => {
  const seen: Record<string, number> = {};
  const property = fc.asyncProperty(who, question, paging, async (name, asked, pages) => {
    const outcome = await agrees(name, asked, pages);
    seen[outcome] = (seen[outcome] ?? 0) + 1;
  });
  await fc.assert(property, { numRuns: RUNS });
  // A generator of empty answers would prove nothing.
  expect(seen.rows).toBeGreaterThan(RUNS / 4);
  expect(seen.bounded ?? 0).toBeLessThan(RUNS / 20);
}, 600_000);

const next = (response: Response) =>
  /^<\/rest\/v1(\/.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];

const isAggregate = (item: Item) => "field" in item && item.aggregate !== undefined;

/** Only rows have a place that a cursor can keep, and the cursor says where a page begins. */
const listed = question
  .filter(({ query }) => query.select.every((item) => !("count" in item || isAggregate(item))))
  .map(({ table, query: { select, where, order } }): Question => {
    const by = order.length > 0 ? order : [{ field: { column: tableOf(table).key } }];
    const query = { select, where, order: by };
    return { table, query, [fc.toStringMethod]: () => urlOf(table, query) };
  });

async function isBounded(response: Response): Promise<boolean> {
  const problem = await response.clone().json<{ code: string }>();
  return problem.code === "embed_too_large";
}

test("the pages of a cursor are the whole list", async () => {
  let pages = 0;
  const property = fc.asyncProperty(who, listed, fc.integer({ min: 1, max: 5 }), async (...of) => {
    const [name, { table, query }, limit] = of;
    const path = `${urlOf(table, query)}&limit=${limit}&cursor=`;
    const found: object[] = [];
    for (let at: string | undefined = path; at !== undefined; pages++) {
      const response = await call(name, at);
      if (response.status === 400 && (await isBounded(response))) return;
      expect(response.status, path).toBe(200);
      found.push(...(await response.json<object[]>()));
      at = next(response);
    }
    const { rows } = ask(tableOf(table), query, actors[name]);
    same(settled(found as Body, query), settled(rows, query), `${name} ${path}`);
  });
  await fc.assert(property, { numRuns: RUNS / 10 });
  expect(pages).toBeGreaterThan(RUNS / 10);
}, 600_000);
