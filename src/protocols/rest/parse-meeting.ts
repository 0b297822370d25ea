// tags=cs.{a,b}, tags=ov.["a",1], doc=cd.{"k":1}: JSON, or PostgreSQL's array literals.
import { Refusal } from "../../kernel/errors.ts";
import type { Meeting } from "../../kernel/intent.ts";
import { parseJson } from "../../kernel/json.ts";
import { arrayElements, type Element } from "./parse-list.ts";
import { Scan } from "./scan.ts";

const MEETINGS: Record<string, Meeting> = { cs: "contains", cd: "contained", ov: "overlaps" };
const PLAIN_JSON = /^(?:true|false|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const JSON_OBJECT = /^\{\s*"(?:[^"\\]|\\.)*"\s*:/s;
const HINT = 'An array is {a,b} or ["a","b"], an object {"a":1}.';
const QUOTED_CHARACTERS = 100;

/**
 * The value that a column is to meet. An array literal does not say whether 1 is a number or a
 * text, and clients write none but such: a bare element that spells a JSON value means both.
 */
export function meeting(op: string, text: string): { meets: Meeting; value: unknown } {
  const meets = MEETINGS[op] ?? "contains"; // one of three
  const trimmed = text.trim();
  if (trimmed.startsWith("{") && !JSON_OBJECT.test(trimmed)) {
    const scan = new Scan(op, trimmed, HINT);
    const elements = arrayElements(scan, false);
    scan.end();
    const lists = elements.map(meanings);
    return meets === "contains" ? { meets: "each", value: lists } : { meets, value: lists.flat() };
  }
  return { meets, value: json(trimmed) };
}

function meanings({ text, bare }: Element): unknown[] {
  const number = Number(text);
  const safe = !Number.isInteger(number) || Number.isSafeInteger(number);
  return bare && PLAIN_JSON.test(text) && safe ? [text, JSON.parse(text)] : [text];
}

function json(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    const value = JSON.stringify(text.slice(0, QUOTED_CHARACTERS).toWellFormed());
    throw new Refusal("22P02", { type: "json", value, hint: HINT });
  }
}
