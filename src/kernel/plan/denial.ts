// What a policy does not allow is 42501: at once where no row could change that, else by a guard.
import type { Role } from "../actor.ts";
import { Refusal } from "../errors.ts";
import { policyOf, type Verb } from "../policy.ts";
import { isNever } from "../predicate.ts";
import type { Declared } from "../table.ts";
import { guardSql } from "./guard.ts";
import { literal } from "./json-sql.ts";
import { simplify } from "./predicate-sql.ts";
import type { Params, Statement } from "./sql.ts";

interface Denied {
  table: Declared;
  verb: Verb;
  role: Role;
}

/** The refusal where no row could make a difference. */
export function noPolicy(table: Declared, verb: Verb, role: Role, hint?: string): Refusal {
  const words: Record<Verb, string> = {
    select: "read",
    insert: "insert",
    update: "update",
    check: "update",
    delete: "delete",
  };
  const reason = `No policy lets ${role} ${words[verb]} rows of it.`;
  const told = hint ?? signingIn({ table, verb, role });
  return new Refusal("42501", { table: table.name, reason, hint: told });
}

/** A guard over proposed rows (`new`), which it then counts from 0, or over stored ones. */
export function policyGuard(
  denied: Denied,
  params: Params,
  prefix: string,
  when: string,
): Statement {
  const hint = signingIn(denied);
  const named = {
    table: literal(denied.table.name),
    ...(hint && { hint: literal(hint) }),
    ...(prefix && { row: "new.i" }),
  };
  return params.statement(prefix + guardSql("42501", named, when));
}

/** What a guest is told where somebody who is signed in might. */
function signingIn({ table, verb, role }: Denied): string | undefined {
  if (role !== "anon") return undefined;
  const policy = policyOf(table.table, verb, role);
  // Where it does not look at the caller, it is the row that is wrong.
  const looks = /"actor":|"kind":"via"/.test(JSON.stringify(policy));
  const helps = looks && !isNever(simplify(policy, "authenticated"));
  return helps ? "Sign in: the caller is a guest." : undefined;
}
