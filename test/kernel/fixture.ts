// The fixture's module, its people, and kernels over it.
import { env } from "cloudflare:workers";
import { type Actor, guest, service } from "../../src/kernel/actor.ts";
import { minus } from "../../src/kernel/change.ts";
import { Refusal } from "../../src/kernel/errors.ts";
import { type AssembledKernel, createKernel } from "../../src/kernel/kernel.ts";
import type { Module, Operation, Settlement } from "../../src/kernel/module.ts";
import { and, eq, gte } from "../../src/kernel/predicate.ts";
import type { Row } from "../../src/kernel/table.ts";
import { strict } from "./database.ts";
import { tables } from "./related-tables.ts";
import { aliveSessions, charges, sales, shops } from "./tables.ts";

export const uuids = {
  anna: "0190aaaa-0000-7000-8000-000000000001",
  ben: "0190bbbb-0000-7000-8000-000000000002",
  shop: "0190cccc-0000-7000-8000-000000000003",
  other: "0190dddd-0000-7000-8000-000000000004",
};

function person(id: string): Actor {
  return { role: "authenticated", id, session: null, address: "192.0.2.1" };
}

export const anna = person(uuids.anna);
export const ben = person(uuids.ben);
export const nobodyYet = guest("192.0.2.9");
export const secretKey = service();

const sell: Operation = {
  on: sales,
  inputs: {
    quantity(value) {
      if (Number.isInteger(value)) return value;
      throw new Refusal("22P02", { type: "integer", value: JSON.stringify(value) });
    },
  },
  reads: (input) => [
    {
      from: shops,
      where: eq("id", String(input.shop_id)),
      columns: ["id", "name"],
      as: "caller",
    },
  ],
  decide: (input, [found]) => {
    const n = Number(input.quantity);
    const [shop] = found ?? [];
    if (!shop) throw new Refusal("no_such_shop");
    const { shop_id, memo } = input;
    const where = and(eq("id", String(shop.id)), gte("stock", n));
    return [
      { insert: sales, rows: [{ shop_id, memo, n }] },
      { update: shops, set: { stock: minus(n) }, where, rows: 1, else: "out_of_stock" },
    ];
  },
};

/** The world outside, which each test sets up as it likes. */
export const outside: { calls: Row[]; answer: (row: Row) => Promise<string> | string } = {
  calls: [],
  answer: () => "paid",
};

const charge: Operation = {
  on: charges,
  reads: () => [],
  decide: (input) => [{ insert: charges, rows: [{ amount: input.amount, token: "secret" }] }],
};

export const settleCharge: Settlement = {
  on: charges,
  pending: eq("state", "pending"),
  async call(row) {
    outside.calls.push(row);
    return outside.answer(row);
  },
  settle: (row, outcome) => [
    {
      update: charges,
      set: { state: String(outcome), token: null },
      where: eq("id", String(row.id)),
    },
  ],
};

export const fixture: Module = {
  name: "fixture",
  tables,
  errors: {
    out_of_stock: { status: 409, message: "Too few are left" },
    no_such_shop: { status: 404, message: "There is no such shop" },
  },
  functions: [
    {
      name: "stocked",
      params: { least: { kind: "integer", fallback: 1 } },
      relation: {
        of: shops,
        columns: { twice: "integer" },
        prepare: (args) => {
          if (Number(args.least) < 0)
            throw new Refusal("22003", { type: "integer", value: "least" });
          return args;
        },
        sql: ({ source, param }) =>
          `select s.*, s.stock * 2 as twice from ${source} s where s.stock >= ${param("least")}`,
      },
    },
    {
      name: "items",
      params: { list: { kind: "json" } },
      relation: {
        columns: { item: "text" },
        sql: ({ param }) => `select value as item from json_each(${param("list")})`,
      },
    },
    {
      name: "add",
      params: { a: { kind: "integer" }, b: { kind: "integer" } },
      scalar: (args) => Number(args.a) + Number(args.b),
    },
  ],
  operations: [sell, charge],
  settlements: [settleCharge],
};

/** The fixture with sessions that can end. */
export const gated: Module = {
  ...fixture,
  authenticate: { actor: () => async () => nobodyYet, alive: aliveSessions },
};

export interface KernelSpec {
  db?: D1Database;
  now?: () => number;
  module?: Module;
  settings?: Record<string, string>;
  secret?: string;
}

/** A kernel with its own plan cache, by default over a database as strict as production. */
export function kernelOf({
  db = strict(env.DB).db,
  now = Date.now,
  module = fixture,
  settings = {},
  secret = crypto.randomUUID(),
}: KernelSpec = {}): AssembledKernel {
  return createKernel({
    modules: [module],
    db,
    files: env.FILES,
    secrets: { JWT_SECRET: secret },
    settings,
    clock: { now },
  });
}
