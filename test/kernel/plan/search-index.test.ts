// The search index follows its table, and what that and finding cost.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { searchIndexOf } from "../../../scripts/search-index.ts";
import type { Actor } from "../../../src/kernel/actor.ts";
import type { Intent } from "../../../src/kernel/intent.ts";
import type { Search } from "../../../src/kernel/plan/search-query.ts";
import { declarationOf } from "../../../src/kernel/table.ts";
import {
  all,
  compare,
  eq,
  type Filter,
  insert,
  read,
  refused,
  remove,
  rows,
  search,
  update,
  upsert,
} from "../ask.ts";
import { createTables, raw, strict } from "../database.ts";
import { anna, kernelOf, uuids } from "../fixture.ts";
import { articles, dishes } from "../searched-tables.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const phrase = (...words: string[]): Search => ({ phrase: words });
const prefix = (word: string): Search => ({ phrase: [word], prefix: true });

beforeAll(createTables);

async function named(where: Filter, actor: Actor = anna): Promise<unknown[]> {
  const asked = read("dishes", { select: ["name"], where, order: ["name"] });
  return (await rows(kernel, asked, actor)).map((row) => row.name);
}

describe("the index follows the table", () => {
  beforeEach(async () => {
    await raw("delete from dishes");
  });
  const has = async (word: string) => (await named(search("name", phrase(word)))).length;

  test("through inserts, updates, upserts and deletes", async () => {
    const id = "0190eeee-0000-7000-8000-000000000009";
    await kernel.execute(insert("dishes", { id, name: "Crème" }), anna);
    expect(await has("creme")).toBe(1);
    await kernel.execute(update("dishes", { name: "寿司" }, { where: eq("id", id) }), anna);
    expect([await has("creme"), await has("司")]).toEqual([0, 1]);
    await kernel.execute(update("dishes", { price: 5 }, { where: eq("id", id) }), anna);
    expect(await has("司")).toBe(1);
    await kernel.execute(upsert("dishes", { id, name: "Tea" }, ["id"]), anna);
    expect([await has("司"), await has("tea")]).toEqual([0, 1]);
    await kernel.execute(
      update("dishes", { name: "thé" }, { dryRun: true, where: eq("id", id) }),
      anna,
    );
    expect([await has("the"), await has("tea")]).toEqual([0, 1]);
    await kernel.execute(remove("dishes", { where: eq("id", id) }), anna);
    expect([await has("tea"), await has("the")]).toEqual([0, 0]);
    expect(await raw(`select rowid from _search_dishes('"${"\ue000"}"')`)).toEqual([]);
  });

  test("through what modules commit", async () => {
    const name = "Ärger";
    await kernel.modules.commit([{ insert: dishes, rows: [{ name, user_id: uuids.anna }] }], anna);
    expect(await has("arger")).toBe(1);
    const where = { kind: "constant", value: true } as const;
    await kernel.modules.commit([{ update: dishes, set: { name: "Über" }, where }], anna);
    expect([await has("arger"), await has("uber")]).toEqual([0, 1]);
  });

  test("and can be made anew from it", async () => {
    await kernel.execute(insert("dishes", [{ name: "Crème" }, { name: "toast" }]), anna);
    // As a migration finds rows from before the index: their companions are empty.
    await raw("drop trigger dishes_search_update");
    await raw("update dishes set _search_name = null");
    await raw("insert into _search_dishes(_search_dishes) values('delete-all')");
    expect(await has("creme")).toBe(0);
    const { fill = "", triggers = [] } = searchIndexOf(declarationOf(dishes)) ?? {};
    await raw(fill);
    expect([await has("creme"), await has("toast")]).toEqual([1, 1]);
    await raw(triggers.find(([name]) => name === "dishes_search_update")?.[1] ?? "");
    await kernel.execute(update("dishes", { name: "Pâté" }, { where: eq("name", "Crème") }), anna);
    expect([await has("creme"), await has("pate")]).toEqual([0, 1]);
  });

  test("a guard that undoes the write undoes it in the index", async () => {
    const two = insert("dishes", [{ name: "one" }, { name: "two", user_id: uuids.ben }]);
    await refused(kernel.execute(two, anna), "42501");
    expect(await has("one")).toBe(0);
  });
});

describe("what it costs", () => {
  const many = (word: string) => Array.from({ length: 10 }, (_, i) => `${word} ${i}`);

  test("a row written more for each row, two for a change of its words, else none", async () => {
    const written = async (intent: Intent) => {
      database.written = 0;
      await kernel.execute(intent, anna);
      return database.written;
    };
    const minimal = { answer: "minimal" } as const;
    const bodies = many("x").map((body) => ({ body }));
    const indexed = await written(insert("articles", bodies, minimal));
    const { triggers = [] } = searchIndexOf(declarationOf(articles)) ?? {};
    await raw("drop trigger articles_search_insert");
    expect(indexed).toBe((await written(insert("articles", bodies, minimal))) + 10);
    await raw(triggers.find(([name]) => name === "articles_search_insert")?.[1] ?? "");
    await kernel.execute(
      insert(
        "dishes",
        many("price").map((name) => ({ name })),
      ),
      anna,
    );
    const where = search("name", phrase("price"));
    // The transaction, and for each row itself, its record in the log and an index.
    expect(await written(update("dishes", { price: 3 }, { where, ...minimal }))).toBe(31);
    expect(await written(update("dishes", { name: "new" }, { where, ...minimal }))).toBe(41);
  });

  test("rows read are those found, and not those there", async () => {
    await raw("delete from dishes");
    await raw(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 12000)
       insert into dishes(id,user_id,name,price) select printf('d%06d', i), ?1,
         iif(i % 1000 = 7, 'rare ', 'common ') || i, i % 2 from n`,
      uuids.anna,
    );
    const cost = async (where: Filter) => {
      database.read = 0;
      const found = await rows(
        kernel,
        read("dishes", { select: ["name"], where, limit: 20 }),
        anna,
      );
      return [found.length, database.read];
    };
    const rare = search("name", phrase("rare"));
    expect(await cost(rare)).toEqual([12, 36]);
    expect(await cost(search("name", prefix("rar")))).toEqual([12, 36]);
    expect(await cost(all(rare, eq("user_id", uuids.anna), compare("price", "gte", "0")))).toEqual([
      12, 36,
    ]);
    expect(await cost(search("name", phrase("nowhere")))).toEqual([0, 1]);
    const key = eq("id", "0190eeee-0000-7000-8000-000000000001");
    expect((await cost(all(search("name", phrase("common")), key)))[1]).toBeLessThanOrEqual(12_000);
  });
});
