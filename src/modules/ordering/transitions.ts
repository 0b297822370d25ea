// What may become of an order, by whom: the one table of it. Nothing else decides about a state.

export type State =
  | "placed"
  | "paid"
  | "accepted"
  | "preparing"
  | "ready"
  | "picked_up"
  | "delivered"
  | "rejected"
  | "cancelled"
  | "expired";

/** `system`: a payment that arrived, or time that ran out. */
export type Mover = "customer" | "staff" | "system";

export const transitions: Record<Mover, Partial<Record<State, State[]>>> = {
  customer: {
    placed: ["cancelled"],
    paid: ["cancelled"],
  },
  staff: {
    paid: ["accepted", "rejected", "cancelled"],
    accepted: ["preparing", "cancelled"],
    preparing: ["ready", "cancelled"],
    ready: ["picked_up", "cancelled"],
    picked_up: ["delivered"],
  },
  system: {
    placed: ["paid", "expired"],
  },
};

/** States that are told by inserting an event; the others have a table of their own. */
export const told: State[] = [
  "accepted",
  "preparing",
  "ready",
  "picked_up",
  "delivered",
  "rejected",
];

export function isState(word: unknown): word is State {
  const all = Object.values(transitions).flatMap((from) => Object.entries(from).flat(2));
  return all.some((state) => state === word);
}

/** What an order in this state may become. */
export function possible(mover: Mover, from: State): State[] {
  return transitions[mover][from] ?? [];
}

/** Whether the dishes can still be sold to somebody else. */
export function isUncooked(state: State): boolean {
  return state === "placed" || state === "paid" || state === "accepted";
}
