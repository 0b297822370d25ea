// Restaurants to a server in batches: what is there already is asked first, so that only what is
// new or different is written, and what an export does not say is kept.
import { setTimeout } from "node:timers/promises";
import type { Imported } from "./osm-restaurant.ts";

export interface Counts {
  imported: number;
  updated: number;
  unchanged: number;
}

interface Sending {
  url: string;
  key: string;
  rows: Imported[];
  batch: number;
  /** Counted up while rows are sent. */
  counts: Counts;
  refused: (osm_id: string, why: string) => void;
  progress: (done: number) => void;
}

const tries = 4;
const pause_ms = 500;
/** Keys per question: a URL is at most some 16 KB. */
const keysPerRequest = 250;

const columns = "osm_id,name,cuisine,lat,lng,address,city,phone,time_zone,hours,currency".split(
  ",",
);
const unknownHours = { weekly: {}, exceptions: {}, unknown: true };

type Row = Record<string, unknown>;

class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Sends all rows; throws where the server cannot be reached or lets nobody in. */
export async function sendRestaurants(sending: Sending): Promise<void> {
  const { rows, batch, counts, progress } = sending;
  progress(0);
  for (let at = 0; at < rows.length; at += batch) {
    const part = rows.slice(at, at + batch);
    const there = await stored(sending, part);
    const pending: Row[] = [];
    for (const row of part) {
      const old = there.get(row.osm_id);
      const next = merged(row, old);
      if (old && same(old, next)) counts.unchanged++;
      else pending.push(next);
    }
    await upsert(sending, pending, there);
    progress(Math.min(at + batch, rows.length));
  }
}

/** Every row with the same columns, as one upsert needs; what is not said stays as it was. */
function merged(row: Imported, old: Row | undefined): Row {
  const empty: Row = { city: null, phone: null, hours: unknownHours };
  return Object.fromEntries(
    columns.map((column) => {
      const said = row[column as keyof Imported];
      return [
        column,
        said === undefined || said === "" ? (old ?? { ...empty, address: "" })[column] : said,
      ];
    }),
  );
}

function same(old: Row, next: Row): boolean {
  return columns.every((c) => canonical(old[c]) === canonical(next[c]));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, v) =>
    v !== null && typeof v === "object" && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}

async function stored(sending: Sending, rows: Imported[]): Promise<Map<string, Row>> {
  const found = new Map<string, Row>();
  for (let at = 0; at < rows.length; at += keysPerRequest) {
    const keys = rows.slice(at, at + keysPerRequest).map((row) => `"${row.osm_id}"`);
    const query = `select=${columns.join(",")}&osm_id=in.(${encodeURIComponent(keys.join(","))})`;
    const answer = await ask(sending, `restaurants?${query}`, { method: "GET" });
    for (const row of (await answer.json()) as Row[]) found.set(String(row.osm_id), row);
  }
  return found;
}

/** One request; when it is refused, halves of it, so that one bad row costs itself alone. */
async function upsert(sending: Sending, rows: Row[], there: Map<string, Row>): Promise<void> {
  if (rows.length === 0) return;
  try {
    const answer = await ask(sending, `restaurants?on_conflict=osm_id`, {
      method: "POST",
      headers: { prefer: "resolution=merge-duplicates,return=minimal" },
      body: JSON.stringify(rows),
    });
    await answer.text();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const [first] = rows;
    if (rows.length === 1) return sending.refused(String(first?.osm_id), error.code);
    const half = Math.ceil(rows.length / 2);
    await upsert(sending, rows.slice(0, half), there);
    return upsert(sending, rows.slice(half), there);
  }
  for (const row of rows) sending.counts[there.has(String(row.osm_id)) ? "updated" : "imported"]++;
}

/** Waits and tries again where that may help; 400, 409, 413 and 422 are about the rows. */
async function ask({ url, key }: Sending, path: string, init: RequestInit): Promise<Response> {
  for (let n = 1; ; n++) {
    const headers = { apikey: key, "content-type": "application/json", ...init.headers };
    const answer = await fetch(`${url}/rest/v1/${path}`, { ...init, headers }).catch(
      (error: Error) => error,
    );
    if (answer instanceof Response && answer.ok) return answer;
    const why = answer instanceof Response ? await answer.text() : `${url} does not answer`;
    const status = answer instanceof Response ? answer.status : 503;
    if ([400, 409, 413, 422].includes(status)) throw new Refused(codeIn(why), why);
    if ((status < 500 && status !== 429) || n === tries) throw new Error(`${status} ${why}`);
    const after = answer instanceof Response ? Number(answer.headers.get("retry-after")) : 0;
    await setTimeout(after > 0 ? after * 1000 : pause_ms * 2 ** n);
  }
}

function codeIn(problem: string): string {
  try {
    const { code, message } = JSON.parse(problem) as { code?: string; message?: string };
    return `${code}: ${message}`;
  } catch {
    return problem.slice(0, 80);
  }
}
