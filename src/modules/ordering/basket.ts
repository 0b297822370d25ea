// What somebody wants of a menu, as it was sent.
import { Refusal } from "../../kernel/errors.ts";

const max_lines = 50;
const max_quantity = 99;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface Wanted {
  menu_item_id: string;
  quantity: number;
}

/** Lines as sent, each dish once; whatever else a line says, such as a price, is not read. */
export function basketOf(sent: unknown): Wanted[] {
  if (!Array.isArray(sent) || sent.length === 0 || sent.length > max_lines) {
    throw invalid(`there must be 1 to ${max_lines} lines`);
  }
  const quantities = new Map<string, number>();
  for (const [i, line] of sent.entries()) {
    const { menu_item_id, quantity } = wantedIn(line, i);
    const sum = (quantities.get(menu_item_id) ?? 0) + quantity;
    if (sum > max_quantity) throw invalid(`a dish is sold at most ${max_quantity} times`);
    quantities.set(menu_item_id, sum);
  }
  return [...quantities].map(([menu_item_id, quantity]) => ({ menu_item_id, quantity }));
}

function wantedIn(line: unknown, i: number): Wanted {
  const { menu_item_id, quantity } = Object(line); // of what is no object: undefined
  const id = typeof menu_item_id === "string" ? menu_item_id.toLowerCase() : "";
  if (!UUID.test(id)) throw invalid(`line ${i} has no menu_item_id`);
  if (!Number.isSafeInteger(quantity) || quantity < 1) {
    throw invalid(`line ${i} needs a whole quantity of 1 or more`);
  }
  return { menu_item_id: id, quantity };
}

function invalid(reason: string): Refusal {
  return new Refusal("lines_invalid", { reason });
}
