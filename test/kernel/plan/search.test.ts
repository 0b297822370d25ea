// The search index: what it finds, in every script; when; for whom; and what it costs.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import { createPlanner } from "../../../src/kernel/plan/plan.ts";
import type { Search } from "../../../src/kernel/plan/search-query.ts";
import { createSchema } from "../../../src/kernel/schema.ts";
import {
  all,
  any,
  call,
  compare,
  embed,
  type Filter,
  insert,
  no,
  read,
  refused,
  remove,
  rows,
  search,
  update,
} from "../ask.ts";
import { createTables, raw, strict } from "../database.ts";
import { anna, ben, fixture, kernelOf, nobodyYet, secretKey } from "../fixture.ts";
import { dishes } from "../searched-tables.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const phrase = (...words: string[]): Search => ({ phrase: words });
const prefix = (word: string): Search => ({ phrase: [word], prefix: true });

beforeAll(createTables);

async function named(where: Filter, actor: Actor = anna): Promise<unknown[]> {
  const asked = read("dishes", { select: ["name"], where, order: ["name"] });
  return (await rows(kernel, asked, actor)).map((row) => row.name);
}

describe("what is found", () => {
  const menu = [
    "Café Noir",
    "回転寿司屋",
    "Phở Bò Đặc Biệt",
    "Crème brûlée, burnt cream",
    "ต้มยำกุ้ง",
    "김치찌개",
    "plain burnt toast",
    "Don't panic",
    "🍜",
  ];

  beforeAll(async () => {
    await raw("delete from dishes");
    await kernel.execute(
      insert(
        "dishes",
        menu.map((name, i) => ({ name, story: i % 2 ? `Story of ${name}` : null })),
      ),
      anna,
    );
  });

  test.each<[string, Search, string[]]>([
    ["a word in any case, with or without its accents", phrase("CAFE"), ["Café Noir"]],
    ["with them", phrase("café"), ["Café Noir"]],
    ["Japanese without spaces", phrase("寿司"), ["回転寿司屋"]],
    ["a Han character", phrase("転"), ["回転寿司屋"]],
    ["not in another order", phrase("司寿"), []],
    ["Vietnamese", phrase("phở bò"), ["Phở Bò Đặc Biệt"]],
    ["Vietnamese as typed in a hurry", phrase("dac biet"), ["Phở Bò Đặc Biệt"]],
    ["Thai", phrase("ยำ"), ["ต้มยำกุ้ง"]],
    ["Korean", phrase("찌개"), ["김치찌개"]],
    ["a phrase", phrase("burnt", "cream"), ["Crème brûlée, burnt cream"]],
    ["a phrase in another order", phrase("cream burnt"), []],
    ["the beginning of a word", prefix("brul"), ["Crème brûlée, burnt cream"]],
    ["of a phrase's last word", { phrase: ["burnt", "to"], prefix: true }, ["plain burnt toast"]],
    ["not the middle of a word", phrase("oast"), []],
    ["both", { all: [phrase("burnt"), phrase("toast")] }, ["plain burnt toast"]],
    ["either", { some: [phrase("noir"), phrase("toast")] }, ["Café Noir", "plain burnt toast"]],
    [
      "one without the other",
      { all: [phrase("burnt"), { not: phrase("cream") }] },
      ["plain burnt toast"],
    ],
    ["not this", { all: [{ not: phrase("burnt") }, prefix("ph")] }, ["Phở Bò Đặc Biệt"]],
    ["not not", { not: { not: phrase("toast") } }, ["plain burnt toast"]],
    ["what is left of a query", { all: [phrase("🍜"), phrase("noir")] }, ["Café Noir"]],
    ["an apostrophe", phrase("don't"), ["Don't panic"]],
    ["nothing of nothing", { all: [] }, []],
    ["nothing of a picture", phrase("🍜"), []],
    ["nothing of what says nothing", { not: phrase("!") }, []],
  ])("%s", async (_, tree, expected) => {
    expect(await named(search("name", tree))).toEqual(expected);
  });

  test("in the column that was asked, and in no other", async () => {
    expect(await named(search("story", phrase("burnt")))).toEqual(["Crème brûlée, burnt cream"]);
    expect(await named(search("story", phrase("plain")))).toEqual([]);
    const either = any(search("name", phrase("plain")), search("story", phrase("panic")));
    expect(await named(either)).toEqual(["Don't panic", "plain burnt toast"]);
  });

  test("negated, without rows that hold nothing there", async () => {
    const story = search("story", phrase("burnt"));
    expect(await named(no(story))).toEqual(["Don't panic", "김치찌개", "回転寿司屋"].sort());
    expect(await named(no(no(story)))).toEqual(["Crème brûlée, burnt cream"]);
    const neither = no(any(story, search("name", phrase("panic"))));
    expect(await named(neither)).toEqual(["김치찌개", "回転寿司屋"].sort());
    expect(await named(search("story", { not: phrase("burnt") }))).toHaveLength(3);
  });

  test("beside other filters, counted, in embeds and in writes' filters", async () => {
    const burnt = search("name", phrase("burnt"));
    expect(await named(all(burnt, compare("name", "gt", "a")))).toEqual(["plain burnt toast"]);
    const counted = await kernel.execute(
      read("dishes", { where: burnt, limit: 1, count: "exact" }),
      anna,
    );
    expect([counted.rows.length, counted.total]).toEqual([1, 2]);
    const plain = all(burnt, search("name", phrase("plain")));
    const priced = update("dishes", { price: 4 }, { where: plain, select: ["name", "id"] });
    const [dish] = await rows(kernel, priced, anna);
    expect(dish?.name).toBe("plain burnt toast");
    const bodies = ["on burning", "on toast"].map((body) => ({ body, dish_id: dish?.id }));
    await kernel.execute(insert("articles", bodies), anna);
    const inside = embed("articles", { select: ["body"], where: search("body", phrase("burns")) });
    const asked = read("dishes", { select: ["name", inside], where: plain });
    expect(await rows(kernel, asked, anna)).toEqual([
      { name: "plain burnt toast", articles: [{ body: "on burning" }] },
    ]);
    await raw("delete from articles");
    const gone = remove("dishes", { where: search("name", phrase("noir")), select: ["name"] });
    expect(await rows(kernel, gone, anna)).toEqual([{ name: "Café Noir" }]);
  });
});

