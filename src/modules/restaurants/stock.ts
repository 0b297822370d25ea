// What is left of a dish, as parts of a Change. A dish without a number never runs out.
import { minus, plus, type Step } from "../../kernel/change.ts";
import type { Catalogue } from "../../kernel/errors.ts";
import { and, eq, gte, isNotNull, isNull, or } from "../../kernel/predicate.ts";
import { menuItems } from "./tables.ts";

export const stockErrors: Catalogue = {
  out_of_stock: {
    status: 409,
    message: "Less is left of a dish than was asked for",
    details: "{changes}",
    hint: "Read menu_items.stock and ask for less",
  },
};

/** Takes some of a dish (a whole number above 0), or refuses all with `out_of_stock`. */
export function takeStock(item_id: string, quantity: number): Step[] {
  const enough = or(isNull("stock"), gte("stock", quantity));
  const where = and(eq("id", item_id), enough);
  return [
    { expect: menuItems, where, rows: 1, else: "out_of_stock" },
    { update: menuItems, set: { stock: minus(quantity) }, where: counted(item_id) },
  ];
}

/** Gives some of a dish back; one that is gone from the menu needs none. */
export function returnStock(item_id: string, quantity: number): Step[] {
  return [{ update: menuItems, set: { stock: plus(quantity) }, where: counted(item_id) }];
}

const counted = (item_id: string) => and(eq("id", item_id), isNotNull("stock"));
