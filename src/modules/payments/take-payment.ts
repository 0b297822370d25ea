// Paying an order: a pending payment first, then the charge, then what came of it. The amount is
// the order's, and an order has one payment at a time.
import { iso } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Operation, Settlement } from "../../kernel/module.ts";
import { and, eq, gt, isNull, now, or } from "../../kernel/predicate.ts";
import type { Row } from "../../kernel/table.ts";
import { markPaid, type Order, orders } from "../ordering/index.ts";
import { type Charge, cardNetwork, networkNamed } from "./card-network.ts";
import { payments } from "./tables.ts";

const max_token_characters = 255;

export const takePayment: Operation = {
  on: payments,
  inputs: { token: tokenOf },
  inputTypes: { token: "string" },
  reads({ order_id }) {
    if (order_id == null) throw new Refusal("23502", { table: "payments", column: "order_id" });
    return [{ from: orders, where: eq("id", String(order_id)), as: "caller" }];
  },
  decide({ token, ...input }, [found = []], { setting }) {
    if (!networkNamed(setting("CARD_NETWORK"))) throw new Refusal("payments_unavailable");
    const [order] = found as OrderToPay[]; // rows of orders
    if (!order) throw new Refusal("42501", { table: "payments" });
    const { id, user_id, total_minor: amount_minor, currency } = order;
    const row = { ...input, user_id, amount_minor, currency, card_token: token, claim: id };
    const claimed = (state: string) => and(eq("claim", id), eq("state", state));
    const inTime = or(isNull("pay_by"), gt("pay_by", now));
    const payable = and(eq("id", id), eq("state", "placed"), inTime);
    return [
      { expect: payments, where: claimed("succeeded"), rows: 0, else: "already_paid" },
      { expect: payments, where: claimed("pending"), rows: 0, else: "payment_in_progress" },
      { expect: orders, where: payable, rows: 1, else: "order_not_payable" },
      { insert: payments, rows: [row] },
    ];
  },
};

type OrderToPay = Order & { total_minor: number; currency: string };

function tokenOf(sent: unknown): string {
  if (typeof sent === "string" && sent.length > 0 && sent.length <= max_token_characters) {
    return sent;
  }
  throw new Refusal("card_token_invalid");
}

export const settlePayment: Settlement = {
  on: payments,
  pending: eq("state", "pending"),
  call: (row, kernel) => cardNetwork(kernel).charge(chargeOf(row)),
  reads: ({ order_id }) => [{ from: orders, where: eq("id", String(order_id)) }],
  settle({ id }, outcome, [found = []], { now }) {
    const { declined } = outcome as { declined?: string }; // what `charge` resolves with
    const where = eq("id", String(id));
    const done = { card_token: null, settled_at: iso(now) };
    if (declined !== undefined) {
      const set = { ...done, state: "declined", decline_code: declined, claim: null };
      return [{ update: payments, set, where }];
    }
    // Whoever pays an order that has ended meanwhile is given the money back: on-payment-succeeded.
    const [order] = found as Order[]; // rows of orders
    return [
      { update: payments, set: { ...done, state: "succeeded" }, where },
      ...(order?.state === "placed" ? markPaid(order) : []),
    ];
  },
};

function chargeOf({ id, amount_minor, currency, card_token }: Row): Charge {
  const text = { key: String(id), currency: String(currency), token: String(card_token) };
  return { ...text, amount_minor: Number(amount_minor) };
}
