// Guards: statements that abort a batch, naming the refusal, when what was promised before it does
// not hold. An insert into _guard raises 'vtb:<code>[:<name>=<value>;…]'.
import { Refusal, type RefusalParams } from "../errors.ts";
import { literal } from "./json-sql.ts";

/** A guard: `when` follows the select list (`from … where …`); where it has rows, it raises. */
export function guardSql(code: string, params: Record<string, string>, when: string): string {
  const parts = Object.entries(params).map(([key, sql]) => `${literal(`${key}=`)} || ${sql}`);
  const text = [literal(parts.length > 0 ? `${code}:` : code), parts.join(" || ';' || ")];
  return `insert into _guard(code) select ${text.filter(Boolean).join(" || ")} ${when}`;
}

/** An expression that raises a refusal where it is evaluated: SQL has no other in a read. */
export function raisingSql(refusal: string): string {
  return `json_extract('{}',${literal(`vtb:${refusal}`)})`;
}

const RAISED_BY_GUARD = /^D1_ERROR: vtb:([^:]+)(?::([\s\S]*))?: SQLITE_CONSTRAINT(?: \(|$)/;
const RAISED_IN_READ = /bad JSON path: 'vtb:([^:']+)(?::([^']*))?'/;

/** What a guard raised, read from D1's error text; undefined when the error is another one. */
export function raisedBy(message: string): Refusal | undefined {
  // The first is greedy: a dry run's answer may hold the words that end the message.
  const found = RAISED_BY_GUARD.exec(message) ?? RAISED_IN_READ.exec(message);
  if (!found) return undefined;
  const params: RefusalParams = {};
  if (found[1] === "rollback") return new Refusal("rollback", { body: found[2] });
  for (const part of (found[2] ?? "").split(";")) {
    const [key, value] = part.split("=");
    if (key && value !== undefined) params[key] = value;
  }
  return new Refusal(found[1] ?? "internal", params);
}
