import type { Step } from "../../kernel/change.ts";
import { moveOrder, type Order, tellState } from "./move-order.ts";

/**
 * Steps by which a payment that succeeded makes a placed order paid; all is refused with
 * `illegal_transition` where it is no longer placed. Takes the row of `orders`.
 */
export function markPaid(order: Order): Step[] {
  const placed = { ...order, state: "placed" as const };
  return [...moveOrder(placed, [], "paid"), tellState(placed, "paid", "system")];
}
