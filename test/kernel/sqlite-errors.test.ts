// From the database's words to a refusal, and from a refusal to what is sent.
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { kernelCatalogue, problemOf, Refusal } from "../../src/kernel/errors.ts";
import { guardSql, raisedBy } from "../../src/kernel/plan/guard.ts";
import { refusalOf } from "../../src/kernel/sqlite-errors.ts";
import { declarationOf, id, integer, table, text } from "../../src/kernel/table.ts";
import { orders, shops, tables } from "./tables.ts";

const declared = tables.map(declarationOf);
const said = (message: string) => refusalOf(new Error(message), declared);

/** What the database itself raises for a guard. */
async function raised(
  code: string,
  params: Record<string, string>,
  when: string,
): Promise<Refusal | undefined> {
  const error = await env.DB.prepare(guardSql(code, params, when))
    .run()
    .then(
      () => undefined,
      (e: Error) => e,
    );
  return error && raisedBy(error.message);
}

describe("a guard", () => {
  test("raises its code and what it names, or nothing", async () => {
    expect(await raised("412", {}, "where 1 = 0")).toBeUndefined();
    expect(await raised("412", {}, "")).toMatchObject({ code: "412", params: {} });
    expect(await raised("42501", { table: "'a b'", row: "(1 + 1)" }, "where 1")).toMatchObject({
      code: "42501",
      params: { table: "a b", row: "2" },
    });
    expect(await raised("rollback", { body: "'x'" }, "")).toMatchObject({
      code: "rollback",
      params: { body: "body=x" },
    });
  });

  test("is read only from the start of the message, and to its end", () => {
    expect(
      raisedBy("D1_ERROR: UNIQUE constraint failed: vtb:42501: SQLITE_CONSTRAINT"),
    ).toBeUndefined();
    expect(raisedBy("vtb:42501: SQLITE_CONSTRAINT")).toBeUndefined();
    const body = '[[1,{"note":": SQLITE_CONSTRAINT (x): SQLITE_CONSTRAINT\\n"}]]';
    const tail = ": SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)";
    const message = `D1_ERROR: vtb:rollback:${body}${tail}`;
    expect(raisedBy(message)?.params.body).toBe(body);
    expect(
      raisedBy("D1_ERROR: vtb:412: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)"),
    ).toMatchObject({ code: "412", params: {} });
    expect(raisedBy("D1_ERROR: vtb:412: SQLITE_CONSTRAINT")).toMatchObject({
      code: "412",
      params: {},
    });
  });
});

