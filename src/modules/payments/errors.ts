import type { Catalogue } from "../../kernel/errors.ts";

export const errors: Catalogue = {
  card_token_invalid: {
    status: 400,
    message: "token is what the card network's client gave: a text of 1 to 255 characters",
  },
  payments_unavailable: {
    status: 503,
    message: "No card network is set up here",
    hint: "The operator sets CARD_NETWORK.",
  },
  order_not_payable: {
    status: 409,
    message: "The order is not one that waits to be paid",
    hint: "Read the order again: only while it is placed, and until its pay_by, may it be paid.",
  },
  payment_in_progress: {
    status: 409,
    message: "The order is being paid",
    hint: "Read its payments.",
  },
  already_paid: { status: 409, message: "The order is paid" },
  already_refunded: { status: 409, message: "The payment is given back" },
};
