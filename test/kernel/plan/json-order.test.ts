// JSON values are compared and ordered as PostgreSQL has them for jsonb, not as texts.
import { beforeAll, describe, expect, test } from "vitest";
import { all, compare, type Filter, insert, read, rows, rowsOf, update } from "../ask.ts";
import { createTables } from "../database.ts";
import { ben, kernelOf } from "../fixture.ts";

const kernel = kernelOf();

describe("JSON values in their order", () => {
  const n = { column: "doc", path: ["n"] };
  const held = [5, 25, 100, "7", true, null, "a", [1], { a: 1 }, 5.5];
  const show = (list: Record<string, unknown>[]) => list.map((row) => Object(row.doc).n);
  const ask = (asking: Parameters<typeof read>[1]) =>
    rows(kernel, read("orders", { select: ["doc"], ...asking }), ben).then(show);
  const some = (where: Filter) => ask({ where, order: ["total"] });

  beforeAll(async () => {
    await createTables();
    const given = held.map((value, i) => ({ doc: { n: value }, total: 400 + i }));
    await kernel.execute(insert("orders", given, { answer: "minimal" }), ben);
  });
  test("numbers are numbers, and other types stand as in jsonb", async () => {
    expect(await some(compare(n, "gt", "20"))).toEqual([25, 100, true, [1], { a: 1 }]);
    expect(await some(compare(n, "lt", "20"))).toEqual([5, "7", null, "a", 5.5]);
    expect(await some(compare(n, "lte", "5"))).toEqual([5, "7", null, "a"]);
    expect(await some(compare(n, "gte", '"a"'))).not.toContain("7");
    expect(await some(compare(n, "gt", "false"))).toEqual([true, [1], { a: 1 }]);
    expect(await some(compare(n, "eq", "5"))).toEqual([5]);
    const where = all(compare(n, "gt", "20"), compare("total", "eq", "400"));
    const changed = update("orders", { note: "changed" }, { where, count: "exact" });
    expect((await kernel.execute(changed, ben)).total).toBe(0);
  });

  test("and rows are ordered by them, page after page", async () => {
    const sorted = [null, "7", "a", 5, 5.5, 25, 100, true, [1], { a: 1 }];
    const where = compare("total", "gte", "400");
    expect(await ask({ where, order: [{ field: n }] })).toEqual(sorted);
    const down = [{ field: n, descending: true }];
    expect(await ask({ where, order: down })).toEqual(sorted.toReversed());
    const pages: unknown[] = [];
    let cursor: string | undefined = "";
    for (let page = 0; cursor !== undefined && page < 9; page++) {
      const asking = { select: ["doc"], where, order: down, limit: 3, cursor };
      const answer: Awaited<ReturnType<typeof kernel.execute>> = await kernel.execute(
        read("orders", asking),
        ben,
      );
      pages.push(...show(rowsOf(answer)));
      cursor = answer.next;
    }
    expect(pages).toEqual(sorted.toReversed());
    const touched = update("orders", { note: "x" }, { where, order: [{ field: n }] });
    expect(show(await rows(kernel, touched, ben))).toEqual(sorted);
  });
});
