// Orders that nobody paid for in time: their dishes can be sold again. One batch for each, so that
// one that is paid or cancelled just now, or taken by another sweep, stops none of the others.
import { service } from "../../kernel/actor.ts";
import { iso } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { lt, oneOf } from "../../kernel/predicate.ts";
import { moveOrder, type Order, type OrderLine, tellState } from "./move-order.ts";
import { orderLines, orders } from "./tables.ts";

/** Of one sweep; the next one goes on. An invocation may ask D1 a thousand statements. */
const max_orders = 50;

export async function expireOrders(kernel: Kernel): Promise<void> {
  const due = { from: orders, where: lt("pay_by", iso(kernel.clock.now())), limit: max_orders };
  const [late = []] = await kernel.read([{ ...due, order: [{ column: "pay_by" }] }], service());
  if (late.length === 0) return;
  const of = oneOf(
    "order_id",
    late.map(({ id }) => String(id)),
  );
  const [lines = []] = await kernel.read([{ from: orderLines, where: of }], service());
  let failure: unknown;
  // Rows of orders, of the first query.
  for (const order of late as Order[]) {
    // Rows of order_lines, of the second query.
    const own = lines.filter(({ order_id }) => order_id === order.id) as OrderLine[];
    await expire(kernel, order, own).catch((error) => {
      failure = error;
    });
  }
  if (failure) throw failure;
}

async function expire(kernel: Kernel, order: Order, lines: OrderLine[]): Promise<void> {
  const steps = [...moveOrder(order, lines, "expired"), tellState(order, "expired", "system")];
  try {
    await kernel.commit(steps, service());
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "illegal_transition") throw error;
  }
}
