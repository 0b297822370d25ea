import type { Module } from "../../kernel/module.ts";
import { cancelOrder } from "./cancel-order.ts";
import { errors } from "./errors.ts";
import { expireOrders } from "./expire-orders.ts";
import { forgetQuotes } from "./forget-quotes.ts";
import { makeQuote } from "./make-quote.ts";
import { placeOrder } from "./place-order.ts";
import { cancellations, orderEvents, orderLines, orders, quoteLines, quotes } from "./tables.ts";
import { tellEvent } from "./tell-event.ts";

export { endings, type Order } from "./move-order.ts";
export { markPaid } from "./pay-order.ts";
export { orders } from "./tables.ts";
export type { State } from "./transitions.ts";

export const ordering: Module = {
  name: "ordering",
  needs: ["restaurants"],
  tables: [quotes, quoteLines, orders, orderLines, orderEvents, cancellations],
  operations: [makeQuote, placeOrder, tellEvent, cancelOrder],
  errors,
  async sweep(kernel) {
    await expireOrders(kernel);
    await forgetQuotes(kernel);
  },
};
