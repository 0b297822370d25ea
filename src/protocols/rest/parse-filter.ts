// age=not.lt.18, name=ilike(any).{a*,b*}, or=(stars.gte.4,and(open.is.true,city.in.("a,b",c)))
import { Refusal } from "../../kernel/errors.ts";
import type { Condition, Field, IsWord, Values } from "../../kernel/intent.ts";
import { near } from "../../kernel/near.ts";
import { field, name, quoted } from "./parse-field.ts";
import { arrayElements, balanced, listElements } from "./parse-list.ts";
import { meeting } from "./parse-meeting.ts";
import { parseSearch } from "./parse-search.ts";
import { Scan, SHOWN } from "./scan.ts";

/** Conditions of one request, `and`, `or` and `not` included. */
export const MAX_NODES = 200;
export const MAX_DEPTH = 20;

const QUANTIFIED = new Set("eq gt gte lt lte like ilike match imatch".split(" "));
const SEARCH = new Set("fts plfts phfts wfts".split(" "));
const MEETINGS = new Set("cs cd ov".split(" "));
const OTHERS = "neq in is isdistinct sl sr nxr nxl adj".split(" ");
const OPERATORS = new Set([...QUANTIFIED, ...SEARCH, ...MEETINGS, ...OTHERS]);
const TREE =
  'Conditions are column.operator.value, as in or=(name.eq."Elm, Leith",city.eq.Rome): a value ' +
  "with a comma or a parenthesis in it stands in double quotes.";
const IS_WORDS = new Set<string>(["null", "not_null", "true", "false", "unknown"]);

/** Does the text begin as a filter's value does? */
export function looksLikeFilter(text: string): boolean {
  const op = /^(?:not\.)?([a-z]+)(?:\([^)]*\))?\./.exec(text)?.[1];
  return op !== undefined && OPERATORS.has(op);
}

/** Where the conditions of one request put their values, and how many there are. */
export class Conditions {
  readonly values: Values;
  private nodes = 0;

  constructor(values: Values) {
    this.values = values;
  }

  add<C extends Condition>(condition: C): C {
    if (++this.nodes > MAX_NODES) {
      throw new Refusal("filter_too_large", { max: MAX_NODES, what: "conditions" });
    }
    return condition;
  }
}

/** The value of `column=<value>`: an operator and its operand, which runs to the end. */
export function parseFilter(of: Field, where: string, text: string, into: Conditions): Condition {
  const scan = new Scan(where, text, `A filter is ${where}=operator.value, as in ${where}=eq.7`);
  const condition = operation(scan, of, into, false);
  scan.end();
  return condition;
}

/** The value of `and=`, `or=` and their negations: `(a.eq.1,not.or(b.is.null,c.gt.2))`. */
export function parseTree(where: string, word: string, text: string, into: Conditions): Condition {
  const scan = new Scan(where, text, TREE);
  scan.spaces();
  const condition = group(scan, word, into, 1);
  scan.end();
  return condition;
}

function group(scan: Scan, word: string, into: Conditions, depth: number): Condition {
  if (depth > MAX_DEPTH) {
    throw new Refusal("filter_too_large", { max: MAX_DEPTH, what: "levels of and/or" });
  }
  scan.expect("(");
  const of: Condition[] = [];
  do of.push(term(scan, into, depth));
  while (scan.eat(","));
  if (!scan.eat(")")) throw scan.fail('a comma or ")"');
  scan.spaces();
  const made = into.add(word.endsWith("and") ? { and: of } : { or: of });
  return word.startsWith("not.") ? into.add({ not: made }) : made;
}

