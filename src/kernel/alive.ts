// Does the caller's session still live? Asked in the batch a request makes anyway: always for
// writes, and for reads when this isolate has not asked about that session for 30 seconds.
import type { Actor } from "./actor.ts";
import { iso } from "./clock.ts";
import { Refusal } from "./errors.ts";
import type { Authenticate } from "./module.ts";
import { guardSql } from "./plan/guard.ts";
import { name } from "./plan/json-sql.ts";
import { compilePredicate, rowContext } from "./plan/predicate-sql.ts";
import {
  type Bind,
  type BoundStatement,
  bindStatement,
  Params,
  type Statement,
} from "./plan/sql.ts";
import { declarationOf, type Row } from "./table.ts";

/** How long an ended session may still read: the bound on every protocol. */
const REVOCATION_MS = 30_000;
const MAX_SESSIONS = 10_000;

export interface Aliveness {
  /** A guard for a write's batch; none for callers without a session. */
  guard(bind: Bind): BoundStatement[];
  /** A question for a read's batch, when it is due; or every time. */
  question(bind: Bind, always?: boolean): BoundStatement[];
  /** Reads the question's answer; `session_not_found` when the session has ended. */
  heed(actor: Actor, rows: Row[], now: number): void;
}

export function createAliveness(authenticate: Authenticate | undefined): Aliveness {
  /** Sessions that were alive, and until when that is believed. */
  const known = new Map<string, string>();
  if (!authenticate) return { guard: () => [], question: () => [], heed: () => {} };
  const rows = aliveRows(authenticate);
  const ask: Statement = { ...rows, sql: `select exists(${rows.sql}) as alive` };
  const guard: Statement = {
    ...rows,
    sql: guardSql("session_not_found", {}, `where not exists(${rows.sql})`),
  };
  return {
    guard: (bind) => (bind.actor.session ? [bindStatement(guard, bind)] : []),
    question(bind, always = false) {
      const { session } = bind.actor;
      const until = session && !always ? known.get(session) : undefined;
      const due = until === undefined || bind.now >= until;
      return session && due ? [bindStatement(ask, bind)] : [];
    },
    heed(actor, answer, now) {
      if (!actor.session) return;
      known.delete(actor.session);
      if (answer[0]?.alive !== 1) throw new Refusal("session_not_found");
      const [oldest] = known.keys();
      if (known.size >= MAX_SESSIONS && oldest !== undefined) known.delete(oldest);
      known.set(actor.session, iso(now + REVOCATION_MS));
    },
  };
}

function aliveRows({ alive }: Authenticate): Statement {
  const table = declarationOf(alive.table);
  const params = new Params();
  const alias = params.alias();
  const context = rowContext({ params, role: "authenticated" }, table, alias);
  const where = compilePredicate(alive.where, context);
  return params.statement(`select 1 from ${name(table.sqlName)} ${alias} where ${where}`);
}
