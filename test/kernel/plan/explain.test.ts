// How SQLite finds the rows. The rule: where the policy restricts the caller's rows, no declared
// table is scanned, not even by a statement's inner parts; where it lets every row be, a page in
// the order of an indexed column walks that index and sorts nothing; one without order may scan.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { type Actor, guest, service } from "../../../src/kernel/actor.ts";
import { isExposed } from "../../../src/kernel/after/changes.ts";
import type { Intent } from "../../../src/kernel/intent.ts";
import type { Module } from "../../../src/kernel/module.ts";
import { createPlanner } from "../../../src/kernel/plan/plan.ts";
import { simplify } from "../../../src/kernel/plan/predicate-sql.ts";
import { bindStatement, type Statement } from "../../../src/kernel/plan/sql.ts";
import { policyOf } from "../../../src/kernel/policy.ts";
import { createSchema, type Schema } from "../../../src/kernel/schema.ts";
import type { Declared } from "../../../src/kernel/table.ts";
import { modules } from "../../../src/modules/index.ts";
import { embed, eq, field, insert, read, remove, update, upsert } from "../ask.ts";
import { createTables } from "../database.ts";
import { anna, fixture, uuids } from "../fixture.ts";

const actors: Actor[] = [guest("x"), { ...anna, session: uuids.other }, service()];

/** What is reached by way of tables that join a table to another. */
function joined(schema: Schema, table: Declared, actor: Actor) {
  return schema.tables.filter(isExposed).flatMap((join) => {
    const keys = [...join.parents()].filter(([c]) => !join.columns.get(c)?.hidden);
    return keys
      .filter(([c]) => keys.some(([d, p]) => d !== c && p.table === table))
      .filter(([c]) => join.uniques.some((u) => u.length > 1 && u.includes(c)))
      .filter(([, p]) => isExposed(p.table) && [join, p.table].every((t) => !isClosed(t, actor)))
      .map(([c, p]) => embed(p.table.name, { hint: c }));
  });
}

/** The steps of SQLite's plan for a statement. */
async function explained(statement: Statement, intent: Intent, actor: Actor): Promise<string[]> {
  const bind = { values: intent.values, actor, now: "2026-11-20T00:00:00.000Z", rows: "[]" };
  const { sql, params } = bindStatement(statement, bind);
  const { results } = await env.DB.prepare(`explain query plan ${sql}`)
    .bind(...params)
    .all<{ detail: string }>();
  return results.map((row) => row.detail);
}

/** Scans of declared tables: by their alias, or by their name in writes and counts. */
function scansOf(plan: string[], tables: Declared[]): string[] {
  const derived = new Set(
    plan.flatMap((s) => /^(?:CO-ROUTINE|MATERIALIZE) (\S+)/.exec(s)?.[1] ?? []),
  );
  return plan.filter((step) => {
    const [, name] = /^SCAN (\S+)/.exec(step) ?? [];
    if (name === undefined || derived.has(name)) return false;
    return /^t\d+$/.test(name) || tables.some((t) => t.sqlName === name);
  });
}

/** The product first: the fixture's tables take the place of those of the same name. */
function worlds(): [string, Module[], () => Promise<void>][] {
  return [
    ["the product", modules, async () => {}],
    ["the fixture", [fixture], createTables],
  ];
}

function writesOf(table: Declared): Intent[] {
  const one = { where: eq(table.key[0] ?? "id", uuids.other), answer: "minimal" as const };
  const settable = [...table.columns.values()].find((c) => !c.hidden && !c.readOnly && !c.setOnce);
  const changed = settable
    ? [update(table.name, { [settable.name]: null }, { ...one, ifMatch: 1, maxAffected: 1 })]
    : [];
  return [...changed, remove(table.name, { ...one, single: true })];
}

const selectOf = (table: Declared, actor: Actor) =>
  simplify(policyOf(table.table, "select", actor.role), actor.role);

/** Does the policy let every row be? */
function isOpen(table: Declared, actor: Actor): boolean {
  const policy = selectOf(table, actor);
  // One that only leaves some out lets be what it does not name.
  return policy.kind === "not" || (policy.kind === "constant" && policy.value);
}

