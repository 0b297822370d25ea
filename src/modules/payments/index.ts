// Payments: orders are paid by card, and paid back when nobody cooks them.
import type { Module } from "../../kernel/module.ts";
import { errors } from "./errors.ts";
import { settleRefund } from "./give-refund.ts";
import { onOrderClosed } from "./on-order-closed.ts";
import { onPaymentSucceeded } from "./on-payment-succeeded.ts";
import { payments as paymentsTable, refunds, sandboxCharges, sandboxRefunds } from "./tables.ts";
import { settlePayment, takePayment } from "./take-payment.ts";

export const payments: Module = {
  name: "payments",
  needs: ["ordering"],
  tables: [paymentsTable, refunds, sandboxCharges, sandboxRefunds],
  operations: [takePayment],
  settlements: [settlePayment, settleRefund],
  listeners: [onOrderClosed, onPaymentSucceeded],
  errors,
};