describe("English", () => {
  const bodies = ["The cats were running", "A runner and his cat", "To be or not to be", null];
  const found = async (tree: Search, config?: string) => {
    const where = search("body", tree, config);
    return (await rows(kernel, read("articles", { where, order: ["body"] }), anna)).map(
      (r) => r.body,
    );
  };
  beforeAll(async () => {
    await kernel.execute(
      insert(
        "articles",
        bodies.map((body) => ({ body })),
      ),
      secretKey,
    );
  });

  test("is found by its stems, without its stop words", async () => {
    expect(await found(phrase("CAT"))).toEqual(["A runner and his cat", "The cats were running"]);
    expect(await found({ all: [phrase("the"), phrase("runs")] })).toEqual([
      "The cats were running",
    ]);
    expect(await found(phrase("the"))).toEqual([]);
    expect(await found({ all: [phrase("cat"), { not: phrase("the") }] })).toHaveLength(2);
    // Within a phrase they count.
    expect(await found(phrase("or", "not", "to"))).toEqual(["To be or not to be"]);
    expect(await found(phrase("cat"), "english")).toHaveLength(2);
  });

  test("is not found elsewhere by its stems", async () => {
    await kernel.execute(insert("dishes", { name: "running cats" }), anna);
    expect(await named(search("name", phrase("cat")))).toEqual([]);
    expect(await named(search("name", phrase("the")))).toEqual([]);
  });
});

describe("who may find", () => {
  beforeAll(async () => {
    await raw("delete from dishes");
    await kernel.execute(insert("dishes", { name: "secret recipe", price: 7 }), ben);
    await kernel.execute(insert("dishes", { name: "open recipe" }), ben);
  });

  test.each<[string, Actor, unknown[]]>([
    ["its owner", ben, ["open recipe", "secret recipe"]],
    ["somebody else", anna, ["open recipe"]],
    ["a guest", nobodyYet, ["open recipe"]],
    ["the service", secretKey, ["open recipe", "secret recipe"]],
  ])("%s", async (_, actor, expected) => {
    expect(await named(search("name", phrase("recipe")), actor)).toEqual(expected);
    expect(await named(no(search("name", phrase("open"))), actor)).toEqual(
      expected.filter((name) => name === "secret recipe"),
    );
    const counted = read("dishes", { where: search("name", phrase("recipe")), count: "exact" });
    expect((await kernel.execute(counted, actor)).total).toBe(expected.length);
  });

  test("a column that is not searchable is refused, with those that are", async () => {
    const ask = (column: string, table = "dishes", config?: string) =>
      kernel.execute(read(table, { where: search(column, phrase("x"), config) }), anna);
    await refused(ask("plain"), "not_searchable", {
      hint: "Searchable in 'dishes': name, story.",
    });
    await refused(ask("note", "orders"), "not_searchable", {
      hint: "Searchable in 'orders': no column.",
    });
    await refused(ask("price"), "not_searchable");
    await refused(ask("secret", "orders"), "42703");
    await refused(ask("_search_name"), "42703");
    const path = search({ column: "doc", path: ["a"], text: true }, phrase("x"));
    await refused(kernel.execute(read("orders", { where: path }), anna), "not_searchable");
    await refused(ask("name", "dishes", "english"), "not_searchable", {
      hint: "'name' is searchable as simple.",
    });
    expect(await named(search("name", phrase("open"), "simple"))).toEqual(["open recipe"]);
  });

  test("the rows of a function on the table", async () => {
    const found = createPlanner(
      createSchema([
        {
          ...fixture,
          functions: [
            {
              name: "twice",
              params: {},
              relation: {
                of: dishes,
                columns: { twice: "integer" },
                sql: ({ source }) => `select s.*, s.price * 2 as twice from ${source} s`,
              },
            },
          ],
        },
      ]),
    );
    const asked = call("twice", {}, { where: search("name", phrase("recipe")), select: ["name"] });
    const plan = found.plan(asked.shape, "anon", false);
    if (plan.kind !== "read") throw new Error("a relation is read");
    const bind = { values: asked.values, actor: nobodyYet, now: "", rows: "" };
    const params = plan.page.binders.map((binder) => binder(bind));
    expect(await raw(plan.page.sql, ...params)).toEqual([{ j: '{"name":"open recipe"}' }]);
  });
});
