// The customer changes their mind, or the kitchen cannot do it after all.
import type { Operation } from "../../kernel/module.ts";
import { copied, illegal, moveOrder, orderIn, readsOrder, tellState } from "./move-order.ts";
import { cancellations } from "./tables.ts";
import { possible } from "./transitions.ts";

export const cancelOrder: Operation = {
  on: cancellations,
  reads: (input) => readsOrder(cancellations, input),
  decide(input, rows, { actor }) {
    const { order, lines } = orderIn(cancellations, rows);
    // Whoever ordered is its customer, also where they work; the policy refuses third parties.
    const mover = order.user_id === actor.id ? "customer" : "staff";
    const moves = possible(mover, order.state);
    if (!moves.includes("cancelled")) throw illegal(order, "cancelled", mover, moves);
    const { reason } = input;
    return [
      { insert: cancellations, rows: [{ ...input, ...copied(order), mover }] },
      ...moveOrder(order, lines, "cancelled"),
      tellState(order, "cancelled", mover, { reason, actor_id: actor.id }),
    ];
  },
};
