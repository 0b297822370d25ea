// Functions that give their rows in an order of their own.
import { expect, test } from "vitest";
import type { Fn } from "../../../src/kernel/module.ts";
import { createPlanner } from "../../../src/kernel/plan/plan.ts";
import { createSchema } from "../../../src/kernel/schema.ts";
import { call } from "../ask.ts";
import { fixture } from "../fixture.ts";

const counted: Fn = {
  name: "counted",
  params: { to: { kind: "integer" }, by: { kind: "integer", fallback: 1 } },
  relation: {
    columns: { n: "integer", odd: "boolean" },
    ordered: "n",
    sql: ({ param, given }) =>
      given("by")
        ? `select value as n, 0 as odd from json_each(${param("by")})`
        : `select value as n, 1 as odd from json_each(${param("to")})`,
  },
};
const planner = createPlanner(createSchema([{ ...fixture, functions: [counted] }]));

function sqlOf(args: Record<string, unknown>, ...order: string[]): string {
  const plan = planner.plan(call("counted", args, { order }).shape, "anon", false);
  return plan.kind === "read" ? plan.page.sql : "";
}

test("are not sorted again for it, and are for any other", () => {
  expect(sqlOf({ to: 1 })).not.toContain("order by");
  expect(sqlOf({ to: 1 }, "n")).not.toContain("order by");
  expect(sqlOf({ to: 1 }, "n.desc")).toContain(' order by t1."n" desc');
  expect(sqlOf({ to: 1 }, "odd")).toContain(' order by t1."odd" asc');
  expect(sqlOf({ to: 1 }, "n", "odd")).toContain(' order by t1."n" asc');
});

test("are told which arguments a call names, and have a text for each choice", () => {
  expect(sqlOf({ to: 1 })).toContain("1 as odd");
  expect(sqlOf({ to: 1, by: 2 })).toContain("0 as odd");
});
