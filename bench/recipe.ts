// What the bare Worker does in Vertebra's place, taken down from what Vertebra was seen to do.
import type { Report } from "./workers/counted.ts";

/** A parameter; where Vertebra put ids of its own making, its text is cut. */
export type Template = string | number | null | { parts: string[]; ids: number[] };

export interface Variant {
  /** By question and statement. */
  params: Template[][][];
  /** How many ids it makes. */
  ids: number;
}

export interface Recipe {
  /** Where the database may answer from. */
  at: string;
  /** Texts of the statements, by question to the database. */
  trips: string[][];
  variants: Variant[];
  /** The statement whose rows are the answer, and how many of them are shown. */
  answer?: { trip: number; statement: number; shows?: number };
  status: number;
  /** Content-Type; none: there is no body. */
  type: string;
  /** An answer that no statement gives. */
  body?: string;
  /** A file is the answer. */
  download?: true;
}

/** One request that Vertebra was seen to answer, between two moments. */
export interface Seen {
  report: Report;
  from: number;
  to: number;
}

const UUID_V7 = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** Requests of one case; all of them must have asked the database the same statements. */
export function recipeOf(seen: Seen[], download = false): Recipe {
  const [first] = seen;
  if (!first) throw new Error("nothing was seen");
  const { report } = first;
  const trips = textsOf(report);
  for (const { report: other } of seen) {
    if (JSON.stringify(textsOf(other)) !== JSON.stringify(trips)) {
      throw new Error("requests of one case asked the database different statements");
    }
  }
  const recipe: Recipe = {
    at: report.trips[0]?.at ?? "first-unconstrained",
    trips,
    variants: seen.map(variantOf),
    status: report.status,
    type: report.headers["content-type"] ?? "",
    ...(download && { download }),
  };
  const answer = answerIn(report);
  if (answer) recipe.answer = answer;
  else if (recipe.type !== "") recipe.body = report.body;
  return recipe;
}

function textsOf({ trips }: Report): string[][] {
  return trips.map(({ statements }) => statements.map(({ sql }) => sql));
}

function variantOf({ report, from, to }: Seen): Variant {
  const own = new Map<string, number>();
  const params = report.trips.map(({ statements }) =>
    statements.map(({ params }) => params.map((value) => templateOf(value, own, from, to))),
  );
  return { params, ids: own.size };
}

/** Ids that were made between the two moments are the server's own. */
function templateOf(value: unknown, own: Map<string, number>, from: number, to: number): Template {
  if (value === null || typeof value === "number") return value;
  const text = String(value);
  const parts: string[] = [];
  const ids: number[] = [];
  let at = 0;
  for (const match of text.matchAll(UUID_V7)) {
    const [id] = match;
    const made = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    if (made < from || made > to) continue;
    if (!own.has(id)) own.set(id, own.size);
    parts.push(text.slice(at, match.index));
    ids.push(own.get(id) ?? 0);
    at = match.index + id.length;
  }
  return ids.length === 0 ? text : { parts: [...parts, text.slice(at)], ids };
}

/** The statement that answers is the last that had as many rows as the answer has. */
function answerIn({ trips, body }: Report): Recipe["answer"] {
  if (!body.startsWith("[")) return undefined;
  const rows = (JSON.parse(body) as unknown[]).length;
  for (const [t, trip] of [...trips.entries()].reverse()) {
    for (const [s, { rows: found, sql }] of [...trip.statements.entries()].reverse()) {
      if (found < rows || !/\bj\b/.test(sql)) continue;
      return { trip: t, statement: s, ...(found > rows && { shows: rows }) };
    }
  }
  return undefined;
}

/** Texts that may differ from server to server are made alike: ids and times of this request. */
export function comparable(body: string, { from, to }: Pick<Seen, "from" | "to">): string {
  const near = (ms: number) => ms >= from - 600_000 && ms <= to + 600_000;
  return body
    .replace(UUID_V7, (id) =>
      near(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)) ? "<id>" : id,
    )
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) => (near(Date.parse(time)) ? "<time>" : time));
}
