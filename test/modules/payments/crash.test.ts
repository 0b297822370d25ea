// Whatever ends wherever between paying and getting it back: after the sweeper, nobody has paid
// twice, nobody has paid for nothing, and all books agree.
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Fault } from "../../crash.ts";
import { mortal, sweep } from "../mortal.ts";
import { type Kitchen, orderOf, stateOf } from "../ordering/kitchen.ts";
import { agrees, bookOf, cancel, openTill, pay, paymentsOf, refundsOf } from "./till.ts";

vi.setConfig({ testTimeout: 240_000 });
// What goes wrong is what these tests are about; the log of it is not.
vi.spyOn(console, "error").mockImplementation(() => {});

const MINUTES = 1 / 60;
const modes = [
  { when: "before", dead: true },
  { when: "after", dead: true },
  { when: "before", dead: false },
  { when: "after", dead: false },
] as const;

let kitchen: Kitchen;
let token: string;

beforeAll(async () => {
  kitchen = await openTill();
  token = (await kitchen.guest.db.auth.getSession()).data.session?.access_token ?? "";
});

/** Pays and cancels with a fault in one step; answers with the steps that were begun. */
async function survive(card: string, fault?: Fault): Promise<string[]> {
  const where = JSON.stringify(fault);
  const order = await orderOf(kitchen);
  const worker = mortal(fault);
  const db = worker.as(token);
  const paid = await pay(db, order.id, card);
  const cancelled = await cancel(db, order.id);
  await worker.settled();
  await sweep(2 * MINUTES);
  await sweep(4 * MINUTES);
  await agrees();
  const [payment] = await paymentsOf(order.id);
  if (!paid.error) expect(payment, where).toBeDefined();
  const taken = payment?.state === "succeeded";
  const state = await stateOf(order.id);
  if (!cancelled.error) expect(state, where).toBe("cancelled");
  else expect(["placed", "paid", "cancelled"], where).toContain(state);
  expect(await refundsOf(order.id), where).toHaveLength(taken && state === "cancelled" ? 1 : 0);
  expect((await bookOf(order.id)).charges.length, where).toBe(payment ? 1 : 0);
  return worker.taken;
}

describe.each(["sandbox_ok", "sandbox_lost_response"])("%s", (card) => {
  test.each(modes)("fails $when each step, dead: $dead", async (mode) => {
    const steps = (await survive(card)).length;
    expect(steps).toBeGreaterThan(8);
    for (let step = 1; step <= steps; step++) await survive(card, { step, ...mode });
  });
});

describe("a sweep that must settle a payment of a cancelled order, and give it back,", () => {
  /** The process ends when the payment is pending; then the customer cancels. */
  async function leaveBehind() {
    const order = await orderOf(kitchen);
    const worker = mortal({ step: 3, when: "before", dead: true });
    expect((await pay(worker.as(token), order.id)).error).not.toBeNull();
    await cancel(kitchen.guest.db, order.id).throwOnError();
    expect(await paymentsOf(order.id)).toMatchObject([{ state: "pending" }]);
    return order.id;
  }

  async function survived(id: string) {
    await agrees();
    expect(await stateOf(id)).toBe("cancelled");
    expect(await refundsOf(id)).toMatchObject([{ state: "succeeded" }]);
  }

  test.each(modes)("fails $when each step, dead: $dead", async (mode) => {
    let steps = 1;
    for (let step = 1; step <= steps; step++) {
      const id = await leaveBehind();
      const worker = mortal({ step, ...mode });
      await worker.sweep(2).catch(() => {});
      steps = Math.max(steps, worker.taken.length);
      await sweep(5 * MINUTES);
      await sweep(8 * MINUTES);
      await survived(id);
    }
    expect(steps).toBeGreaterThan(10);
  });

  test("may be two at once", async () => {
    const ids = [await leaveBehind(), await leaveBehind(), await leaveBehind()];
    await Promise.all([sweep(2 * MINUTES), sweep(2 * MINUTES), sweep(2 * MINUTES)]);
    await sweep(5 * MINUTES);
    for (const id of ids) await survived(id);
  });
});
