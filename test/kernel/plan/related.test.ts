import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "../../../src/kernel/actor.ts";
import { problemOf } from "../../../src/kernel/errors.ts";
import {
  type Asking,
  compare,
  embed,
  eq,
  insert,
  is,
  read,
  refused,
  rows,
  type Selected,
} from "../ask.ts";
import { createTables, raw, strict } from "../database.ts";
import { anna, ben, kernelOf, nobodyYet, secretKey, uuids } from "../fixture.ts";

const database = strict(env.DB);
const kernel = kernelOf({ db: database.db });
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const shop = (n: number) => `0190ffff-0000-7000-8000-00000000000${n}`;
const tag = (n: number) => `0190dddd-0000-7000-8000-00000000000${n}`;

beforeAll(async () => {
  await createTables();
  const put = (table: string, list: Record<string, unknown>[]) =>
    kernel.execute(insert(table, list, { answer: "minimal" }), secretKey);
  await put("orders", [
    { id: id(1), user_id: uuids.anna, note: "first", total: 1 },
    { id: id(2), user_id: uuids.anna, note: "second", total: 2 },
    { id: id(3), user_id: uuids.ben, note: "canary-ben", total: 3 },
  ]);
  const names = ["red", "green", "blue"];
  await put(
    "tags",
    names.map((name, i) => ({ id: tag(i + 1), name })),
  );
  const join = (order: number, of: number, user_id = uuids.anna) => ({
    ...{ order_id: id(order), tag_id: tag(of), user_id, weight: order * 10 + of },
  });
  await put("taggings", [join(1, 1), join(1, 2), join(2, 2), join(2, 3, uuids.ben), join(3, 1)]);
  await put(
    "shops",
    [1, 2, 3].map((n) => ({ id: shop(n), name: `s${n}` })),
  );
  await put("follows", [
    { follower_id: shop(1), followed_id: shop(2) },
    { follower_id: shop(1), followed_id: shop(3) },
    { follower_id: shop(2), followed_id: shop(1) },
  ]);
  await raw(
    `insert into transfers(id, from_shop, to_shop, after) values
     ('a', ?1, ?2, null), ('b', ?1, ?2, 'a'), ('c', ?1, ?2, 'a'), ('d', ?1, ?2, 'b')`,
    shop(1),
    shop(2),
  );
});

const ask = (table: string, asking: Asking, actor: Actor = anna) =>
  rows(kernel, read(table, asking), actor);

describe("many to many", () => {
  const tags = (...more: Selected[]) =>
    embed("tags", { select: ["name", ...more], order: ["name"] });

  test("through a join table, from either side, in one statement", async () => {
    const trips = database.trips;
    expect(await ask("orders", { select: ["note", tags()], order: ["total"] })).toEqual([
      { note: "first", tags: [{ name: "green" }, { name: "red" }] },
      { note: "second", tags: [{ name: "green" }] },
    ]);
    expect(database.trips - trips).toBe(1);
    const orders = embed("orders", { select: ["note"], order: ["total"] });
    expect(await ask("tags", { select: ["name", orders], order: ["name.desc"] })).toEqual([
      { name: "red", orders: [{ note: "first" }] },
      { name: "green", orders: [{ note: "first" }, { note: "second" }] },
      { name: "blue", orders: [] },
    ]);
  });

  test("filtered, paged, summed up; and parents by them", async () => {
    const some = embed("tags", {
      ...{ select: ["name"], where: compare("name", "gt", "h"), join: "inner", limit: 1 },
    });
    expect(await ask("orders", { select: ["note", some] })).toEqual([
      { note: "first", tags: [{ name: "red" }] },
    ]);
    const count = embed("tags", { select: [{ count: true }] });
    expect(await ask("orders", { select: [count], order: ["total"] })).toEqual([
      { tags: [{ count: 2 }] },
      { tags: [{ count: 1 }] },
    ]);
    const none = { select: ["name", embed("orders", { select: [] })], where: is("orders", "null") };
    expect(await ask("tags", none)).toEqual([{ name: "blue" }]);
  });

  test("the rows of the join table must be visible too, and so must those joined", async () => {
    // Ben tagged Anna's order blue; Anna tagged Ben's red.
    const text = async (actor: Actor) =>
      JSON.stringify([
        await ask("orders", { select: ["note", tags()] }, actor),
        await ask("tags", { select: ["name", embed("orders", { select: ["note"] })] }, actor),
      ]);
    const seen = await text(ben);
    expect(seen).toContain('{"note":"canary-ben","tags":[]}');
    expect(await text(anna)).not.toMatch(/canary|"second","tags":\[[^\]]*blue/);
    const [, , blue] = await ask(
      "tags",
      { select: ["name", embed("orders", { select: ["note"] })], order: ["name.desc"] },
      secretKey,
    );
    expect(blue).toEqual({ name: "blue", orders: [{ note: "second" }] });
    const byGuest = ask("tags", { select: ["name", embed("orders", { select: [] })] }, nobodyYet);
    expect(await byGuest).toHaveLength(3);
    const joined = { select: ["name", embed("orders", { select: [], join: "inner" as const })] };
    expect(await ask("tags", joined, nobodyYet)).toEqual([]);
  });

  test("and with the columns of the join table, by way of it", async () => {
    const spread = embed("tags", { select: ["name"], spread: true });
    const way = embed("taggings", { alias: "tags", select: ["weight", spread], order: ["weight"] });
    expect(await ask("orders", { select: [way], where: eq("id", id(1)) })).toEqual([
      {
        tags: [
          { weight: 11, name: "red" },
          { weight: 12, name: "green" },
        ],
      },
    ]);
  });

  test("there and back once", async () => {
    const back = (...inner: Selected[]) => embed("orders", { select: ["note", ...inner] });
    const [first] = await ask("orders", { select: [tags(back())], where: eq("id", id(1)) });
    expect(first).toEqual({
      tags: [
        { name: "green", orders: [{ note: "first" }, { note: "second" }] },
        { name: "red", orders: [{ note: "first" }] },
      ],
    });
    await refused(ask("orders", { select: [tags(back(tags()))] }), "embed_too_large");
  });

  test("joins that do not tell their sides apart need the column of one", async () => {
    const followed = embed("shops", {
      ...{ alias: "follows", hint: "followed_id", select: ["name"], order: ["name"] },
    });
    const followers = embed("shops", { alias: "by", hint: "follower_id", select: ["name"] });
    expect(
      await ask("shops", { select: ["name", followed, followers], where: eq("id", shop(1)) }),
    ).toEqual([{ name: "s1", follows: [{ name: "s2" }, { name: "s3" }], by: [{ name: "s2" }] }]);
    await refused(ask("shops", { select: [embed("shops", { hint: "follows" })] }), "PGRST201", {
      table: "shops",
      relation: "shops",
      choices: "'shops!followed_id', 'shops!follower_id'",
    });
  });
});