/** Does it let none be? */
const isClosed = (table: Declared, actor: Actor) =>
  selectOf(table, actor).kind === "constant" && !isOpen(table, actor);

function asked(schema: Schema, table: Declared, actor: Actor): Intent[] {
  const others = schema.tables.filter((t) => isExposed(t) && t !== table && !isClosed(t, actor));
  const seen = (t: Declared, column: string) => !t.columns.get(column)?.hidden;
  const parents = [...table.parents()].filter(
    ([c, p]) => others.includes(p.table) && seen(table, c),
  );
  const children = others.flatMap((other) =>
    [...other.parents()]
      .filter(([c, p]) => p.table === table && seen(other, c))
      .map(([c]) => [other, c] as const),
  );
  const key = (of: Declared, n: number) => field(of.key[0] ?? "id", { alias: `id${n}` });
  const upwards = parents.map(([c, p], i) => embed(c, { spread: true, select: [key(p.table, i)] }));
  // A view spread beside a row is selected as a whole: SQLite has no lateral join.
  const whole = ({ view, uniques }: Declared, c: string) => view && uniques[0]?.join() === c;
  const downwards = children.flatMap(([of, hint], i) => {
    const select = [key(of, parents.length + i)];
    const alias = `e${i}`;
    return whole(of, hint) ? [] : [embed(of.name, { hint, alias, spread: true, select })];
  });
  return [
    read(table.name, { limit: 20 }),
    read(table.name, { limit: 20, count: "exact" }),
    read(table.name, { where: eq(table.key[0] ?? "id", uuids.other) }),
    read(table.name, {
      limit: 20,
      select: [
        "*",
        ...parents.map(([c]) => embed(c, { alias: `by_${c}` })),
        ...children.map(([{ name }, hint]) => embed(name, { hint, alias: `${name}_${hint}` })),
      ],
    }),
    read(table.name, { limit: 20, select: [{ count: true }, ...upwards] }),
    read(table.name, { limit: 20, select: [...upwards, ...downwards] }),
    ...joined(schema, table, actor).map((inner) => read(table.name, { select: [inner] })),
  ];
}

describe.each(worlds())("of %s", (_, of, prepare) => {
  beforeAll(prepare);
  const schema = createSchema(of);
  const planner = createPlanner(schema);
  const exposed = schema.tables.filter((t) => isExposed(t) && !t.view);
  // A closed table is not read at all, though SQLite's plan calls that a scan too.
  const readable = (actor: Actor) => exposed.filter((t) => !isClosed(t, actor));

  /** Every statement of an intent with SQLite's plan; none where the caller may not ask it. */
  async function plansOf(
    table: Declared,
    asked: Intent,
    actor: Actor,
  ): Promise<{ sql: string; steps: string[] }[]> {
    const statements: Statement[] = [];
    const { schema } = table;
    const intent = schema === "public" ? asked : { ...asked, shape: { ...asked.shape, schema } };
    try {
      const plan = planner.plan(intent.shape, actor.role, false);
      if (plan.kind === "read") statements.push(plan.page, ...(plan.count ? [plan.count] : []));
      if (plan.kind === "write") statements.push(...plan.statements);
    } catch (error) {
      expect(error).toMatchObject({ code: "42501" });
    }
    return Promise.all(
      statements.map(async (s) => ({ sql: s.sql, steps: await explained(s, intent, actor) })),
    );
  }

  describe.each(actors.map((actor) => [actor.role, actor] as const))("for %s", (_, actor) => {
    test("a restricted table is never scanned", async () => {
      let looked = 0;
      for (const table of readable(actor)) {
        for (const intent of asked(schema, table, actor)) {
          const filtered = intent.shape.verb === "read" && intent.shape.query.where !== undefined;
          const mayScan = (s: string) =>
            isOpen(table, actor) &&
            !filtered &&
            [" t1", ` ${table.sqlName}`].some((n) => s.startsWith(`SCAN${n}`));
          for (const { sql, steps } of await plansOf(table, intent, actor)) {
            expect(
              scansOf(steps, schema.tables).filter((s) => !mayScan(s)),
              `${sql}\n${steps.join("\n")}`,
            ).toEqual([]);
            looked++;
          }
        }
      }
      expect(looked).toBeGreaterThan(10);
    });

    test("a page of an open table in the order of an indexed column walks the index", async () => {
      for (const table of readable(actor).filter((t) => isOpen(t, actor))) {
        const indexed = [table.key, ...(table.indexes ?? []).map((i) => i.on)]
          .filter((on) => on.length === 1)
          .flat()
          .filter((c) => table.columns.has(c) && !table.columns.get(c)?.hidden);
        for (const order of indexed.flatMap((column) => [column, `${column}.desc`])) {
          for (const { sql, steps } of await plansOf(
            table,
            read(table.name, { order: [order], limit: 20 }),
            actor,
          )) {
            const scans = scansOf(steps, schema.tables);
            expect(
              scans.every((s) => s.includes("USING INDEX")),
              `${sql}\n${steps.join("\n")}`,
            ).toBe(true);
            // Rows of one value are sorted among themselves; the page is not.
            expect(
              steps.filter((s) => /TEMP B-TREE FOR ORDER BY/.test(s)),
              sql,
            ).toEqual([]);
          }
        }
      }
    });

    test("a row is changed and deleted by its key without a scan, its children too", async () => {
      let looked = 0;
      for (const table of readable(actor)) {
        for (const intent of writesOf(table)) {
          for (const { sql, steps } of await plansOf(table, intent, actor)) {
            expect(scansOf(steps, schema.tables), `${sql}\n${steps.join("\n")}`).toEqual([]);
            looked++;
          }
        }
      }
      // A guest may change nothing in the product; everywhere else something was looked at.
      if (actor.role !== "anon") expect(looked).toBeGreaterThan(0);
    });
  });
});

