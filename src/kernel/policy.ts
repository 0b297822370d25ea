// Who may see or change which rows: a predicate per verb. A verb without one is refused.
import type { Role } from "./actor.ts";
import { everyone, nobody, type Predicate } from "./predicate.ts";
import { type AnyTable, type Declared, declarationOf } from "./table.ts";

export interface Policy {
  /** Rows that exist for the caller. */
  select?: Predicate;
  /** What a new row must satisfy. */
  insert?: Predicate;
  /** Rows that may be changed, and what they must satisfy afterwards; by default the same. */
  update?: { using: Predicate; check?: Predicate };
  /** Rows that may be deleted. */
  delete?: Predicate;
  /** What the secret key may do here; default `all`. */
  service?: "all" | "read" | "none";
}

export type Verb = "select" | "insert" | "update" | "check" | "delete";

/** What decides `verb` on `table` for a role. */
export function policyOf(table: AnyTable, verb: Verb, role: Role): Predicate {
  return rightOf(declarationOf(table).policy, verb, role);
}

/** What a policy says of a verb for a role; the service is let in here, and nowhere else. */
export function rightOf(policy: Policy, verb: Verb, role: Role): Predicate {
  if (role === "service_role") {
    const allowed = policy.service ?? "all";
    return allowed === "all" || (allowed === "read" && verb === "select") ? everyone : nobody;
  }
  if (verb === "update") return policy.update?.using ?? nobody;
  if (verb === "check") return policy.update?.check ?? policy.update?.using ?? nobody;
  return policy[verb] ?? nobody;
}

/** What anybody at all may do with a table's rows, if only with some of them. */
export function offered({ policy }: Declared): Set<Verb> {
  const verbs: Verb[] = ["select", "insert", "update", "delete"];
  const rights = (verb: Verb) => [
    rightOf(policy, verb, "anon"),
    rightOf(policy, verb, "service_role"),
  ];
  return new Set(verbs.filter((verb) => rights(verb).some((right) => right !== nobody)));
}
