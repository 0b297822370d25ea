// Random questions, well-formed and not, to the whole Worker: answered or refused, never broken.
import { beforeAll, expect, test } from "vitest";
import fc from "../../random.ts";
import { call as callApi, restaurant, serviceClient } from "./api.ts";
import { mangled, oddHeaders } from "./model-mangle.ts";

const PLACE = "01890000-0000-7000-8000-0000000000aa";
const KNOWN = "01890000-0000-7000-8000-000000000001";

beforeAll(async () => {
  const admin = serviceClient();
  await admin.from("restaurants").insert(restaurant("Fir", { id: PLACE }));
  const rows = ["a", "b", "c"].map((name, i) => ({
    name,
    price_minor: i,
    currency: "GBP",
    restaurant_id: PLACE,
    id: KNOWN.replace(/1$/, String(i)),
  }));
  const { error } = await admin.from("menu_items").insert(rows);
  expect(error).toBeNull();
});

let asked = 0;
/** Each from a network of its own: together they are more than one is let through. */
const call: typeof callApi = (path, init) => {
  const from = { "cf-connecting-ip": `10.0.${++asked >> 8}.${asked & 255}` };
  return callApi(path, { ...init, headers: { ...from, ...init?.headers } });
};

const one = fc.constantFrom;
/** Mostly what should work, now and then what should be refused. */
const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 30, arbitrary: good }, { weight: 1, arbitrary: bad });

const texts = ["name", "description"];
const columns = {
  restaurants: [...texts, "prep_minutes", "lat", "hours", "created_at", "hours->weekly->0->>x"],
  menu_items: [...texts, "price_minor", "stock", "available", "restaurant_id"],
};
type Table = keyof typeof columns;
const other = (table: Table): Table => (table === "restaurants" ? "menu_items" : "restaurants");
const column = (table: Table) => mostly(one("id", ...columns[table]), one("no", "_v", "id->a"));

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.string({ unit: one(..."%_*\\'\"(),.[]ab"), maxLength: 6 }),
);
const quote = (v: string) => `"${v.replace(/["\\]/g, "\\$&")}"`;
const plain = one("eq", "neq", "gt", "gte", "lt", "lte", "isdistinct", "not.eq");
const unplanned = one(
  "match.a",
  "fts(english).a",
  "fts.a b",
  "cs.{a}",
  "ov.{a}",
  "sl.(1,2)",
  "eq(any).{1,2}",
);
/** Values that a JSON column may meet, and texts that are none. */
const structure = mostly(
  one('{"weekly":{}}', "{}", "[]", "{a,1}", '["a",1]', '{"weekly":{"mon":[["09:00"]]}}', "1"),
  fc.oneof(one("{a", '{"a":', "[[[[[[1]]]]]]"), anyText),
);

/** `column.operator.value`, as it stands in a tree; by itself its first dot is an equals sign. */
const term = (table: Table): fc.Arbitrary<[string, string]> =>
  mostly(
    fc.oneof(
      fc.tuple(
        one(...texts),
        fc.tuple(plain, anyText.map(quote)).map((p) => p.join(".")),
      ),
      fc.tuple(
        one(...texts),
        fc.tuple(one("like", "ilike"), anyText.map(quote)).map((p) => p.join(".")),
      ),
      fc.tuple(one("id", ...columns[table]), one("is.null", "not.is.null", "is.not_null")),
      fc.tuple(
        table === "restaurants" ? one("hours", "hours->weekly") : one("name"),
        fc.tuple(one("cs", "cd", "ov", "not.cs"), structure.map(quote)).map((p) => p.join(".")),
      ),
      fc.tuple(
        one(...texts),
        fc
          .tuple(one("plfts", "phfts", "wfts", "not.wfts"), anyText.map(quote))
          .map((p) => p.join(".")),
      ),
      fc.tuple(
        one(...texts),
        fc.array(anyText.map(quote)).map((list) => `in.(${list.join(",")})`),
      ),
      fc.tuple(
        table === "restaurants" ? one("prep_minutes", "lat") : one("price_minor", "stock"),
        fc.tuple(plain, one("0", "1", "-5", "20")).map((p) => p.join(".")),
      ),
    ),
    fc.tuple(
      column(table),
      fc.oneof(
        unplanned,
        anyText,
        fc.tuple(plain, anyText).map((p) => p.join(".")),
      ),
    ),
  );
const tree = (table: Table) =>
  fc
    .tuple(one("or", "and", "not.or"), fc.array(term(table), { minLength: 1, maxLength: 4 }))
    .map(([key, terms]): [string, string] => [key, `(${terms.map((t) => t.join(".")).join(",")})`]);
const condition = (table: Table): fc.Arbitrary<[string, string]> =>
  fc.oneof(term(table), tree(table));

const page = (table: Table): fc.Arbitrary<[string, string][]> =>
  fc
    .tuple(
      one("", ".desc", ".asc.nullsfirst", ".desc.nullslast"),
      column(table),
      mostly(one("0", "1", "2", "99999999999999999999"), one("-1", "x")),
      one("order", "limit", "offset"),
    )
    .map(([direction, by, n, key]) => [[key, key === "order" ? by + direction : n]]);

const item = (table: Table) =>
  mostly(
    fc.oneof(column(table), one("*", "alias:name", "name::text", "description::text")),
    one("count()", "id.max()", "a:id::text.count()", "name::nonsense", "\"a 'name'\":name"),
  );