function term(scan: Scan, into: Conditions, depth: number): Condition {
  scan.spaces();
  const word = scan.take(/(?:not\.)?(?:and|or)(?=\()/y);
  if (word) return group(scan, word, into, depth + 1);
  const of = field(scan, "a column, and(…) or or(…)");
  scan.expect(".");
  return operation(scan, of, into, true);
}

/** `nested`: within parentheses, where a comma or a closing parenthesis ends an operand. */
function operation(scan: Scan, of: Field, into: Conditions, nested: boolean): Condition {
  const negated = scan.eat("not.");
  const start = scan.at;
  const op = scan.take(/[a-z]+/y) ?? "";
  const dotted = scan.next(".") || scan.next("(");
  if (!OPERATORS.has(op) || !dotted) {
    scan.at = start;
    const expected = 'an operator and a dot before the value, as in "eq."';
    throw scan.fail(expected, dotted ? operatorHint(op) : equalityHint(scan, nested));
  }
  const option = scan.eat("(") ? name(scan, "a word in the parentheses") : undefined;
  if (option !== undefined) scan.expect(")");
  scan.expect(".");
  const condition =
    option === undefined || SEARCH.has(op)
      ? plain(scan, of, op, option, into, nested)
      : quantified(scan, of, op, option, into, nested);
  return negated ? into.add({ not: condition }) : condition;
}

function operatorHint(op: string): string {
  const close = op.length > 1 ? near(op, [...OPERATORS]) : undefined;
  return close ?? `The operators are ${[...OPERATORS].join(", ")}.`;
}

/** Most who write no operator mean equality. */
function equalityHint(scan: Scan, nested: boolean): string {
  if (nested) return scan.hint;
  const value = scan.text.slice(scan.at, scan.at + SHOWN);
  return `If they are to be equal: ${scan.where}=eq.${value.toWellFormed()}`;
}

function plain(
  scan: Scan,
  of: Field,
  op: string,
  config: string | undefined,
  into: Conditions,
  nested: boolean,
): Condition {
  if (op === "is") return into.add({ field: of, is: isWord(scan) });
  if (op === "in") return into.add({ field: of, ...into.values.addList(listElements(scan)) });
  if (MEETINGS.has(op)) {
    const { meets, value } = meeting(op, operand(scan, nested, "{["));
    return into.add({ field: of, meets, ...into.values.addStructure(value) });
  }
  if (SEARCH.has(op)) {
    const search = into.values.add(parseSearch(op, operand(scan, nested)));
    return into.add({ field: of, search, ...(config !== undefined && { config }) });
  }
  return one(of, op, operand(scan, nested), into);
}

function one(of: Field, op: string, text: string, into: Conditions) {
  if (op === "like" || op === "ilike") {
    const pattern = into.values.addPattern(text.replaceAll("*", "%"));
    return into.add<Condition>({ field: of, ...pattern, fold: op === "ilike" });
  }
  return into.add<Condition>({ field: of, op, value: into.values.add(text) });
}

/** `op(any)` is an `or` of its elements, `op(all)` an `and`: nobody else needs to know more. */
function quantified(
  scan: Scan,
  of: Field,
  op: string,
  option: string,
  into: Conditions,
  nested: boolean,
): Condition {
  if (!QUANTIFIED.has(op)) throw scan.fail(`no parentheses after "${op}"`);
  if (option !== "any" && option !== "all") throw scan.fail(`${op}(any) or ${op}(all)`);
  const elements = arrayElements(scan, nested).map(({ text }) => text);
  if (op === "eq" && option === "any") {
    return into.add({ field: of, ...into.values.addList(elements) });
  }
  const each = elements.map((text) => one(of, op, text, into));
  return into.add(option === "any" ? { or: each } : { and: each });
}

function isWord(scan: Scan): IsWord {
  const start = scan.at;
  const word = (scan.take(/\w+/y) ?? "").toLowerCase();
  if (isWordOf(word)) return word;
  scan.at = start;
  throw scan.fail("null, not_null, true, false or unknown", "Other values are compared by eq.");
}

function isWordOf(word: string): word is IsWord {
  return IS_WORDS.has(word);
}

/** `opening`: the brackets within which commas and parentheses belong to the operand. */
function operand(scan: Scan, nested: boolean, opening = "{"): string {
  if (!nested) return scan.take(/.+/sy) ?? "";
  const text = quoted(scan) ?? balanced(scan, opening) ?? scan.take(/[^,)]+/y) ?? "";
  if (!scan.next(",") && !scan.next(")")) throw scan.fail('a comma or ")" after the value');
  return text;
}
