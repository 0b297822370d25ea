// PUT names its row twice, in the URL and in the body, and both must say the same.
import { Refusal } from "../../kernel/errors.ts";
import type { Condition } from "../../kernel/intent.ts";
import type { Fields } from "./parse-body.ts";

/** The columns of `key=eq.value` filters, which must be the only ones and agree with the row. */
export function putKey(where: Condition | undefined, values: unknown[], row: Fields): string[] {
  const conditions = where && "and" in where ? where.and : where ? [where] : [];
  if (conditions.length === 0) throw new Refusal("PGRST105");
  return conditions.map((condition) => {
    if (!("op" in condition) || condition.op !== "eq" || condition.field.path) {
      throw new Refusal("PGRST105");
    }
    const { column } = condition.field;
    if (!Object.hasOwn(row, column) || String(row[column]) !== values[condition.value]) {
      throw new Refusal("PGRST115", { column });
    }
    return column;
  });
}