const items = (table: Table, maxLength: number) =>
  fc.array(item(table), { maxLength }).map((list) => list.join(","));

const embed = (table: Table): fc.Arbitrary<[string, [string, string][]]> =>
  fc
    .tuple(
      one("", "e:"),
      one("", "", "!inner", "!left", "!restaurant_id"),
      fc.oneof(items(other(table), 4), one("count()", "name.max(),count", "of:name,id.min()")),
      fc.array(condition(other(table)), { maxLength: 2 }),
      fc.oneof(fc.constant([]), page(other(table))),
      one("", "", "..."),
    )
    .map(([alias, hint, inner, conditions, paging, spread]) => {
      const name = alias ? "e" : other(table);
      const said = [...conditions, ...paging].map(([k, v]): [string, string] => [
        `${name}.${k}`,
        v,
      ]);
      return [`${spread}${alias}${other(table)}${hint}(${inner})`, said];
    });

const question = one<Table>("restaurants", "menu_items").chain((table) =>
  fc
    .tuple(
      items(table, 24),
      fc.array(condition(table), { maxLength: 3 }),
      fc.oneof(fc.constant([]), page(table)),
      fc.option(embed(table)),
    )
    .map(([own, conditions, paging, embedded]) => {
      const select = [own, embedded?.[0]].filter(Boolean).join(",");
      const said = [["select", select], ...conditions, ...paging, ...(embedded?.[1] ?? [])];
      return `/${table}?${new URLSearchParams(said)}`;
    }),
);

const expected = new Set([200, 206, 300, 400, 404, 406, 416]);

async function checked(path: string, init?: Parameters<typeof call>[1]): Promise<number> {
  const response = await call(path, init);
  const text = await response.text();
  expect([path, response.status, text.slice(0, 500)]).toSatisfy(() =>
    expected.has(response.status),
  );
  // What was sent is quoted, sqlite_master too; D1 writes its own codes large.
  expect(text).not.toMatch(/SQLITE_|D1_ERROR/);
  expect(text).not.toMatch(/no such (?:column|table)|\bselect \b.*\bfrom\b/i);
  return response.status;
}

test("any question is answered or refused", async () => {
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(question, one("count=exact", "count=planned"), async (path, prefer) => {
      const status = await checked(path, { headers: { prefer } });
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }),
    { numRuns: 400 },
  );
  // A generator whose every question is refused would prove nothing.
  expect((seen.get(200) ?? 0) + (seen.get(206) ?? 0)).toBeGreaterThan(100);
});

test("any question that is broken is answered or refused", async () => {
  let answered = 0;
  const broken = mangled(question);
  const property = fc.asyncProperty(broken, oddHeaders, async (path, headers) => {
    if ((await checked(path, { headers })) < 300) answered++;
  });
  await fc.assert(property, { numRuns: 400 });
  expect(answered).toBeGreaterThan(5);
});

const row = fc.record(
  {
    name: fc.oneof(anyText, one("a", "b")),
    price_minor: mostly(one<unknown>(0, 1, "2", 900), one<unknown>(-1, 1.5, null, "x", [])),
    currency: mostly(one("GBP"), one("gbp", "")),
    restaurant_id: one(PLACE),
    description: fc.option(anyText),
    stock: mostly(one<unknown>(null, 0, 5), fc.jsonValue({ maxDepth: 1 })),
    id: mostly(one(KNOWN), anyText),
  },
  { requiredKeys: ["name", "price_minor", "currency", "restaurant_id"] },
);

test("any dry run is answered or refused, and changes nothing", async () => {
  const body = mostly<unknown>(
    fc.oneof(row, fc.array(row, { maxLength: 3 })),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const selected = fc
    .tuple(items("menu_items", 20), fc.option(embed("menu_items")))
    .map(([own, embedded]) => [own, embedded?.[0]].filter(Boolean).join(","));
  const write = fc.tuple(
    one("POST", "PATCH", "PUT", "DELETE"),
    selected,
    body,
    fc.array(condition("menu_items"), { minLength: 1, maxLength: 2 }),
    fc.oneof(fc.constant([]), page("menu_items")),
    one("resolution=merge-duplicates", "resolution=ignore-duplicates", "missing=default"),
  );
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(write, async ([method, list, sent, conditions, paging, prefer]) => {
      const where = {
        POST: [],
        PUT: [["id", `eq.${KNOWN}`]],
        PATCH: conditions,
        DELETE: conditions,
      };
      const said = [["select", list], ...where[method], ...(method === "PUT" ? [] : paging)];
      const response = await call(`/menu_items?${new URLSearchParams(said)}`, {
        method,
        ...(method !== "DELETE" && { body: JSON.stringify(sent) }),
        headers: { prefer: `return=representation, tx=rollback, ${prefer}` },
      });
      const text = await response.text();
      expect([said, sent, response.status, text]).toSatisfy(() => response.status < 500);
      expect([401, 429]).not.toContain(response.status);
      if (response.ok) answered++;
    }),
    { numRuns: 300 },
  );
  expect(answered).toBeGreaterThan(40);
  const left = await call("/menu_items?select=name&order=name");
  expect(await left.json()).toEqual([{ name: "a" }, { name: "b" }, { name: "c" }]);
});
