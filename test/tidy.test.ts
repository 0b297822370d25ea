// House style as a test, with a ratchet: what is listed as an exception stays, nothing new joins.
import { describe, expect, test } from "vitest";
import { edgeLimit } from "../src/protocols/http/limit.ts";
import { banned, interpolation, reasons, todos } from "./tidy/bans.ts";
import { deadExports, deadFiles } from "./tidy/dead.ts";
import { examples, filesOf } from "./tidy/examples.ts";
import { layers, needs } from "./tidy/layers.ts";
import { folders, moduleShape, names } from "./tidy/shape.ts";
import { fileSizes, functionSizes, imports, lineLengths } from "./tidy/sizes.ts";
import { type Rule, readTree } from "./tidy/source.ts";

const rules: Record<string, Rule> = {
  layers,
  needs,
  banned,
  reasons,
  todos,
  interpolation,
  deadFiles,
  deadExports,
  folders,
  names,
  moduleShape,
  fileSizes,
  lineLengths,
  functionSizes,
  imports,
};

/** Faults that stand, without their line numbers, each with the reason why it may. */
const exceptions: { rule: string; fault: string; reason: string }[] = [
  {
    rule: "banned",
    fault: "src/kernel/store.ts has weak randomness",
    reason: "it spreads retries, and is no secret",
  },
  {
    rule: "banned",
    fault: "src/protocols/http/edge.ts has the environment",
    reason: "c.env is how Hono hands on who asks",
  },
  ...["hours", "nearby-restaurants", "nearest"].map((name) => ({
    rule: "interpolation",
    fault: `src/modules/restaurants/${name}.ts puts`,
    reason: "the search is put together from texts of its own and param(name), and from no value",
  })),
];

const matches = (fault: string, listed: string) => fault.replace(/:\d+/, "").startsWith(listed);

const tree = readTree();

describe("the tree", () => {
  test.each(Object.keys(rules))("%s", (name) => {
    const listed = exceptions.filter((e) => e.rule === name);
    const faults = rules[name]?.(tree) ?? ["there is no such rule"];
    expect(faults.filter((f) => !listed.some((e) => matches(f, e.fault)))).toEqual([]);
  });

  test("no exception outlives its fault", () => {
    const stale = exceptions.filter(
      (e) => !rules[e.rule]?.(tree).some((fault) => matches(fault, e.fault)),
    );
    expect(stale).toEqual([]);
  });
});

describe("the rules", () => {
  test.each(examples)("$rule: $name", ({ rule, bad, good }) => {
    expect(rules[rule]?.(filesOf(bad))).not.toEqual([]);
    expect(rules[rule]?.(filesOf(good))).toEqual([]);
  });

  test("each has an example", () => {
    expect([...new Set(examples.map((e) => e.rule))].sort()).toEqual(Object.keys(rules).sort());
  });
});

test("the edge tells the limit that wrangler.toml sets", () => {
  const toml = tree.find(({ path }) => path === "wrangler.toml")?.text ?? "";
  const [, limit, period] = /"RL_EDGE"[^[]*limit = (\d+), period = (\d+)/.exec(toml) ?? [];
  expect([Number(limit), Number(period)]).toEqual([edgeLimit.quota, edgeLimit.window_s]);
});
