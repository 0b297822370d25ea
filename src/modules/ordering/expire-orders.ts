// Orders that nobody paid for in time: their dishes can be sold again. Many in a batch; where one
// of them is paid or cancelled just now, or taken by another sweep, halves of it are tried.
import { service } from "../../kernel/actor.ts";
import { iso } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { lt, oneOf } from "../../kernel/predicate.ts";
import { moveOrders, type Order, type OrderLine, tellStates } from "./move-order.ts";
import { orderLines, orders } from "./tables.ts";

/** Of one batch. */
const max_orders = 200;
/** Of one sweep; the next one goes on. An invocation may ask D1 a thousand statements. */
const max_statements = 500;
/** What a batch takes beside its steps, and the reads before it, at most. */
const around = 8;

/** What a sweep may still ask, and the last failure of an order that stands in nobody's way. */
interface Sweep {
  kernel: Kernel;
  statements: number;
  failure?: unknown;
}

export async function expireOrders(kernel: Kernel): Promise<void> {
  const sweep: Sweep = { kernel, statements: max_statements };
  const due = { from: orders, where: lt("pay_by", iso(kernel.clock.now())), limit: max_orders };
  const order = [{ column: "pay_by" }];
  let found: number;
  do {
    const [late = []] = await kernel.read([{ ...due, order }], service());
    found = late.length;
    await expire(sweep, late as Order[]); // rows of orders
  } while (found === max_orders && sweep.statements > 0 && !sweep.failure);
  if (sweep.failure) throw sweep.failure;
}

async function expire(sweep: Sweep, late: Order[]): Promise<void> {
  if (late.length === 0 || sweep.statements <= 0) return;
  const { kernel } = sweep;
  const of = oneOf(
    "order_id",
    late.map(({ id }) => id),
  );
  const [lines = []] = await kernel.read([{ from: orderLines, where: of }], service());
  const steps = [
    ...moveOrders(late, lines as OrderLine[], "expired"), // rows of order_lines
    tellStates(late, "expired", "system"),
  ];
  sweep.statements -= steps.length + around;
  try {
    await kernel.commit(steps, service());
  } catch (error) {
    const half = Math.ceil(late.length / 2);
    if (late.length > 1) {
      await expire(sweep, late.slice(0, half));
      await expire(sweep, late.slice(half));
    } else if (!(error instanceof Refusal) || error.code !== "illegal_transition") {
      sweep.failure = error;
    }
  }
}
