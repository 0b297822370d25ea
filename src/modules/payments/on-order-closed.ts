import type { Listener } from "../../kernel/module.ts";
import { endings, orders, type State } from "../ordering/index.ts";
import { giveRefund } from "./give-refund.ts";

/** An order that was cancelled, rejected or has expired is paid back. */
export const onOrderClosed: Listener = {
  name: "payments.on-order-closed",
  on: orders,
  verbs: ["update"],
  async tell({ key, new: order }, kernel) {
    if (endings.includes(order?.state as State)) await giveRefund(kernel, key); // a state
  },
};
