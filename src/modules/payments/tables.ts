// Payments and refunds. Both are made and moved on by the server alone; a payment's card token
// stays until the card network has answered, and no longer.
import { and, own, signedIn } from "../../kernel/predicate.ts";
import {
  createdAt,
  type ExampleContext,
  id,
  integer,
  type Rules,
  table,
  text,
  timestamp,
  uuid,
} from "../../kernel/table.ts";
import { users } from "../accounts/tables.ts";
import { orders } from "../ordering/tables.ts";

/** A payment is inserted by its payer, a refund by nobody: no rule but the policy is needed. */
const filled = { readOnly: true };
const given = { setOnce: true };
const amount = (rules: Rules) => integer(rules).notNull();
const currency = (rules: Rules) => text({ maxBytes: 3, ...rules }).notNull();
/** `pending`, `succeeded`, and a payment may be `declined`. */
const state = (rules: Rules) =>
  text({ maxBytes: 20, ...rules })
    .notNull()
    .default("pending");
const order = () =>
  uuid({ setOnce: true })
    .notNull()
    .references(() => orders.id);
const payer = (rules: Rules) =>
  uuid(rules)
    .notNull()
    .references(() => users.id);
const counted = { amount_minor: "amount_minor >= 0" };
const settled = { currency: "GBP", state: "succeeded", settled_at: "2026-11-01T12:00:00.000Z" };

export const payments = table(
  "payments",
  {
    id: id(),
    order_id: order(),
    user_id: payer(filled),
    amount_minor: amount(filled),
    currency: currency(filled),
    state: state(filled),
    decline_code: text({ maxBytes: 100, ...filled }),
    card_token: text({ hidden: true, maxBytes: 255 }),
    /** The order, while this payment pends or has succeeded: no order has two of those. */
    claim: uuid({ hidden: true }),
    created_at: createdAt(),
    settled_at: timestamp(filled),
  },
  {
    policy: { select: own("user_id"), insert: and(signedIn, own("user_id")), service: "read" },
    indexes: [
      { on: ["claim"], unique: true },
      { on: ["order_id"] },
      { on: ["user_id", "created_at"] },
      { on: ["state", "created_at"] },
    ],
    checks: counted,
    example: ({ user, parent }) => ({
      order_id: parent(orders).id,
      token: "sandbox_ok",
      user_id: user,
      amount_minor: 1404,
      ...settled,
    }),
  },
);

export const refunds = table(
  "refunds",
  {
    id: id(),
    order_id: order(),
    payment_id: uuid({ setOnce: true })
      .notNull()
      .references(() => payments.id),
    user_id: payer(given),
    amount_minor: amount(given),
    currency: currency(given),
    state: state({}),
    /** `order_` and the state in which the order ended. */
    reason: text({ maxBytes: 100, ...given }).notNull(),
    created_at: createdAt(),
    settled_at: timestamp(),
  },
  {
    policy: { select: own("user_id"), service: "read" },
    indexes: [
      { on: ["payment_id"], unique: true },
      { on: ["order_id"] },
      { on: ["user_id", "created_at"] },
      { on: ["state", "created_at"] },
    ],
    checks: counted,
    example: ({ user, parent }) => ({
      order_id: parent(orders).id,
      payment_id: parent(payments).id,
      user_id: user,
      amount_minor: 1404,
      reason: "order_cancelled",
      ...settled,
    }),
  },
);

const book = { schema: "payments", policy: {} };
const entry = ({ user }: ExampleContext) => ({ key: user, amount_minor: 1404 });

/** The sandbox network's own book, as a real one keeps it elsewhere: every charge it was asked. */
export const sandboxCharges = table(
  "sandbox_charges",
  {
    id: id(),
    key: uuid().notNull(),
    amount_minor: integer().notNull(),
    currency: text({ maxBytes: 3 }).notNull(),
    /** Null: the money was taken. */
    decline_code: text({ maxBytes: 100 }),
    /** How often it was asked for this charge. */
    asked: integer().notNull().default(1),
    created_at: createdAt(),
  },
  {
    ...book,
    indexes: [{ on: ["key"], unique: true }],
    example: (context) => ({ ...entry(context), currency: "GBP" }),
  },
);

/** What it gave back. */
export const sandboxRefunds = table(
  "sandbox_refunds",
  {
    id: id(),
    key: uuid().notNull(),
    charge_key: uuid().notNull(),
    amount_minor: integer().notNull(),
    asked: integer().notNull().default(1),
    created_at: createdAt(),
  },
  {
    ...book,
    indexes: [{ on: ["key"], unique: true }, { on: ["charge_key"] }],
    example: (context) => ({ ...entry(context), charge_key: context.user }),
  },
);
