// Who may see or change which rows: a predicate per verb. A verb without one is refused.
import type { Actor, Role } from "./actor.ts";
import { everyone, nobody, type Predicate } from "./predicate.ts";
import { type AnyTable, declarationOf } from "./table.ts";

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

/** Does the verb exist for anybody of this role? False means 42501 without looking at rows. */
export function mayEver(table: AnyTable, verb: Verb, actor: Actor): boolean {
  const predicate = policyOf(table, verb, actor.role);
  return !(predicate.kind === "constant" && !predicate.value);
}
