import { expect, test } from "vitest";
import { Refusal } from "../../../src/kernel/errors.ts";
import { type Condition, type Field, Values } from "../../../src/kernel/intent.ts";
import { parseOrder } from "../../../src/protocols/rest/parse-order.ts";
import { parseSelect } from "../../../src/protocols/rest/parse-select.ts";
import { parseUrl } from "../../../src/protocols/rest/parse-url.ts";
import fc from "../../random.ts";

// A condition as a person would write it down: the operand is a text, not a slot.
type Said =
  | { all: "and" | "or"; of: Said[]; negated: boolean }
  | { field: Field; op: string; operand: string; negated: boolean }
  | { field: Field; list: string[]; negated: boolean }
  | { field: Field; is: "null" | "not_null" | "true" | "false" | "unknown"; negated: boolean };

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ unit: fc.constantFrom(...'ab,.():"\\*{}[]%_ \n!->é🍜'), maxLength: 8 }),
);
const quote = (s: string) => `"${s.replace(/["\\]/g, "\\$&")}"`;
const word = fc.string({ unit: fc.constantFrom(..."abcxyz_09é"), minLength: 1, maxLength: 6 });
const anyName = fc.oneof(
  word,
  text.filter((s) => s !== ""),
);
const plainWord = /^[a-zé_][a-z0-9é_]*$/;
const printName = (s: string) => (plainWord.test(s) && !/^(and|or|not)$/.test(s) ? s : quote(s));

const field: fc.Arbitrary<Field> = fc
  .record({
    column: anyName,
    path: fc.array(fc.oneof(anyName, fc.integer({ min: -9, max: 99 })), { maxLength: 3 }),
    text: fc.boolean(),
  })
  .map(({ column, path, text }) => {
    if (path.length === 0) return { column };
    return text ? { column, path, text } : { column, path };
  });

function printField({ column, path = [], text }: Field): string {
  const steps = path.map((step, i) => {
    const arrow = text && i === path.length - 1 ? "->>" : "->";
    return arrow + (typeof step === "number" ? String(step) : quote(step));
  });
  return printName(column) + steps.join("");
}

const OPS = ["eq", "neq", "gt", "gte", "lt", "lte", "match", "imatch", "isdistinct"];
const leaf: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ field, op: fc.constantFrom(...OPS), operand: text, negated: fc.boolean() }),
  fc.record({ field, list: fc.array(text, { maxLength: 6 }), negated: fc.boolean() }),
  fc.record({
    field,
    is: fc.constantFrom("null", "not_null", "true", "false", "unknown"),
    negated: fc.boolean(),
  }),
);
const { said } = fc.letrec<{ said: Said; group: Said }>((tie) => ({
  said: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie("group")),
  group: fc.record({
    all: fc.constantFrom("and", "or"),
    of: fc.array(tie("said"), { minLength: 1, maxLength: 4 }),
    negated: fc.boolean(),
  }),
}));

/** As it stands within and=(…). */
function print(one: Said): string {
  const not = one.negated ? "not." : "";
  if ("all" in one) return `${not}${one.all}(${one.of.map(print).join(",")})`;
  const left = `${printField(one.field)}.${not}`;
  if ("is" in one) return `${left}is.${one.is}`;
  if ("list" in one) return `${left}in.(${one.list.map(quote).join(",")})`;
  return `${left}${one.op}.${quote(one.operand)}`;
}

/** Reads slots back into texts, so that both sides can be compared. */
function say(condition: Condition, values: unknown[], negated = false): Said {
  if ("not" in condition) return say(condition.not, values, true);
  if ("and" in condition) {
    return { all: "and", of: condition.and.map((c) => say(c, values)), negated };
  }
  if ("or" in condition) return { all: "or", of: condition.or.map((c) => say(c, values)), negated };
  const { field } = condition;
  if ("is" in condition) return { field, is: condition.is, negated };
  if ("in" in condition) {
    const { in: slot, size } = condition;
    const list = size === "many" ? (values[slot] as string[]) : values.slice(slot, slot + size);
    return { field, list: list as string[], negated };
  }
  if (!("op" in condition)) throw new Error("none other was printed");
  return { field, op: condition.op, operand: String(values[condition.value]), negated };
}

/** Lists of 3 are padded to 4 by repeating the last value. */
function padded(one: Said): Said {
  if ("all" in one) return { ...one, of: one.of.map(padded) };
  if ("list" in one && one.list.length === 3) {
    return { ...one, list: [...one.list, one.list[2] as string] };
  }
  return one;
}

test("what is printed is read back", () => {
  const reading = fc.property(fc.array(said, { minLength: 1, maxLength: 4 }), (of) => {
    const search = `?and=${encodeURIComponent(`(${of.map(print).join(",")})`)}`;
    const values = new Values();
    const { where } = parseUrl(search, values).query;
    expect(where && say(where, values.list)).toEqual(padded({ all: "and", of, negated: false }));
  });
  fc.assert(reading, { numRuns: 500 });
});

test("every condition by itself is read back from its own key", () => {
  const reading = fc.property(leaf, (one) => {
    if ("all" in one) return;
    const not = one.negated ? "not." : "";
    const operand =
      "is" in one
        ? `is.${one.is}`
        : "list" in one
          ? `in.(${one.list.map(quote).join(",")})`
          : `${one.op}.${one.operand}`;
    const search = new URLSearchParams([[printField(one.field), not + operand]]);
    const values = new Values();
    const key = printField(one.field);
    if (/^(select|order|limit|offset|columns|cursor|on_conflict)$/.test(key)) return;
    const { where } = parseUrl(`?${search}`, values).query;
    expect(where && say(where, values.list)).toEqual(padded(one));
  });
  fc.assert(reading, { numRuns: 500 });
});

const noise = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...'ab1,.():"\\*{}[]%_ !->'), maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        ...'select order or not in is like any eq ( ) , . : :: ! -> ->> { } " * ... () a 1'.split(
          " ",
        ),
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join("")),
);

function refusedOrRead(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    expect(["PGRST100", "PGRST108", "filter_too_large", "PGRST127"]).toContain(
      (error as Refusal).code,
    );
  }
}

test("whatever is sent is read or refused, and nothing else", () => {
  const keys = fc.oneof(
    noise,
    fc.constantFrom("select", "order", "or", "a", "rel.a", "limit", "columns"),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, noise), { maxLength: 4 }), (pairs) => {
      const encoded = new URLSearchParams(pairs).toString();
      refusedOrRead(() => parseUrl(`?${encoded}`, new Values()));
      const raw = pairs.map((p) => p.join("=")).join("&");
      refusedOrRead(() => parseUrl(`?${raw}`, new Values()));
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(noise, (s) => refusedOrRead(() => parseSelect(s))),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(noise, (s) => refusedOrRead(() => parseOrder("order", s))),
    {
      numRuns: 1000,
    },
  );
});
