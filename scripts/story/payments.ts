import { setTimeout } from "node:timers/promises";
import { ownedBy } from "../secrecy.ts";
import { type Chapter, expects, granted, refused, type Stage } from "../stage.ts";
import { money } from "../words.ts";
import { ada } from "./accounts.ts";
import { adaReads, kitchen, order } from "./ordering.ts";

/** A refund is made beside the cancellation, not in it: so long it may take. */
const refund_ms = 5_000;
const poll_ms = 100;

interface Payment {
  state: string;
  amount_minor: number;
  decline_code: string | null;
}

export const payments: Chapter = {
  pays: [
    {
      says: "pays with a card that is declined",
      async does(stage) {
        const { state, decline_code } = await pays(stage, "sandbox_declined");
        expects(state === "declined", "a declined payment", state);
        return `${decline_code}, still “${await adaReads(stage, "placed")}”`;
      },
    },
    {
      says: "pays with another card",
      async does(stage) {
        const paid = await taken(stage, await pays(stage, "sandbox_ok"));
        return `${paid}, she reads “${await adaReads(stage, "paid")}”`;
      },
    },
    {
      says: "presses the button again",
      async does(stage) {
        await refused(paying(stage, "sandbox_ok"), "already_paid");
        return "refused (already_paid)";
      },
    },
  ],
  cooks: kitchen,
  repeats: [
    {
      says: "pays; the network's answer is lost",
      async does(stage) {
        const paid = await taken(stage, await pays(stage, "sandbox_lost_response"));
        await adaReads(stage, "paid");
        return `asked again, ${paid} once`;
      },
    },
  ],
  regrets: [
    {
      says: "has her money back",
      async does(stage) {
        const { total_minor, currency } = order.of(stage);
        const { amount_minor } = await refundOf(stage);
        expects(amount_minor === total_minor, `a refund of ${total_minor}`, amount_minor);
        return `${money(amount_minor, currency)} refunded`;
      },
    },
  ],
  ...ownedBy(ada, "payments", "refunds"),
};

function paying(stage: Stage, token: string) {
  const row = { order_id: order.of(stage).id, token };
  return ada.of(stage).client.from("payments").insert(row).select().single();
}

async function pays(stage: Stage, token: string): Promise<Payment> {
  return granted<Payment>(paying(stage, token));
}

/** What was taken: what the order costs, and by one payment. */
async function taken(stage: Stage, { state, amount_minor }: Payment): Promise<string> {
  const { id, total_minor, currency } = order.of(stage);
  expects(state === "succeeded", "a payment that succeeded", state);
  expects(amount_minor === total_minor, `${total_minor} taken`, amount_minor);
  const asked = ada.of(stage).client.from("payments").select("state").eq("order_id", id);
  const all = await granted<Payment[]>(asked.eq("state", "succeeded"));
  expects(all.length === 1, "one payment that succeeded", all);
  return `${money(amount_minor, currency)} taken`;
}

async function refundOf(stage: Stage): Promise<Payment> {
  const { client } = ada.of(stage);
  const until = Date.now() + refund_ms;
  for (;;) {
    const asked = client.from("refunds").select().eq("order_id", order.of(stage).id);
    const found = await granted<Payment[]>(asked);
    const [refund] = found;
    if (refund?.state === "succeeded") {
      expects(found.length === 1, "one refund", found);
      return refund;
    }
    expects(Date.now() < until, `a refund within ${refund_ms / 1000} s`, found);
    await setTimeout(poll_ms);
  }
}
