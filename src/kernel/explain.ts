// How SQLite runs an intent's statements, for who looks after the database.
import type { Actor } from "./actor.ts";
import { iso } from "./clock.ts";
import type { Parts } from "./commit.ts";
import { Refusal } from "./errors.ts";
import type { Intent, WriteShape } from "./intent.ts";
import { holdsCursor } from "./plan/cursor-token.ts";
import { notImplemented } from "./plan/filter.ts";
import { statementsOf } from "./plan/plan.ts";
import { prepare } from "./plan/prepare.ts";
import { type Bind, type BoundStatement, bindStatement } from "./plan/sql.ts";
import type { Row } from "./table.ts";

export interface Explained {
  /** SQLite's steps: `id`, `parent` (0 for none) and `detail`. */
  steps: Row[];
  /** Rows that running the statement read; a write is explained, and not run. */
  rowsRead?: number;
}

/** The plan of each statement. What it tells of tables and indexes is for the service alone. */
export async function explain(parts: Parts, intent: Intent, actor: Actor): Promise<Explained[]> {
  if (actor.role !== "service_role") {
    throw new Refusal("PGRST107", { types: "application/vnd.pgrst.plan" });
  }
  const { shape, values } = holdsCursor(intent) ? await parts.openCursor(intent, actor) : intent;
  const bind: Bind = { values, actor, now: iso(parts.clock.now()), rows: "" };
  const plan = parts.planner.plan(shape, actor.role, false);
  const reads = plan.kind === "read";
  let statements: BoundStatement[];
  if (reads) statements = statementsOf(plan).map((statement) => bindStatement(statement, bind));
  else if (plan.kind === "write") {
    const write = { shape: shape as WriteShape, values }; // as its plan
    statements = prepare(plan, write, { ...bind, id: parts.id }).statements;
  } else throw notImplemented("the plan of what is decided in JavaScript");
  const explaining = statements.map((s) => ({ ...s, sql: `explain query plan ${s.sql}` }));
  const asked = reads ? [...explaining, ...statements] : explaining;
  const { rows, rowsRead } = await parts.store.read(asked, { at: "first-primary" });
  return statements.map((_, i) => ({
    steps: rows[i] ?? [],
    ...(reads && { rowsRead: rowsRead[statements.length + i] ?? 0 }),
  }));
}
