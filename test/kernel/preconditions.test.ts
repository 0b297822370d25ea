// If-Match, max-affected, single: what must hold before a write. And dry runs, which never happen.
import { beforeAll, describe, expect, test } from "vitest";
import {
  embed,
  eq,
  ignore,
  insert,
  is,
  read,
  refused,
  remove,
  rows,
  update,
  upsert,
} from "./ask.ts";
import { changesNothing, createTables, raw } from "./database.ts";
import { anna, ben, kernelOf, secretKey, uuids } from "./fixture.ts";

const kernel = kernelOf();
const id = (n: number) => `0190eeee-0000-7000-8000-00000000000${n}`;
const each = is("id", "not_null");
const keyed = (key: string) => ({ idempotency: { route: "r", key, hash: "h" } });

beforeAll(async () => {
  await createTables();
  await kernel.execute(
    insert(
      "orders",
      [1, 2, 3].map((n) => ({ id: id(n), user_id: uuids.anna, total: n })),
    ),
    secretKey,
  );
  await kernel.execute(insert("orders", { id: id(4), user_id: uuids.ben, total: 4 }), secretKey);
});

const version = async (n: number) =>
  (await raw<{ _v: number }>("select _v from orders where id = ?", id(n)))[0]?._v;

describe("If-Match", () => {
  test("the version read is the version written", async () => {
    const { version: read1 = 0 } = await kernel.execute(
      read("orders", { where: eq("id", id(1)), single: true }),
      anna,
    );
    const { version: next = 0 } = await kernel.execute(
      update("orders", { note: "a" }, { where: eq("id", id(1)), ifMatch: read1 }),
      anna,
    );
    expect(next).toBe(read1 + 1);
    await changesNothing(async () => {
      for (const execution of [{}, keyed("stale")]) {
        await refused(
          kernel.execute(
            update("orders", { note: "b" }, { where: eq("id", id(1)), ifMatch: read1 }),
            anna,
            execution,
          ),
          "precondition_failed",
        );
        await refused(
          kernel.execute(
            remove("orders", { where: eq("id", id(1)), ifMatch: read1 }),
            anna,
            execution,
          ),
          "precondition_failed",
        );
      }
    });
    expect(
      (
        await kernel.execute(
          update("orders", { note: "b" }, { where: eq("id", id(1)), ifMatch: next }),
          anna,
        )
      ).version,
    ).toBe(next + 1);
  });

  test("of several rows all must have it; of none, it fails", async () => {
    await changesNothing(() =>
      refused(
        kernel.execute(update("orders", { note: "x" }, { where: each, ifMatch: 1 }), anna),
        "precondition_failed",
      ),
    );
    await changesNothing(() =>
      refused(
        kernel.execute(
          update("orders", { note: "x" }, { where: eq("id", uuids.other), ifMatch: 1 }),
          anna,
        ),
        "precondition_failed",
      ),
    );
    expect(
      (
        await kernel.execute(
          update("orders", { note: "x" }, { where: eq("total", "2"), ifMatch: 1 }),
          anna,
        )
      ).rows,
    ).toHaveLength(1);
  });

  test("one of several versions is enough, and any is meant by a star", async () => {
    const note = (n: number, ifMatch: number[] | "*") =>
      update("orders", { note: "x" }, { where: eq("id", id(n)), ifMatch });
    const v = (await version(1)) ?? 0;
    await changesNothing(async () => {
      await refused(kernel.execute(note(1, [v + 1, v + 2]), anna), "precondition_failed");
      await refused(kernel.execute(note(8, "*"), anna), "precondition_failed");
      await refused(kernel.execute(note(4, "*"), anna), "precondition_failed");
      const gone = remove("orders", { where: eq("id", id(8)), ifMatch: "*" });
      await refused(kernel.execute(gone, anna), "precondition_failed");
    });
    expect(await kernel.execute(note(1, [v + 1, v]), anna)).toMatchObject({ version: v + 1 });
    expect(await kernel.execute(note(1, "*"), anna)).toMatchObject({ version: v + 2 });
  });

  test("twenty writers with one version: one writes", async () => {
    const v = await version(3);
    const all = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        kernel.execute(
          update("orders", { note: `w${i}` }, { where: eq("id", id(3)), ifMatch: v ?? 0 }),
          anna,
        ),
      ),
    );
    expect(all.filter((r) => r.status === "fulfilled")).toHaveLength(1);
    expect(await version(3)).toBe((v ?? 0) + 1);
  });

  test("on an upsert: the row must be there, in that version", async () => {
    const v = (await version(2)) ?? 0;
    const put = (n: number, ifMatch: number) =>
      upsert("orders", { id: id(n), note: "put" }, ["id"], { ifMatch });
    await changesNothing(async () => {
      await refused(kernel.execute(put(2, v + 1), anna), "precondition_failed");
      await refused(kernel.execute(put(8, 1), anna), "precondition_failed");
      await refused(kernel.execute(put(4, 1), anna), "precondition_failed");
      await refused(
        kernel.execute(ignore("orders", { id: id(2) }, ["id"], { ifMatch: v }), anna),
        "precondition_failed",
      );
    });
    expect(await kernel.execute(put(2, v), anna)).toMatchObject({ created: false, version: v + 1 });
    const star = (n: number) => upsert("orders", { id: id(n) }, ["id"], { ifMatch: "*" });
    await changesNothing(() => refused(kernel.execute(star(8), anna), "precondition_failed"));
    expect(await kernel.execute(star(2), anna)).toMatchObject({ version: v + 2 });
  });

  test("on an upsert: the row must not be there", async () => {
    const put = (n: number) => upsert("orders", { id: id(n) }, ["id"], { ifNoneMatch: true });
    await changesNothing(async () => {
      await refused(kernel.execute(put(2), anna), "precondition_failed");
      // Another's row: that it is there is not for the caller to know.
      await refused(kernel.execute(put(4), anna), "42501");
    });
    expect(await kernel.execute(put(8), anna)).toMatchObject({ created: true });
    await kernel.execute(remove("orders", { where: eq("id", id(8)) }), anna);
  });
});

