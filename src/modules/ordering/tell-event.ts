// The kitchen tells how far an order is: accepted, preparing, ready and so on.
import { Refusal } from "../../kernel/errors.ts";
import type { Operation } from "../../kernel/module.ts";
import { copied, illegal, moveOrder, orderIn, readsOrder } from "./move-order.ts";
import { orderEvents } from "./tables.ts";
import { isState, possible, told } from "./transitions.ts";

export const tellEvent: Operation = {
  on: orderEvents,
  reads: (input) => readsOrder(orderEvents, input),
  decide(input, rows, { actor }) {
    const { order, lines } = orderIn(orderEvents, rows);
    const { state } = input;
    if (state == null) throw new Refusal("23502", { table: "order_events", column: "state" });
    if (!isState(state)) throw new Refusal("22P02", { type: "order state", value: `"${state}"` });
    // The policy lets nobody but staff tell an event, so these are the staff's moves.
    const moves = possible("staff", order.state).filter((to) => told.includes(to));
    if (!moves.includes(state)) throw illegal(order, state, "staff", moves);
    const event = { ...input, ...copied(order), mover: "staff", actor_id: actor.id };
    return [{ insert: orderEvents, rows: [event] }, ...moveOrder(order, lines, state)];
  },
};
