// The query string: what is selected, on which conditions, in which order, how much of it.
import { Refusal } from "../../kernel/errors.ts";
import type { Condition, Query, Values } from "../../kernel/intent.ts";
import { field, names } from "./parse-field.ts";
import { Conditions, looksLikeFilter, parseFilter, parseTree } from "./parse-filter.ts";
import { parseOrder } from "./parse-order.ts";
import { parseSelect } from "./parse-select.ts";
import { Scan, unreadable } from "./scan.ts";

export interface Asked {
  /** Without the first level's limit and offset, which the Range header may narrow. */
  query: Query;
  limit?: number;
  offset?: number;
  cursor?: string;
  columns?: string[];
  onConflict?: string[];
  /** Arguments of a function called by GET. */
  args: Map<string, string>;
}

/** Decides which keys of a function's query string are its arguments. */
export type IsArgument = (key: string, value: string) => boolean;

type Pair = [key: string, value: string];

const KEY = "A key is a column, a path into JSON (data->a), or one of an embed (restaurants.name).";
const ONCE = /^(?:(?:.*\.)?(?:order|limit|offset)|select|columns|on_conflict|cursor)$/s;
const LOGIC = /^(?:not\.)?(?:and|or)$/;

export function parseUrl(search: string, values: Values, isArgument?: IsArgument): Asked {
  const pairs = decode(search);
  const select = pairs.find(([key]) => key === "select")?.[1] ?? "";
  const asked: Asked = { query: { select: parseSelect(select) }, args: new Map() };
  const reader = new Reader(values);
  refuseRepeated(pairs, isArgument);
  for (const [key, value] of pairs) {
    if (key === "columns") asked.columns = names(key, value);
    else if (key === "on_conflict") asked.onConflict = names(key, value);
    else if (key === "limit" || key === "offset") asked[key] = wholeNumber(key, value);
    else if (key === "cursor") asked.cursor = value;
    else if (key === "select") continue;
    else if (isArgument?.(key, value)) asked.args.set(key, value);
    else reader.read(asked.query, new Scan(key, key, KEY), value);
  }
  reader.finish();
  return asked;
}

/** What reads as a filter is one, as PostgREST decides; the rest are arguments, for the plan. */
export function argumentsOf(declared: string[] | undefined): IsArgument {
  return (key, value) => {
    if (/^(?:order|and|or)$/.test(key)) return false;
    return /^\w+$/.test(key) && !(declared && looksLikeFilter(value));
  };
}

/** Fills the query and those of its embeds, key by key. */
class Reader {
  private readonly values: Values;
  private readonly conditions: Conditions;
  private readonly found = new Map<Query, Condition[]>();
  private readonly embeds = new Map<Query, Map<string, Query>>();

  constructor(values: Values) {
    this.values = values;
    this.conditions = new Conditions(values);
  }

  /** `key` stands behind the names of the embeds that led to `query`. */
  read(query: Query, key: Scan, value: string): void {
    const word = key.text.slice(key.at);
    const where = key.text;
    if (word === "order") query.order = parseOrder(where, value);
    else if (word === "limit" || word === "offset") {
      query[word] = this.values.add(wholeNumber(where, value));
    } else if (LOGIC.test(word)) {
      this.add(query, parseTree(where, word, value, this.conditions));
    } else {
      const of = field(key);
      if (key.done) this.add(query, parseFilter(of, where, value, this.conditions));
      else if (!of.path && key.eat(".")) this.read(this.embedded(query, of.column), key, value);
      else throw key.fail(of.path ? "the end" : "a dot or the end");
    }
  }

  private add(query: Query, condition: Condition): void {
    const all = this.found.get(query);
    if (all) all.push(condition);
    else this.found.set(query, [condition]);
  }

  /** The embed that goes by this name in the answer. */
  private embedded(query: Query, relation: string): Query {
    const known = this.embeds.get(query) ?? embedsOf(query);
    this.embeds.set(query, known);
    const found = known.get(relation);
    if (!found) throw new Refusal("PGRST108", { relation });
    return found;
  }

  finish(): void {
    for (const [query, all] of this.found) {
      const [first, ...more] = all;
      if (first) query.where = more.length === 0 ? first : this.conditions.add({ and: all });
    }
  }
}

function embedsOf({ select }: Query): Map<string, Query> {
  const embeds = select.flatMap((item) => ("embed" in item ? [item.embed] : []));
  return new Map(embeds.map(({ alias, relation, query }) => [alias ?? relation, query]));
}

function refuseRepeated(pairs: Pair[], isArgument: IsArgument | undefined): void {
  const seen = new Set<string>();
  for (const [key, value] of pairs) {
    if (!ONCE.test(key) && !isArgument?.(key, value)) continue;
    if (seen.has(key))
      throw unreadable(`${key}: it is given twice`, "Filters may be repeated; say this once.");
    seen.add(key);
  }
}

function wholeNumber(where: string, text: string): number {
  if (!/^\d+$/.test(text)) {
    const found = `found "${text.slice(0, 24)}"`;
    const hint = "The third page of 20 rows is limit=20&offset=40.";
    throw unreadable(`${where}: expected a whole number, 0 or more, ${found}`, hint);
  }
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

function decode(search: string): Pair[] {
  const parts = search.replace(/^\?/, "").split("&").filter(Boolean);
  return parts.map((part) => {
    const at = part.indexOf("=");
    return at < 0 ? [plain(part), ""] : [plain(part.slice(0, at)), plain(part.slice(at + 1))];
  });
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll("+", " "));
  } catch {
    throw unreadable(
      `"${part.slice(0, 24)}" in the query string is not percent-encoded UTF-8`,
      "encodeURIComponent() encodes a value; a percent sign by itself is %25.",
    );
  }
}
