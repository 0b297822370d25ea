// Puts a recorder between the Worker and its database. Imported before the Worker, which takes its
// bindings as it starts.
import { env } from "cloudflare:workers";

export interface Asked {
  sql: string;
  params: unknown[];
  rows: number;
  rowsRead: number;
  rowsWritten: number;
}

/** One question to the database: one statement, or a batch. */
export interface Trip {
  at: string;
  batch: boolean;
  statements: Asked[];
}

let trips: Trip[] = [];
/** Questions that were asked, and that were answered. */
const questions = { asked: 0, answered: 0 };

/** What was asked since the last time. */
export function takeTrips(): Trip[] {
  const taken = trips;
  trips = [];
  return taken;
}

/** Waits until nothing has been asked for so long. */
export async function settled(quiet_ms: number): Promise<void> {
  let before: number;
  do {
    before = questions.asked;
    await scheduler.wait(quiet_ms);
  } while (questions.asked !== before || questions.answered !== before);
}

async function counted<T>(answer: Promise<T>): Promise<T> {
  questions.asked++;
  return answer.finally(() => questions.answered++);
}

type Session = Pick<D1DatabaseSession, "prepare" | "batch" | "getBookmark">;

interface Bound {
  sql: string;
  params: unknown[];
  real: D1PreparedStatement;
}

const bound = new WeakMap<object, Bound>();

function note(at: string, batch: boolean, statements: Bound[], results: D1Result[]): void {
  const asked = statements.map(({ sql, params }, i) => ({
    sql,
    params,
    rows: results[i]?.results.length ?? 0,
    rowsRead: results[i]?.meta.rows_read ?? 0,
    rowsWritten: results[i]?.meta.rows_written ?? 0,
  }));
  trips.push({ at, batch, statements: asked });
}

function recorded(session: Session, at: string): Session {
  const wrap = ({ sql, params, real }: Bound): D1PreparedStatement => {
    const all = async () => {
      const result = await counted(real.all());
      note(at, false, [{ sql, params, real }], [result]);
      return result;
    };
    const first = async () => (await all()).results[0] ?? null;
    const bind = (...values: unknown[]) =>
      wrap({ sql, params: values, real: real.bind(...values) });
    // The Worker uses no other way to ask; one that it begins to use fails here at once.
    const statement = { bind, all, first, run: all } as unknown as D1PreparedStatement;
    bound.set(statement, { sql, params, real });
    return statement;
  };
  return {
    prepare: (sql) => wrap({ sql, params: [], real: session.prepare(sql) }),
    async batch<T>(list: D1PreparedStatement[]) {
      const statements = list.map((statement) => bound.get(statement) as Bound); // ours alone
      const results = await counted(session.batch<T>(statements.map(({ real }) => real)));
      note(at, true, statements, results);
      return results;
    },
    getBookmark: () => session.getBookmark(),
  };
}

const bindings: { DB: D1Database } = env as { DB: D1Database }; // wrangler.toml's list
const database = bindings.DB;
const recording: Pick<D1Database, "withSession"> = {
  withSession: (at = "first-unconstrained") =>
    recorded(database.withSession(at), at) as D1DatabaseSession, // all that it has
};
bindings.DB = recording as D1Database; // and nothing asks it for more
