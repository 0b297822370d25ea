// Restaurants to a server in batches: what is there already is asked first, so that only what is
// new or different is written, and neither what an export does not say nor what staff look after.
import { setTimeout } from "node:timers/promises";
import type { Imported } from "./osm-restaurant.ts";

export interface Counts {
  imported: number;
  updated: number;
  unchanged: number;
  "left to their staff": number;
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
const patience_ms = 60_000;
/** Keys per question: a URL is at most some 16 KB. */
const keysPerRequest = 250;
/** Restaurants that are updated at a time, each by a request of its own. */
const updatesAtOnce = 8;

const columns = "osm_id,name,cuisine,lat,lng,address,city,phone,time_zone,hours,currency".split(
  ",",
) as (keyof Imported)[]; // an Imported has these
/** Where an export does not say it. */
const unsaid = { address: "", hours: { weekly: {}, exceptions: {}, unknown: true } };

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
  await requireSecretKey(sending);
  progress(0);
  for (let at = 0; at < rows.length; at += batch) {
    const part = rows.slice(at, at + batch);
    const there = await stored(sending, part);
    const updates: Update[] = [];
    for (const row of part) {
      const old = there.get(row.osm_id);
      const change = old && difference(row, old);
      if (!old || !change) continue;
      if (Object.keys(change).length === 0) counts.unchanged++;
      else if ((old.staff as Row[]).length > 0) counts["left to their staff"]++;
      else updates.push({ osm_id: row.osm_id, updated_at: String(old.updated_at), change });
    }
    const fresh = part.filter((row) => !there.has(row.osm_id));
    await insert(sending, fresh.map(whole));
    await Promise.all(Array.from({ length: updatesAtOnce }, () => updateNext(sending, updates)));
    progress(Math.min(at + batch, rows.length));
  }
}

/** Nobody else inserts a restaurant, not even none. */
async function requireSecretKey(sending: Sending): Promise<void> {
  await ask(sending, "restaurants", { method: "POST", body: "[]" });
}

interface Update {
  osm_id: string;
  /** What was compared: a row that has changed since is left alone. */
  updated_at: string;
  change: Row;
}

/** A new row; all of a request have the same columns. */
function whole(row: Imported): Row {
  const said = Object.fromEntries(columns.map((c) => [c, row[c] ?? null]));
  return { ...said, address: row.address || unsaid.address, hours: row.hours ?? unsaid.hours };
}

/** What the export says, and says otherwise. */
function difference(row: Imported, old: Row): Row {
  const said = columns.filter((c) => row[c] !== undefined && row[c] !== "");
  const differs = said.filter((c) => canonical(old[c]) !== canonical(row[c]));
  return Object.fromEntries(differs.map((c) => [c, row[c]]));
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
    const select = `select=${columns.join(",")},updated_at,staff(id)&staff.limit=1`;
    const query = `${select}&osm_id=in.(${encodeURIComponent(keys.join(","))})`;
    const answer = await ask(sending, `restaurants?${query}`, { method: "GET" });
    for (const row of (await answer.json()) as Row[]) found.set(String(row.osm_id), row);
  }
  return found;
}

/** One request; when it is refused, halves of it, so that one bad row costs itself alone. */
async function insert(sending: Sending, rows: Row[]): Promise<void> {
  if (rows.length === 0) return;
  try {
    const answer = await ask(sending, `restaurants?on_conflict=osm_id&select=osm_id`, {
      method: "POST",
      headers: { prefer: "resolution=ignore-duplicates,return=representation" },
      body: JSON.stringify(rows),
    });
    const made = ((await answer.json()) as Row[]).length;
    sending.counts.imported += made;
    // Somebody else's import was here first, or this one, before its answer was lost.
    sending.counts.unchanged += rows.length - made;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const [first] = rows;
    if (rows.length === 1) return sending.refused(String(first?.osm_id), error.code);
    const half = Math.ceil(rows.length / 2);
    await insert(sending, rows.slice(0, half));
    await insert(sending, rows.slice(half));
  }
}

/** One update after another, until none is left. */
async function updateNext(sending: Sending, updates: Update[]): Promise<void> {
  for (let next = updates.pop(); next; next = updates.pop()) {
    const { osm_id, updated_at, change } = next;
    const which = new URLSearchParams({
      osm_id: `eq.${osm_id}`,
      updated_at: `eq.${updated_at}`,
      select: "osm_id",
    });
    try {
      const answer = await ask(sending, `restaurants?${which}`, {
        method: "PATCH",
        headers: { prefer: "return=representation" },
        body: JSON.stringify(change),
      });
      const made = ((await answer.json()) as Row[]).length;
      if (made > 0) sending.counts.updated++;
      else sending.refused(osm_id, "it changed meanwhile; the next run will look again");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      sending.refused(osm_id, error.code);
    }
  }
}

/** Waits and tries again where that may help; 400, 409, 413 and 422 are about the rows. */
async function ask({ url, key }: Sending, path: string, init: RequestInit): Promise<Response> {
  for (let n = 1; ; n++) {
    const headers = { apikey: key, "content-type": "application/json", ...init.headers };
    // A redirect would take the key along to wherever it leads.
    const options = {
      ...init,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(patience_ms),
    };
    const answer = await fetch(`${url}/rest/v1/${path}`, options as RequestInit).catch(
      (error: Error) => error,
    );
    if (answer instanceof Response && answer.ok) return answer;
    const location = answer instanceof Response ? answer.headers.get("location") : null;
    if (location) throw new Error(`${url} redirects to ${location}: give --url the place itself`);
    const why = answer instanceof Response ? await answer.text() : `${url} does not answer`;
    const status = answer instanceof Response ? answer.status : 503;
    if ([400, 409, 413, 422].includes(status)) throw new Refused(codeIn(why), why);
    if (status === 401 || status === 403)
      throw new Error(`this needs the secret key (${status}, ${codeIn(why)})`);
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
