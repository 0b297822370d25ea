// Declarations: what throws at start, and what names mean.
import { sql } from "drizzle-orm";
import { integer as drizzleInteger, sqliteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";
import { isExposed, isWatched, triggersOf } from "../../src/kernel/after/changes.ts";
import { problemOf, Refusal } from "../../src/kernel/errors.ts";
import { policyOf } from "../../src/kernel/policy.ts";
import { everyone, nobody } from "../../src/kernel/predicate.ts";
import { createSchema } from "../../src/kernel/schema.ts";
import { declarationOf, id, integer, table, text, visibleColumns } from "../../src/kernel/table.ts";
import { fixture } from "./fixture.ts";
import {
  badges,
  keepers,
  ledger,
  lines,
  orders,
  sessions,
  shops,
  suggestions,
  transfers,
  vault,
} from "./tables.ts";

const schema = createSchema([
  fixture,
  { name: "other", errors: { own: { status: 418, message: "m" } } },
]);
const plain = { policy: {}, example: () => ({}) };

function refusal(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
  }
  throw new Error("no refusal");
}

describe("table()", () => {
  test.each<[string, () => unknown]>([
    ["a name that is not snake_case", () => table("Orders", { id: id() }, plain)],
    ["a column that is not", () => table("orders", { userId: text() }, plain)],
    ["a name of the kernel's", () => table("_tx", { id: id() }, plain)],
    ["a column of the kernel's", () => table("orders", { _v: integer() }, plain)],
    ["a column of Drizzle's own", () => table("orders", { n: drizzleInteger() }, plain)],
    ["a number that folds", () => table("orders", { n: integer({ fold: true }) }, plain)],
    ["a default in SQL", () => table("orders", { n: integer().default(sql`1 + 1`) }, plain)],
    ["a table nobody declared", () => declarationOf(sqliteTable("x", { n: drizzleInteger() }))],
  ])("%s throws at start", (_, work) => {
    expect(work).toThrow();
  });

  test("knows its keys, its parents and what may be seen", () => {
    const declared = declarationOf(lines);
    expect(declared).toMatchObject({
      name: "lines",
      sqlName: "lines",
      schema: "public",
      key: ["id"],
    });
    expect(declared.uniques).toEqual([["id"], ["order_id", "name"]]);
    expect([...declared.parents()].map(([c, p]) => [c, p.table.name, p.column])).toEqual([
      ["order_id", "orders", "id"],
    ]);
    expect(visibleColumns(declarationOf(orders)).map((c) => c.name)).not.toContain("secret");
    expect(declarationOf(orders).columns.has("_v")).toBe(false);
    expect(declarationOf(sessions).sqlName).toBe("private__sessions");
  });

  test("is exposed and watched by default in public, and only there", () => {
    expect(
      [orders, sessions, keepers].map((t) => [
        isExposed(declarationOf(t)),
        isWatched(declarationOf(t)),
      ]),
    ).toEqual([
      [true, true],
      [false, false],
      [true, false],
    ]);
    expect([...triggersOf(declarationOf(orders)).keys()]).toEqual([
      "orders_changes_insert",
      "orders_changes_update",
      "orders_changes_delete",
    ]);
    expect(triggersOf(declarationOf(keepers)).size + triggersOf(declarationOf(sessions)).size).toBe(
      0,
    );
  });
});

describe("policyOf", () => {
  test("a verb without a policy is nobody's; the service is let in by name", () => {
    expect(policyOf(shops, "insert", "authenticated")).toBe(nobody);
    expect(policyOf(suggestions, "select", "anon")).toBe(nobody);
    expect(policyOf(shops, "insert", "service_role")).toBe(everyone);
    expect(
      (["select", "insert", "update", "check", "delete"] as const).map((v) =>
        policyOf(ledger, v, "service_role"),
      ),
    ).toEqual([everyone, nobody, nobody, nobody, nobody]);
    expect(policyOf(vault, "select", "service_role")).toBe(nobody);
  });

  test("the check is the using where none is given", () => {
    expect(policyOf(orders, "check", "authenticated")).toBe(
      policyOf(orders, "update", "authenticated"),
    );
  });
});

describe("names", () => {
  test("a table, or what it might have been", () => {
    expect(schema.table("orders").table).toBe(orders);
    expect(schema.table("orders", "public").table).toBe(orders);
    const near = (name: string) => refusal(() => schema.table(name));
    expect(near("oders")).toMatchObject({
      code: "PGRST205",
      params: { table: "public.oders", near: "Perhaps you meant 'orders'" },
    });
    expect(problemOf(near("x".repeat(5000))).hint).toBeNull();
    expect(refusal(() => schema.table("sessions", "private"))).toMatchObject({
      code: "PGRST106",
      params: { exposed: "public, reports" },
    });
  });

  test("what is not exposed is as what does not exist, in the same words", () => {
    const without = createSchema([
      { ...fixture, tables: fixture.tables?.filter((t) => t !== sessions) ?? [] },
    ]);
    for (const hidden of [
      "sessions",
      "session",
      "private__sessions",
      "_tx",
      "_changes",
      "_guard",
    ]) {
      const said = (of: typeof schema) => problemOf(refusal(() => of.table(hidden)));
      expect(said(schema)).toMatchObject({ status: 404, code: "PGRST205" });
      expect(said(schema)).toEqual(said(without));
    }
  });

  test("relationships in both directions", () => {
    const of = (from: typeof shops | typeof orders, relation: string, hint?: string) =>
      schema.relationship(declarationOf(from), relation, hint);
    expect(of(orders, "lines")).toMatchObject({
      towards: "children",
      single: false,
      here: "id",
      there: "order_id",
    });
    expect(of(shops, "badges")).toMatchObject({ towards: "children", single: true });
    expect(of(lines as never, "orders")).toMatchObject({
      towards: "parent",
      single: true,
      here: "order_id",
      there: "id",
    });
    expect(of(badges as never, "shops_nope".slice(0, 5)).constraint).toBe("badges_shop_id_fkey");
    expect(of(transfers as never, "shops", "to_shop").here).toBe("to_shop");
    expect(refusal(() => of(orders, "sessions")).code).toBe("PGRST200");
  });

  test("the catalogue holds the modules' refusals beside the kernel's", () => {
    expect(schema.catalogue).toMatchObject({
      own: { status: 418 },
      out_of_stock: { status: 409 },
      "42501": { status: 403 },
    });
  });
});