describe("how a policy is compiled", () => {
  const planner = createPlanner(createSchema([fixture]));
  const sqlOf = (intent: Intent, actor: Actor = anna) => {
    const plan = planner.plan(intent.shape, actor.role, false);
    return plan.kind === "read"
      ? plan.page.sql
      : plan.kind === "write"
        ? plan.statements.map((s) => s.sql).join(";\n")
        : "";
  };

  test("by way of the parent: a list asked once, and nothing inside the parent's embed", () => {
    expect(sqlOf(read("lines"))).toMatch(/"order_id" in \(select t2\."id" from "orders" t2 where/);
    expect(sqlOf(read("orders", { select: [embed("lines", { select: ["name"] })] }))).not.toContain(
      " in (select",
    );
    expect(sqlOf(read("orders", { select: [embed("lines")] })).match(/user_id" = /g)).toHaveLength(
      1,
    );
  });

  test("of a pinned column: about its one value", () => {
    expect(sqlOf(read("lines", { where: eq("order_id", uuids.other) }))).toMatch(
      /exists\(select 1 from "orders" t2 where t2\."id" = t1\."order_id"/,
    );
    expect(sqlOf(update("shops", { name: "x" }, { where: eq("id", uuids.other) }))).toContain(
      "exists(select 1",
    );
    expect(sqlOf(read("lines", { where: eq("name", "x") }))).not.toContain("exists(");
  });

  test("for the service: nothing", () => {
    expect(sqlOf(read("orders"), service())).not.toContain("where");
    expect(sqlOf(read("lines"), service())).toBe(
      sqlOf(read("lines"), service()).replace(" in (select", ""),
    );
    expect(sqlOf(insert("orders", { user_id: uuids.other }), service())).not.toContain("_guard");
  });

  test("no value of a request is in the text of a statement", () => {
    for (const intent of [
      read("orders", {
        where: eq("note", "needle'--"),
        select: [embed("lines", { alias: "needle", where: eq("name", "needle") })],
      }),
      insert("orders", { note: "needle" }),
      update("orders", { note: "needle" }, { where: eq("note", "needle") }),
      remove("orders", { where: eq("note", "needle") }),
      upsert("tasks", { slug: "needle" }, ["slug"]),
      read("orders", {
        select: [{ field: { column: "doc", path: ["needle"] }, alias: "needle" }],
        order: [{ field: { column: "doc", path: ["needle"] } }],
      }),
    ])
      expect(sqlOf(intent)).not.toContain("needle");
  });
});
