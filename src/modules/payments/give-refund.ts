// The one rule of refunds: a payment that succeeded, of an order that has ended without a meal, is
// given back whole, once.
import { service } from "../../kernel/actor.ts";
import { iso } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel, Settlement } from "../../kernel/module.ts";
import { and, eq } from "../../kernel/predicate.ts";
import { endings, type Order, orders } from "../ordering/index.ts";
import { cardNetwork } from "./card-network.ts";
import { payments, refunds } from "./tables.ts";

/** Makes what the rule asks for, and settles it; may be called at any time, and twice. */
export async function giveRefund(kernel: Kernel, order_id: string): Promise<void> {
  const [found = [], paid = [], known = []] = await kernel.read(
    [
      { from: orders, where: eq("id", order_id) },
      { from: payments, where: and(eq("claim", order_id), eq("state", "succeeded")) },
      { from: refunds, where: eq("order_id", order_id) },
    ],
    service(),
  );
  const [order] = found as Order[]; // rows of the first query
  const [payment] = paid;
  if (!order || !payment || !endings.includes(order.state)) return;
  const refund = known.find(({ payment_id }) => payment_id === payment.id);
  const id = refund ? String(refund.id) : kernel.id();
  if (!refund) {
    const { user_id, amount_minor, currency } = payment;
    const about = { order_id, payment_id: payment.id, reason: `order_${order.state}` };
    const row = { id, ...about, user_id, amount_minor, currency };
    const none = eq("payment_id", String(payment.id));
    const once = { expect: refunds, where: none, rows: 0, else: "already_refunded" };
    await kernel.commit([once, { insert: refunds, rows: [row] }], service()).catch(unlessGiven);
  }
  await kernel.settle(refunds, [id]);
}

/** Somebody else was faster, and goes on. */
function unlessGiven(error: unknown): void {
  if (!(error instanceof Refusal) || error.code !== "already_refunded") throw error;
}

export const settleRefund: Settlement = {
  on: refunds,
  pending: eq("state", "pending"),
  call: ({ id, payment_id, amount_minor }, kernel) =>
    cardNetwork(kernel).refund({
      key: String(id),
      charge_key: String(payment_id),
      amount_minor: Number(amount_minor),
    }),
  settle: ({ id }, _, __, { now }) => {
    const set = { state: "succeeded", settled_at: iso(now) };
    return [{ update: refunds, set, where: eq("id", String(id)) }];
  },
};