describe("max-affected and single", () => {
  test("more rows than allowed abort before the effect", async () => {
    await changesNothing(async () => {
      await refused(
        kernel.execute(update("orders", { label: "x" }, { where: each, maxAffected: 2 }), anna),
        "PGRST124",
        { max: "2" },
      );
      await refused(
        kernel.execute(remove("orders", { where: each, maxAffected: 0 }), anna),
        "PGRST124",
      );
      await refused(
        kernel.execute(remove("orders", { where: each, maxAffected: 2 }), anna, keyed("max")),
        "PGRST124",
      );
    });
    // Ben's row does not count among Anna's three.
    expect(
      (
        await kernel.execute(
          update("orders", { label: "x" }, { where: each, maxAffected: 3 }),
          anna,
        )
      ).rows,
    ).toHaveLength(3);
  });

  test("one row is wanted: none or several abort before the effect", async () => {
    await changesNothing(async () => {
      for (const answer of ["minimal", "representation"] as const) {
        await refused(
          kernel.execute(
            update("orders", { label: "y" }, { where: each, single: true, answer }),
            anna,
          ),
          "PGRST116",
          { count: "3" },
        );
        await refused(
          kernel.execute(remove("orders", { where: each, single: true, answer }), anna),
          "PGRST116",
          { count: "3" },
        );
        await refused(
          kernel.execute(remove("orders", { where: eq("id", id(4)), single: true, answer }), anna),
          "PGRST116",
          { count: "0" },
        );
      }
      await refused(
        kernel.execute(remove("orders", { where: each, single: true }), anna, keyed("single")),
        "PGRST116",
      );
    });
    expect(
      (
        await kernel.execute(
          update("orders", { label: "y" }, { where: eq("id", id(1)), single: true }),
          anna,
        )
      ).rows,
    ).toHaveLength(1);
  });
});

