// Moving an order from one state to another, whoever asks for it: the state, its event, and the
// dishes that nobody will eat. Of two that start from the same state, one comes through.
import type { ModuleQuery, Step } from "../../kernel/change.ts";
import { Refusal } from "../../kernel/errors.ts";
import { and, eq, oneOf } from "../../kernel/predicate.ts";
import { type AnyTable, declarationOf, type Row } from "../../kernel/table.ts";
import { returnStock } from "../restaurants/index.ts";
import { orderEvents, orderLines, orders } from "./tables.ts";
import { isUncooked, type Mover, type State } from "./transitions.ts";

/** What moving takes of a row of `orders`. */
export type Order = Row & { id: string; user_id: string; restaurant_id: string; state: State };

/** What moving takes of a row of `order_lines`. */
export type OrderLine = Row & { menu_item_id: string; quantity: number; counted: boolean };

/** The order that a new row of `table` is about, as the caller sees it, and its lines. */
export function readsOrder(table: AnyTable, { order_id }: Row): ModuleQuery[] {
  const { name } = declarationOf(table);
  if (order_id == null) throw new Refusal("23502", { table: name, column: "order_id" });
  const id = String(order_id);
  return [
    { from: orders, where: eq("id", id), as: "caller" },
    { from: orderLines, where: eq("order_id", id) },
  ];
}

/** What `readsOrder` found; an order that the caller does not see is none. */
export function orderIn(table: AnyTable, [found = [], lines = []]: Row[][]) {
  const [order] = found as Order[]; // rows of the first query
  if (!order) throw new Refusal("42501", { table: declarationOf(table).name });
  return { order, lines: lines as OrderLine[] }; // rows of the second
}

/** What an order gives the rows that tell of it. */
export function copied({ id, user_id, restaurant_id }: Order): Row {
  return { order_id: id, user_id, restaurant_id };
}

/** A state that no caller's own event tells of. */
export function tellState(order: Order, state: State, mover: Mover, about: Row = {}): Step {
  return tellStates([order], state, mover, about);
}

export function tellStates(some: Order[], state: State, mover: Mover, about: Row = {}): Step {
  const rows = some.map((order) => ({ ...about, ...copied(order), state, mover }));
  return { insert: orderEvents, rows };
}

/** Sets the state, and gives back what was not cooked; refuses all where another was faster. */
export function moveOrder(order: Order, lines: OrderLine[], state: State): Step[] {
  return moveOrders([order], lines, state);
}

/** Moves orders that are all in the state of the first. */
export function moveOrders(some: Order[], lines: OrderLine[], state: State): Step[] {
  const [first] = some;
  if (!first) return [];
  const ids = some.map(({ id }) => id);
  const where = and(oneOf("id", ids), eq("state", first.state));
  const set = { state, pay_by: null };
  const rows = some.length;
  const moved: Step = { update: orders, set, where, rows, else: "illegal_transition" };
  const given = endings.includes(state) && isUncooked(first.state) ? lines : [];
  return [moved, ...returnStock(given.filter((line) => line.counted))];
}

/** States after which nobody eats. */
export const endings: State[] = ["rejected", "cancelled", "expired"];

/** The refusal of a move that transitions.ts does not allow. */
export function illegal(order: Order, to: State, mover: Mover, possible: State[]): Refusal {
  const list = possible.join(", ") || "nothing";
  return new Refusal("illegal_transition", { from: order.state, to, mover, possible: list });
}