describe("what the database says", () => {
  const tail = ": SQLITE_CONSTRAINT (extended: X)";
  test.each<[string, string, Record<string, unknown>]>([
    [
      `D1_ERROR: UNIQUE constraint failed: lines.order_id, lines.name${tail}`,
      "23505",
      { table: "lines", columns: "order_id, name" },
    ],
    [
      `D1_ERROR: UNIQUE constraint failed: orders.secret${tail}`,
      "23505",
      { table: "orders", columns: undefined },
    ],
    [
      `D1_ERROR: UNIQUE constraint failed: private__sessions.id${tail}`,
      "23505",
      { table: "sessions", columns: "id" },
    ],
    [
      `D1_ERROR: NOT NULL constraint failed: orders.total${tail}`,
      "23502",
      { table: "orders", column: "total" },
    ],
    [
      `D1_ERROR: CHECK constraint failed: shops_stock${tail}`,
      "23514",
      { table: "shops", constraint: "shops_stock", condition: "stock >= 0" },
    ],
    [`D1_ERROR: FOREIGN KEY constraint failed${tail}`, "23503", {}],
    ["D1_ERROR: string or blob too big: SQLITE_TOOBIG", "row_too_large", {}],
    ["D1_ERROR: Expression tree is too large (maximum depth 100)", "statement_too_large", {}],
    ["D1_ERROR: database is locked: SQLITE_BUSY", "unavailable", {}],
    ["D1_ERROR: D1 DB is overloaded. Too many requests queued.", "unavailable", {}],
    ["Network connection lost.", "unavailable", {}],
    ["D1_ERROR: Durable Object reset because its code was updated.", "unavailable", {}],
    ["D1_ERROR: internal error; reference = abc", "unavailable", {}],
  ])("%s", (message, code, params) => {
    expect(said(message)).toMatchObject({ code, params });
  });

  test("a database that lacks what is declared is not migrated, and the log is told what", () => {
    for (const message of [
      "D1_ERROR: no such table: shops: SQLITE_ERROR",
      "D1_ERROR: no such column: t1.opened at offset 7: SQLITE_ERROR",
      "D1_ERROR: table shops has no column named opened: SQLITE_ERROR",
    ]) {
      const refusal = said(message);
      expect(refusal).toMatchObject({ code: "not_migrated", params: {} });
      expect(String(refusal?.cause)).toContain(message);
    }
  });

  test("a check says its condition, unless that names a hidden column", () => {
    const declaration = { policy: {}, example: () => ({}) };
    const checks = { pin: "length(pin) = 4 or open", open: "open in (0, 1)" };
    const safe = declarationOf(
      table(
        "safes",
        { id: id(), pin: text({ hidden: true }), open: integer() },
        { ...declaration, checks },
      ),
    );
    const details = (name: string) => {
      const refusal = refusalOf(new Error(`CHECK constraint failed: safes_${name}`), [safe]);
      return refusal && problemOf(refusal).details;
    };
    expect(details("open")).toBe("The row must satisfy: open in (0, 1)");
    expect(details("pin")).toBeNull();
    expect(details("id_json")).toBeNull();
  });

  test("a check belongs to the table with the longest name that fits", () => {
    const lines = declarationOf(
      table("orders_lines", { id: id() }, { policy: {}, example: () => ({}) }),
    );
    const both = [declarationOf(orders), lines, declarationOf(shops)];
    expect(
      refusalOf(new Error("CHECK constraint failed: orders_lines_n"), both)?.params.table,
    ).toBe("orders_lines");
    expect(refusalOf(new Error("CHECK constraint failed: orders_total"), both)?.params.table).toBe(
      "orders",
    );
  });

  test("a refusal stays what it is; anything else is none", () => {
    const own = new Refusal("42501");
    expect(refusalOf(own, declared)).toBe(own);
    expect(said('D1_ERROR: near "x": syntax error')).toBeUndefined();
    expect(refusalOf("text", declared)).toBeUndefined();
  });
});

describe("what is sent", () => {
  test("the four questions, and RFC 9457's members", () => {
    expect(problemOf(new Refusal("23505", { table: "lines", columns: "a, b" }))).toEqual({
      type: "/errors/23505",
      title: expect.any(String),
      status: 409,
      code: "23505",
      hint: null,
      detail: 'duplicate key value violates a unique constraint of "lines"',
      message: 'duplicate key value violates a unique constraint of "lines"',
      details: "A row with the same (a, b) exists.",
    });
  });

  test("a sentence that needs what nobody gave is left out", () => {
    expect(
      problemOf(new Refusal("23505", { table: "lines", columns: undefined })).details,
    ).toBeNull();
    expect(problemOf(new Refusal("PGRST205", { table: "x" })).hint).toBeNull();
  });

  test("a code nobody knows is an internal error, and says nothing", () => {
    const problem = problemOf(new Refusal("canary", { path: "/etc" }));
    expect(problem).toMatchObject({ status: 500, code: "internal" });
    expect(JSON.stringify(problem)).not.toMatch(/canary|etc/);
  });

  test("every refusal has a sentence and a status, and no two titles hold a hole", () => {
    for (const [code, entry] of Object.entries(kernelCatalogue)) {
      expect(entry.status, code).toBeGreaterThanOrEqual(300);
      expect(problemOf(new Refusal(code)).title, code).not.toMatch(/[{}]/);
    }
  });
});
