// select=id,total:amount.sum(),kitchen:restaurants!inner(name,...cities(country)),data->>note::text
import type { Aggregate, Embed, Field, Item } from "../../kernel/intent.ts";
import { field, name } from "./parse-field.ts";
import { Scan, unreadable } from "./scan.ts";

/** Embeds within embeds; every level is a subquery. */
export const MAX_EMBED_DEPTH = 8;

const LIST =
  "A list is select=id,total:price,restaurants(name): commas between columns and embeds, and a " +
  "pair of parentheses around what is selected of an embed.";
const TYPE = /[a-z_][\w ]*(?:\[\])?/iy;
const AGGREGATES = new Set<string>(["count", "sum", "avg", "min", "max"]);

/** Reads a select list; an empty one means all columns. */
export function parseSelect(text: string): Item[] {
  const scan = new Scan("select", text, LIST);
  scan.spaces();
  if (scan.done) return [{ star: true }];
  const items = list(scan, 1);
  if (!scan.done) throw scan.fail("a comma or the end");
  return items;
}

function list(scan: Scan, depth: number): Item[] {
  const items = [item(scan, depth)];
  while (scan.eat(",")) items.push(item(scan, depth));
  return items;
}

function item(scan: Scan, depth: number): Item {
  scan.spaces();
  if (scan.eat("*")) {
    scan.spaces();
    return { star: true };
  }
  const spread = scan.eat("...");
  let what = field(scan, "a column, an embed or *");
  let alias: string | undefined;
  if (scan.next(":") && !scan.next("::")) {
    if (what.path)
      throw scan.fail("a comma: a new name stands before the column, as in name:data->key");
    scan.eat(":");
    alias = what.column;
    what = field(scan, `the column or embed to call "${alias}"`);
  }
  const named = alias === undefined ? {} : { alias };
  if (!what.path && (scan.next("(") || scan.next("!"))) {
    if (!spread && what.column === "count" && scan.eat("()")) {
      return { count: true, ...named, ...cast(scan, "cast") };
    }
    return { embed: { ...embed(scan, what.column, depth), ...named, ...(spread && { spread }) } };
  }
  if (spread) throw scan.fail(`"(": only an embed can be spread`);
  return column(scan, what, named);
}

function column(scan: Scan, what: Field, named: { alias?: string }): Item {
  const plain = { field: what, ...named, ...cast(scan, "cast") };
  if (!scan.eat(".")) return plain;
  const aggregate = scan.take(/[a-z]+(?=\(\))/y) ?? "";
  if (!isAggregate(aggregate)) throw scan.fail("count(), sum(), avg(), min() or max()");
  scan.eat("()");
  return { ...plain, aggregate, ...cast(scan, "aggregateCast") };
}

function isAggregate(word: string): word is Aggregate {
  return AGGREGATES.has(word);
}

function cast<K extends "cast" | "aggregateCast">(scan: Scan, key: K): { [P in K]?: string } {
  if (!scan.eat("::")) return {};
  scan.spaces();
  const type = scan.take(TYPE)?.trim();
  if (!type) throw scan.fail("a type");
  return { [key]: type } as { [P in K]?: string }; // TypeScript widens computed keys to string
}

function embed(scan: Scan, relation: string, depth: number): Embed {
  const made: Embed = { relation, query: { select: [] } };
  while (scan.eat("!")) {
    const word = name(scan, "a hint, inner or left");
    if ((word === "inner" || word === "left") && !made.join) made.join = word;
    else if (made.hint === undefined) made.hint = word;
    else throw scan.fail(`"(": one hint is enough`);
  }
  scan.expect("(");
  if (depth > MAX_EMBED_DEPTH) {
    throw unreadable(
      `select: embeds nest deeper than ${MAX_EMBED_DEPTH} levels`,
      "Ask for the inner rows in a request of their own.",
    );
  }
  scan.spaces();
  if (!scan.eat(")")) {
    made.query.select = list(scan, depth + 1);
    if (!scan.eat(")")) throw scan.fail('a comma or ")"');
  }
  scan.spaces();
  return made;
}