describe("a table to itself", () => {
  test("its parent by the column, its children by the table's name and any hint", async () => {
    const parent = embed("after", { select: ["id"] });
    const children = (hint?: string) =>
      embed("transfers", { select: ["id"], order: ["id"], ...(hint && { hint }) });
    for (const way of [children(), children("after"), children("transfers_after_fkey")]) {
      expect(await ask("transfers", { select: ["id", parent, way], order: ["id"] })).toEqual([
        { id: "a", after: null, transfers: [{ id: "b" }, { id: "c" }] },
        { id: "b", after: { id: "a" }, transfers: [{ id: "d" }] },
        { id: "c", after: { id: "a" }, transfers: [] },
        { id: "d", after: { id: "b" }, transfers: [] },
      ]);
    }
    const up = embed("transfers_after_fkey", { alias: "up", select: ["id", parent] });
    expect(await ask("transfers", { select: [up], order: ["id.desc"], limit: 1 })).toEqual([
      { up: { id: "b", after: { id: "a" } } },
    ]);
  });
});

describe("more than one way", () => {
  test("is told with all of them, as PostgREST words it", async () => {
    const error = await refused(ask("transfers", { select: [embed("shops")] }), "PGRST201");
    expect(problemOf(error)).toMatchObject({
      status: 300,
      message:
        "Could not embed because more than one relationship was found for 'transfers' and 'shops'",
      hint:
        "Try changing 'shops' to one of the following: 'shops!transfers_from_shop_fkey', " +
        "'shops!transfers_to_shop_fkey'. Find the desired relationship in the 'details' key.",
      details: [
        {
          cardinality: "many-to-one",
          embedding: "transfers with shops",
          relationship: "transfers_from_shop_fkey using transfers(from_shop) and shops(id)",
        },
        {
          cardinality: "many-to-one",
          embedding: "transfers with shops",
          relationship: "transfers_to_shop_fkey using transfers(to_shop) and shops(id)",
        },
      ],
    });
    expect(JSON.stringify(problemOf(error))).not.toContain("hidden_shop");
    const back = await refused(ask("shops", { select: [embed("transfers")] }), "PGRST201");
    expect(back.details).toContainEqual({
      cardinality: "one-to-many",
      embedding: "shops with transfers",
      relationship: "transfers_to_shop_fkey using shops(id) and transfers(to_shop)",
    });
    const joined = await refused(ask("shops", { select: [embed("shops")] }), "PGRST201");
    expect(joined.details).toContainEqual({
      cardinality: "many-to-many",
      embedding: "shops with shops",
      relationship:
        "follows using follows_follower_id_fkey(follower_id) and " +
        "follows_followed_id_fkey(followed_id)",
    });
  });

  test("none at all says what was looked for", async () => {
    const error = await refused(
      ask("orders", { select: [embed("tags", { hint: "lines" })] }),
      "PGRST200",
    );
    expect(problemOf(error).details).toBe(
      "Searched for a foreign key relationship between 'orders' and 'tags' using the hint " +
        "'lines' in the schema 'public', but no matches were found.",
    );
    // Two foreign keys that no unique key holds join nothing.
    await refused(ask("orders", { select: [embed("shops")] }), "PGRST200");
  });
});
