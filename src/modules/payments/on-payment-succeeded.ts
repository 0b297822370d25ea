import type { Listener } from "../../kernel/module.ts";
import { giveRefund } from "./give-refund.ts";
import { payments } from "./tables.ts";

/** A payment may succeed after its order has ended. */
export const onPaymentSucceeded: Listener = {
  name: "payments.on-payment-succeeded",
  on: payments,
  verbs: ["update"],
  async tell({ new: payment }, kernel) {
    if (payment?.state === "succeeded") await giveRefund(kernel, String(payment.order_id));
  },
};