describe("one row, of a page that leaves it out", () => {
  test.each([{ limit: 0 }, { offset: 1 }, { limit: 5, offset: 3 }])("%j", async (page) => {
    const one = { single: true, ...page };
    await changesNothing(async () => {
      const where = eq("id", id(1));
      for (const execution of [{}, keyed("page")]) {
        for (const intent of [
          insert("orders", { note: "x" }, one),
          insert("charges", { amount: 1 }, one),
          upsert("orders", { id: id(1), note: "x" }, ["id"], one),
          update("orders", { note: "x" }, { where, ...one }),
          remove("orders", { where, ...one }),
        ]) {
          await refused(kernel.execute(intent, anna, execution), "PGRST116", { count: 0 });
        }
      }
      await refused(kernel.execute(insert("orders", { note: "x" }, { limit: -1 }), anna), "22P02");
    });
    const most = insert("orders", { note: "page" }, { single: true, limit: 1, offset: 0 });
    expect((await kernel.execute(most, anna)).rows).toHaveLength(1);
    await raw("delete from orders where note = 'page'");
  });
});

describe("a dry run", () => {
  const dry = { dryRun: true };

  test("answers as the write would, and changes nothing, not even its transaction", async () => {
    const before = await version(1);
    await changesNothing(async () => {
      expect(
        await rows(
          kernel,
          insert(
            "orders",
            { note: "x: SQLITE_CONSTRAINT (extended: no)" },
            { select: ["note"], ...dry },
          ),
          anna,
        ),
      ).toEqual([{ note: "x: SQLITE_CONSTRAINT (extended: no)" }]);
      expect(
        await rows(
          kernel,
          update(
            "orders",
            { note: "dry" },
            { where: eq("id", id(1)), select: ["id", "note"], ...dry },
          ),
          anna,
        ),
      ).toEqual([{ id: id(1), note: "dry" }]);
      expect(
        await kernel.execute(
          update(
            "orders",
            { note: "dry" },
            { where: eq("id", id(1)), answer: "minimal", count: "exact", ...dry },
          ),
          anna,
        ),
      ).toMatchObject({ rows: [], total: 1, version: (before ?? 0) + 1 });
      const three = remove("orders", {
        where: each,
        select: ["total", embed("lines")],
        order: ["total.desc"],
        ...dry,
      });
      expect(await rows(kernel, three, anna)).toEqual(
        [3, 2, 1].map((total) => ({ total, lines: [] })),
      );
      const put = upsert(
        "orders",
        [
          { id: id(1), note: "a" },
          { id: id(9), note: "b" },
        ],
        ["id"],
        { select: ["note"], order: ["note.desc"], ...dry },
      );
      const answer = await kernel.execute(put, anna);
      expect(answer).toMatchObject({ created: true, rows: ['{"note":"b"}', '{"note":"a"}'] });
      expect(answer.replayed).toBeUndefined();
      expect(
        await rows(
          kernel,
          ignore(
            "orders",
            [
              { id: id(1), note: "a" },
              { id: id(9), note: "b" },
            ],
            ["id"],
            { select: ["note"], ...dry },
          ),
          anna,
        ),
      ).toEqual([{ note: "b" }]);
    });
  });

  test("refuses what the write would refuse", async () => {
    await changesNothing(async () => {
      await refused(kernel.execute(insert("orders", { id: id(1) }, dry), anna), "23505");
      await refused(kernel.execute(insert("orders", { user_id: uuids.ben }, dry), anna), "42501");
      await refused(
        kernel.execute(update("orders", { total: 5_000_000 }, { where: each, ...dry }), anna),
        "23514",
      );
    });
  });

  test("leaves its idempotency key for the real one", async () => {
    const same = (dryRun: boolean) =>
      insert("orders", { note: "real" }, { select: ["note"], dryRun });
    await changesNothing(() => kernel.execute(same(true), anna, keyed("k1")));
    const real = await kernel.execute(same(false), anna, keyed("k1"));
    expect(real.replayed).toBeUndefined();
    expect(await raw("select note from orders where note = 'real'")).toHaveLength(1);
  });

  test("of an answer too large is refused", async () => {
    const list = Array.from({ length: 10 }, () => ({ note: "x".repeat(40_000) }));
    await changesNothing(() =>
      refused(kernel.execute(insert("orders", list, dry), anna), "answer_too_large"),
    );
    await changesNothing(() =>
      kernel.execute(insert("orders", list, { answer: "minimal", ...dry }), ben),
    );
  });
});
