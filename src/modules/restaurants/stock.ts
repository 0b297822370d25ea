// What is left of a dish, as parts of a Change. A dish without a number never runs out.
import { minus, plus, type Step } from "../../kernel/change.ts";
import type { Catalogue } from "../../kernel/errors.ts";
import { and, eq, gte, isNotNull, isNull, lte, oneOf, or } from "../../kernel/predicate.ts";
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
  const counted = and(eq("id", item_id), isNotNull("stock"));
  return [
    { expect: menuItems, where, rows: 1, else: "out_of_stock" },
    { update: menuItems, set: { stock: minus(quantity) }, where: counted },
  ];
}

/** Gives dishes back; one that is gone from the menu needs none. */
export function returnStock(lines: { menu_item_id: string; quantity: number }[]): Step[] {
  const sums = new Map<string, number>();
  for (const { menu_item_id: id, quantity } of lines) sums.set(id, (sums.get(id) ?? 0) + quantity);
  // Dishes of which as many come back share a step.
  const byQuantity = Map.groupBy(sums.keys(), (id) => sums.get(id) ?? 0);
  return [...byQuantity].map(([quantity, ids]) => {
    // A number that JSON does not hold exactly is nobody's count of dishes.
    const countable = lte("stock", Number.MAX_SAFE_INTEGER - quantity);
    return {
      update: menuItems,
      set: { stock: plus(quantity) },
      where: and(oneOf("id", ids), isNotNull("stock"), countable),
    };
  });
}
