// What each request asks of the database, from the Worker whose questions are counted.
import type { Case, Counts } from "./cases/case.ts";
import type { World } from "./data/world.ts";
import { credentialsOf } from "./drive.ts";
import { Connection, requestOf } from "./http.ts";
import type { Seen } from "./recipe.ts";
import type { Served } from "./serve.ts";
import { median } from "./statistics.ts";
import type { Report } from "./workers/counted.ts";

/** For how long nothing is asked once all is done: files are erased between two questions. */
const quiet_ms: Record<Case["kind"], number> = { read: 2, write: 10, account: 10, file: 100 };

/** Requests of a case as Vertebra answers them: so many of its variants, in order. */
export async function observe(
  server: Served,
  of: Case,
  world: World,
  variants = of.variants,
): Promise<Seen[]> {
  const connection = new Connection(server.url);
  const seen: Seen[] = [];
  try {
    let carried = of.carries?.first(0, world);
    const ask = async (n: number): Promise<Seen> => {
      const asked = of.ask(n, carried === undefined ? world : { ...world, carried });
      const headers = { ...credentialsOf(of, world), "x-bench-report": String(quiet_ms[of.kind]) };
      const from = Date.now();
      const answer = await connection.send(requestOf(asked, server.url.host, headers));
      const report: Report = JSON.parse(answer.text());
      if (report.status >= 300) {
        throw new Error(`${of.name}: Vertebra answered ${report.status}: ${report.body}`);
      }
      if (of.carries) carried = of.carries.next(report.body);
      return { report, from, to: Date.now() };
    };
    // A first one finds out whether the session lives, which the next need not ask.
    if (!of.once) await ask(0);
    for (let n = 0; n < variants; n++) {
      const found = await ask(n);
      const [first] = seen;
      const odd = first && sizeOf(found.report) !== sizeOf(first.report) && !of.once;
      seen.push(odd ? await ask(n) : found);
    }
  } finally {
    connection.close();
  }
  return seen;
}

/** By the dearest request, and by the one in the middle. */
export function rowsReadBy(seen: Seen[]): { mostRowsRead: number; medianRowsRead: number } {
  const rows = seen.map(({ report }) => countsOf(report).rowsRead);
  return { mostRowsRead: Math.max(...rows), medianRowsRead: median(rows) };
}

function sizeOf({ trips }: Report): number {
  return trips.reduce((sum, { statements }) => sum + statements.length, 0);
}

export function countsOf({ trips }: Report): Counts {
  const statements = trips.flatMap((trip) => trip.statements);
  const sum = (of: (statement: (typeof statements)[number]) => number) =>
    statements.reduce((total, statement) => total + of(statement), 0);
  return {
    trips: trips.length,
    statements: statements.length,
    rowsRead: sum(({ rowsRead }) => rowsRead),
    rowsWritten: sum(({ rowsWritten }) => rowsWritten),
  };
}
