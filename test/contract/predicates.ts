// Reading policies: what they look at, and what becomes of a table when one of its rules is gone.
import type { Policy } from "../../src/kernel/policy.ts";
import { everyone, type Predicate } from "../../src/kernel/predicate.ts";
import type { Declared } from "../../src/kernel/table.ts";
import type { Verb } from "./matrix.ts";

/** Columns of the row itself that a predicate looks at. */
export function columnsOf(predicate: Predicate | undefined): string[] {
  switch (predicate?.kind) {
    case "and":
    case "or":
      return predicate.of.flatMap(columnsOf);
    case "not":
      return columnsOf(predicate.of);
    case "member":
    case "via":
      return [predicate.column];
    case "compare":
      return [predicate.left, predicate.right].flatMap((t) => ("column" in t ? [t.column] : []));
    case "is":
    case "in":
    case "like":
      return "column" in predicate.left ? [predicate.left.column] : [];
    default:
      return [];
  }
}

/** Columns that an update may name; the secret key's may be read-only or written once. */
export function settable(table: Declared, trusted = false): string[] {
  const columns = [...table.columns.values()].filter(
    (c) => !c.hidden && !table.key.includes(c.name),
  );
  const free = columns.filter((c) => trusted || !(c.readOnly || c.setOnce));
  return free.filter((c) => c.fill !== "touch").map((c) => c.name);
}

/** Columns that callers may change and by which an update's check decides. */
export function movable(table: Declared): string[] {
  const { update } = table.policy;
  const named = columnsOf(update?.check ?? update?.using);
  return settable(table).filter((c) => named.includes(c));
}

/** A table's policy without one of its rules. */
export interface Mutation {
  name: string;
  policy: Policy;
  /** The verb that should notice first. */
  verb: Verb;
  /** The same where no other rule can hide the loss: what is not seen cannot be changed. */
  alone?: { without: Policy; with: Policy };
}

/** Every rule of the table that is stricter than `everyone`, replaced by it. */
export function mutationsOf(table: Declared): Mutation[] {
  const { policy } = table;
  const { update } = policy;
  // Without a column that callers may change, the update policy decides about nothing.
  const changeable = settable(table).length > 0;
  const open = { ...policy, select: everyone };
  const all: Mutation[] = [
    { name: "select", verb: "select", policy: open },
    {
      name: "insert",
      verb: "insert",
      policy: { ...policy, insert: everyone },
      alone: { with: open, without: { ...open, insert: everyone } },
    },
    { name: "service", verb: "insert", policy: { ...policy, service: "all" } },
    {
      name: "delete",
      verb: "delete",
      policy: { ...policy, delete: everyone },
      alone: { with: open, without: { ...open, delete: everyone } },
    },
  ];
  if (changeable) {
    all.push({
      name: "update",
      verb: "update",
      policy: { ...policy, update: { ...update, using: everyone } },
      alone: {
        with: update ? { ...open, update: { ...update, check: everyone } } : open,
        without: { ...open, update: { using: everyone } },
      },
    });
  }
  // Without one by which it decides, the check says what `using` has said already.
  if (update && (movable(table).length > 0 || (update.check && update.check !== update.using))) {
    const unchecked = { ...update, check: everyone };
    all.push({ name: "update.check", verb: "move", policy: { ...policy, update: unchecked } });
  }
  const possible = table.view ? all.filter(({ verb }) => verb === "select") : all;
  return possible.filter((mutation) => full(mutation.policy) !== full(policy));
}

function full(policy: Policy): string {
  const { select, insert, update, service = "all" } = policy;
  const check = update?.check ?? update?.using;
  return JSON.stringify([select, insert, update?.using, check, policy.delete, service]);
}
