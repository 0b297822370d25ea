// order=price.desc.nullslast,data->>rank,restaurants(name)
import type { Order } from "../../kernel/intent.ts";
import { field } from "./parse-field.ts";
import { Scan } from "./scan.ts";

export function parseOrder(where: string, text: string): Order[] {
  const scan = new Scan(where, text, `An order is ${where}=price.desc,name.asc.nullslast`);
  const terms = [term(scan)];
  while (scan.eat(",")) terms.push(term(scan));
  if (!scan.done) throw scan.fail("a comma or the end");
  return terms;
}

function term(scan: Scan): Order {
  const first = field(scan, "a column, or an embed with its column in parentheses");
  const made: Order = { field: first };
  if (!first.path && scan.eat("(")) {
    made.relation = first.column;
    made.field = field(scan, `a column of "${first.column}"`);
    scan.expect(")");
    scan.spaces();
  }
  const direction = scan.take(/\.(?:asc|desc)(?![a-z])/y);
  if (direction === ".desc") made.descending = true;
  const nulls = scan.take(/\.nulls(?:first|last)(?![a-z])/y);
  if (nulls) made.nulls = nulls === ".nullsfirst" ? "first" : "last";
  if (scan.next(".")) throw scan.fail(".asc or .desc, then .nullsfirst or .nullslast, or a comma");
  scan.spaces();
  return made;
}
