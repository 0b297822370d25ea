// The only file that touches D1: a read is one query or one batch, a write is one batch.
import { type Actor, principal } from "./actor.ts";
import { Refusal } from "./errors.ts";
import { IN_FLIGHT } from "./plan/decide.ts";
import type { BoundStatement } from "./plan/sql.ts";
import type { Row } from "./table.ts";

/** D1 takes 1,000 statements per invocation; a batch leaves room for what else the request asks. */
const MAX_STATEMENTS = 900;
/** Idempotency keys are honoured this long. */
const IDEMPOTENCY_HOURS = 24;
/** After this its request is gone, and a repeat is answered with what stood then. */
const IN_FLIGHT_MS = 60_000;
const MAX_TRIES = 3;
/** Before the second try; twice that before the third. A random part of it is waited. */
const WAIT_MS = 50;
/** A lost write is looked for among so many transactions before it; there is no index for it. */
const LOOK_BACK = 10_000;

export interface Reading {
  /** A bookmark to read at or after, or where to read: guests may be served by a replica. */
  at: "first-unconstrained" | "first-primary" | (string & {});
}

export interface Writing {
  actor: Actor;
  /** ISO text. */
  now: string;
  /** Names this attempt: unique per request. */
  nonce: string;
  /** Guards that stand before all else: an ended session is not shown what was kept for its key. */
  before?: BoundStatement[];
  idempotency?: Idempotency;
}

/** `route` and `key` name a write per principal, `hash` is of all that it asks. */
export interface Idempotency {
  route: string;
  key: string;
  hash: string;
}

/** Rows of every statement; or, as text, the answer that was kept. */
export interface Written {
  rows: Row[][];
  bookmark: string | undefined;
  stored?: string;
  /** The kept answer is this request's own, not an earlier one's. */
  fresh?: boolean;
}

export interface Store {
  read(
    statements: BoundStatement[],
    reading: Reading,
  ): Promise<{ rows: Row[][]; rowsRead: number[]; bookmark: string | undefined }>;
  commit(statements: BoundStatement[], writing: Writing): Promise<Written>;
}

export function createStore(db: D1Database): Store {
  return {
    read(statements, { at }) {
      const read = readFrom(db, statements, at);
      if (at.startsWith("first-")) return read;
      return read.catch((error) => {
        // A bookmark that is none, or of another database: what was written last is fresh enough.
        if (!/bookmark/i.test(messageOf(error))) throw error;
        return readFrom(db, statements, "first-primary");
      });
    },
    async commit(statements, writing) {
      if (statements.length > MAX_STATEMENTS) throw new Refusal("statement_too_large");
      const session = db.withSession("first-primary");
      const head = (writing.before ?? []).concat(transaction(writing));
      for (let tries = 1; ; tries++) {
        try {
          const results = await run(session, [...head, ...statements]);
          const rows = results.slice(head.length).map((result) => result.results);
          return { rows, bookmark: session.getBookmark() ?? undefined };
        } catch (error) {
          const { idempotency } = writing;
          if (idempotency && isKeyTaken(error)) return await replay(session, writing, idempotency);
          if (!mayHaveCommitted(error) || tries === MAX_TRIES) throw error;
          const found = await committed(session, writing.nonce);
          if (found)
            return { rows: [], bookmark: undefined, stored: found.body ?? "lost", fresh: true };
          await new Promise((done) => setTimeout(done, Math.random() * WAIT_MS * tries));
        }
      }
    },
  };
}

async function readFrom(db: D1Database, statements: BoundStatement[], at: Reading["at"]) {
  const session = db.withSession(at);
  const results = await run(session, statements);
  const rows = results.map((result) => result.results);
  const rowsRead = results.map((result) => result.meta.rows_read);
  return { rows, rowsRead, bookmark: session.getBookmark() ?? undefined };
}

function run(session: D1DatabaseSession, statements: BoundStatement[]): Promise<D1Result<Row>[]> {
  const prepared = statements.map((s) => session.prepare(s.sql).bind(...s.params));
  const [first] = prepared;
  if (prepared.length === 1 && first) return first.all<Row>().then((result) => [result]);
  return session.batch<Row>(prepared);
}

/** The transaction's row: actor and time for triggers, the nonce, and the idempotency record. */
function transaction({ actor, now, nonce, idempotency }: Writing): BoundStatement[] {
  const who = principal(actor);
  const row = {
    sql: `insert into _tx(nonce,actor,at,first,route,key,hash)
      values(?1,?2,?3,(select coalesce(max(seq),0) from _changes),?4,?5,?6)`,
    params: [
      nonce,
      who,
      now,
      idempotency?.route ?? null,
      idempotency?.key ?? null,
      idempotency?.hash ?? null,
    ],
  };
  if (!idempotency) return [row];
  const release = {
    sql: "update _tx set key=null where actor=?1 and route=?2 and key=?3 and at<?4",
    params: [who, idempotency.route, idempotency.key, expired(now)],
  };
  return [release, row];
}

/** Keys of transactions before this moment are free again. */
function expired(now: string): string {
  return before(now, IDEMPOTENCY_HOURS * 3_600_000);
}

function before(now: string, ms: number): string {
  return new Date(Date.parse(now) - ms).toISOString();
}

/** Asks for the record of an idempotency key; none where it is free. */
export function recordStatement(
  { actor, now }: Pick<Writing, "actor" | "now">,
  { route, key }: Idempotency,
): BoundStatement {
  return {
    sql: `select hash, iif(status is ${IN_FLIGHT} and at>?5, null, body) body
      from _tx where actor=?1 and route=?2 and key=?3 and at>=?4`,
    params: [principal(actor), route, key, expired(now), before(now, IN_FLIGHT_MS)],
  };
}

/** The answer a key's record keeps; refuses another request's key, and one not answered yet. */
export function keptAnswer(record: Row, { hash }: Idempotency): string {
  if (record.hash !== hash) throw new Refusal("idempotency_key_reused");
  if (!record.body) throw new Refusal("in_flight");
  return String(record.body);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isKeyTaken(error: unknown): boolean {
  return messageOf(error).includes("UNIQUE constraint failed: _tx.actor, _tx.route, _tx.key");
}

/** Errors after which a write may stand although it was not acknowledged. */
const AMBIGUOUS =
  /Network connection lost|storage caused object to be reset|reset because its code was updated/;

function mayHaveCommitted(error: unknown): boolean {
  return AMBIGUOUS.test(messageOf(error));
}

async function replay(
  session: D1DatabaseSession,
  writing: Writing,
  idempotency: Idempotency,
): Promise<Written> {
  const [found] = await run(session, [recordStatement(writing, idempotency)]);
  const [record] = found?.results ?? [];
  if (!record) throw new Refusal("in_flight"); // its time ended in between
  const stored = keptAnswer(record, idempotency);
  return { rows: [], bookmark: session.getBookmark() ?? undefined, stored };
}

async function committed(
  session: D1DatabaseSession,
  nonce: string,
): Promise<{ body: string | null } | null> {
  const recent = `seq > (select max(seq) from _tx) - ${LOOK_BACK}`;
  return session.prepare(`select body from _tx where ${recent} and nonce=?1`).bind(nonce).first();
}
