// An operation decides by what it reads, so a repeat would be decided by its own effect.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { Refusal } from "../../src/kernel/errors.ts";
import type { Module, Operation } from "../../src/kernel/module.ts";
import { eq } from "../../src/kernel/predicate.ts";
import { insert, refused } from "./ask.ts";
import { changesNothing, createTables, raw, strict } from "./database.ts";
import { anna, ben, fixture, gated, kernelOf, uuids } from "./fixture.ts";
import { charges } from "./tables.ts";

/** One charge per person, and no second one. */
const chargeOnce: Operation = {
  on: charges,
  inputs: { coupon: (value) => value ?? "none" },
  reads: (_, actor) => [{ from: charges, where: eq("user_id", String(actor.id)) }],
  decide: (input, [charged = []]) => {
    if (charged.length > 0) throw new Refusal("charged_already");
    return [{ insert: charges, rows: [{ amount: input.amount, state: String(input.coupon) }] }];
  },
};
const errors = { charged_already: { status: 409, message: "There is a charge already" } };
const once: Module = { ...fixture, operations: [chargeOnce], settlements: [], errors };
const kernel = kernelOf({ module: once });
const key = (hash = "h") => ({ idempotency: { route: "POST /charges", key: "k", hash } });
const charge = (more = {}) => insert("charges", { amount: 5 }, { select: ["amount"], ...more });
const charged = () => raw("select amount, state from charges");

beforeAll(createTables);
beforeEach(async () => {
  await raw("delete from charges");
  await raw("update _tx set key = null");
});

test("a repeat is answered from what was kept, before it is decided", async () => {
  const first = await kernel.execute(charge(), anna, key());
  expect(first.replayed).toBeUndefined();
  await refused(kernel.execute(charge(), anna), "charged_already");
  const counted = strict(env.DB);
  const counting = kernelOf({ db: counted.db, module: once });
  await changesNothing(async () => {
    expect(await counting.execute(charge(), anna, key())).toMatchObject({
      rows: first.rows,
      created: true,
      version: 1,
      replayed: true,
    });
    expect(counted.trips).toBe(1);
    await refused(kernel.execute(charge(), anna, key("other")), "idempotency_key_reused");
  });
  expect((await kernel.execute(charge(), ben, key())).replayed).toBeUndefined();
});

test("ten at once have one effect, and nine replays", async () => {
  const all = await Promise.all(
    Array.from({ length: 10 }, () => kernel.execute(charge(), anna, key())),
  );
  expect(all.filter((a) => a.replayed)).toHaveLength(9);
  expect(new Set(all.map((a) => a.rows.join()))).toEqual(new Set(['{"amount":5}']));
  expect(await charged()).toHaveLength(1);
});

test("what is refused keeps nothing, and a dry run neither asks nor keeps", async () => {
  await kernel.execute(charge(), anna);
  await refused(kernel.execute(charge(), anna, key()), "charged_already");
  await refused(kernel.execute(charge({ dryRun: true }), anna, key()), "charged_already");
  await raw("delete from charges");
  expect((await kernel.execute(charge({ dryRun: true }), anna, key())).rows).toHaveLength(1);
  expect((await kernel.execute(charge(), anna, key())).replayed).toBeUndefined();
});

test("an ended session learns nothing from what an operation read", async () => {
  const session = uuids.other;
  const guarded = kernelOf({
    module: { ...gated, operations: [chargeOnce], settlements: [], errors },
  });
  const add = "insert or replace into private__sessions(id, user_id, ends_at) values(?, ?, ?)";
  await raw(add, session, uuids.anna, "9999-01-01T00:00:00.000Z");
  const actor = { ...anna, session };
  await guarded.execute(charge(), actor, key());
  await refused(guarded.execute(charge(), actor), "charged_already");
  expect((await guarded.execute(charge(), actor, key())).replayed).toBe(true);
  await raw("delete from private__sessions");
  for (const execution of [key(), {}])
    await refused(guarded.execute(charge(), actor, execution), "session_not_found");
  const dry = charge({ dryRun: true });
  await changesNothing(() => refused(guarded.execute(dry, actor), "session_not_found"));
});

test("inputs and columns are those that `columns` names", async () => {
  const row = { amount: 5, coupon: "mine" };
  const named = (columns: string[]) => insert("charges", row, { columns });
  await kernel.execute(named(["amount"]), anna);
  await kernel.execute(named(["amount", "coupon"]), ben);
  expect(await charged()).toEqual([
    { amount: 5, state: "none" },
    { amount: 5, state: "mine" },
  ]);
});

test("a new row has no version that could match", async () => {
  await changesNothing(() =>
    refused(kernel.execute(charge({ ifMatch: 1 }), anna), "precondition_failed"),
  );
});
