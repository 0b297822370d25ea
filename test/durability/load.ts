// Clients that write without pause until the server is gone, and remember what it told them.
import { setTimeout } from "node:timers/promises";
import type { Server } from "../serve.ts";

export interface Sent {
  kind: Kind;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: object;
  /** A text that this write alone puts into every row it touches, and how many rows those are. */
  mark: string;
  rows: number;
}

export interface Answered extends Sent {
  status: number;
  text: string;
  etag: string | null;
  replayed: boolean;
}

export interface History {
  acknowledged: Answered[];
  /** Sent when the server died: done or not done, and nobody was told. */
  unknown: Sent[];
  /** Answered with a refusal while the server lived; there should be none. */
  refused: Answered[];
}

type Kind = "insert" | "bulk" | "update" | "upsert" | "keyed" | "sign-up" | "refresh";

const clients: Kind[] = [
  "insert",
  "insert",
  "bulk",
  "update",
  "upsert",
  "keyed",
  "keyed",
  "sign-up",
  "refresh",
];
const bulkRows = 30;

let marks = 0;
const newMark = () => `mark-${process.pid}-${++marks}`;

export function headersOf({ keys }: Server): Record<string, string> {
  return { apikey: keys.SECRET_KEY, "Content-Type": "application/json" };
}

/** Hashing a password holds the isolate; without a pause the others would hardly write. */
const signUpPause_ms = 300;
/** How much longer than asked a slow machine may be loaded. */
const slowest_ms = 20_000;

/** Sends once; null when no answer came, or not all of it. */
export async function send(server: Server, sent: Sent): Promise<Answered | null> {
  const { method, path, headers, body } = sent;
  try {
    const init = { method, headers, body: JSON.stringify(body) };
    const signal = AbortSignal.timeout(10_000);
    const answer = await fetch(server.url + path, { ...init, signal });
    const { status, headers: told } = answer;
    const replayed = told.get("Idempotent-Replayed") === "true";
    return { ...sent, status, text: await answer.text(), etag: told.get("etag"), replayed };
  } catch {
    return null;
  }
}

/** Enough was acknowledged, of every kind, for its loss to be seen. */
function isTelling({ acknowledged }: History): boolean {
  const told = (kinds: Kind[]) => acknowledged.filter(({ kind }) => kinds.includes(kind)).length;
  const written = acknowledged.filter(({ rows }) => rows > 0).length;
  return written > 40 && told(["keyed"]) > 5 && told(["sign-up"]) > 2;
}

/** Loads the server for a while, then kills it in the midst; answers with what every client saw. */
export async function loadAndKill(server: Server, restaurant: string, load_ms: number) {
  const history: History = { acknowledged: [], unknown: [], refused: [] };
  const life = { over: false };
  const running = clients.map((kind) => run(server, restaurant, kind, history, life));
  await setTimeout(load_ms);
  // A slow machine takes longer to be told as much.
  const latest = Date.now() + slowest_ms;
  while (!isTelling(history) && Date.now() < latest) await setTimeout(50);
  life.over = true;
  await server.kill();
  await Promise.all(running);
  return history;
}

async function run(
  server: Server,
  restaurant: string,
  kind: Kind,
  history: History,
  life: { over: boolean },
): Promise<void> {
  let last: Answered | undefined;
  const make = makers(server, restaurant);
  for (;;) {
    const sent = kind === "update" && !last ? make.insert() : make[kind](last);
    const answered = await send(server, { ...sent, kind });
    if (answered && answered.status < 300) {
      history.acknowledged.push(answered);
      last = answered;
      if (kind === "sign-up") await setTimeout(signUpPause_ms);
    } else if (life.over) {
      history.unknown.push({ ...sent, kind });
      return;
    } else {
      history.refused.push(answered ?? { ...sent, kind, ...unanswered });
      return;
    }
  }
}

const unanswered = { status: 0, text: "", etag: null, replayed: false };

type Made = Omit<Sent, "kind">;

/** The next request of each kind, given the last answer to the same client. */
function makers(server: Server, restaurant_id: string): Record<Kind, (last?: Answered) => Made> {
  const json = headersOf(server);
  const path = "/rest/v1/menu_items";
  const dish = (mark: string, more: object = {}) => ({
    restaurant_id,
    name: "Dish",
    price_minor: 500,
    currency: "GBP",
    description: mark,
    ...more,
  });
  const own = crypto.randomUUID();
  const insert = (): Made => {
    const mark = newMark();
    const headers = { ...json, Prefer: "return=representation" };
    return { method: "POST", path, headers, body: dish(mark), mark, rows: 1 };
  };
  return {
    insert,
    bulk() {
      const mark = newMark();
      const body = Array.from({ length: bulkRows }, () => dish(mark));
      return { method: "POST", path, headers: json, body, mark, rows: bulkRows };
    },
    update(last) {
      const mark = newMark();
      const [{ id }] = JSON.parse(last?.text ?? "") as [{ id: string }];
      const headers = { ...json, Prefer: "return=representation", "If-Match": last?.etag ?? "" };
      const body = { description: mark };
      return { method: "PATCH", path: `${path}?id=eq.${id}`, headers, body, mark, rows: 1 };
    },
    upsert() {
      const mark = newMark();
      const headers = { ...json, Prefer: "resolution=merge-duplicates" };
      return { method: "POST", path, headers, body: dish(mark, { id: own }), mark, rows: 1 };
    },
    keyed() {
      const made = insert();
      return { ...made, headers: { ...made.headers, "Idempotency-Key": made.mark } };
    },
    "sign-up": () => signUp(server),
    refresh(last) {
      if (!last) return signUp(server);
      const refresh_token = JSON.parse(last.text).refresh_token as string;
      const path = "/auth/v1/token?grant_type=refresh_token";
      return { method: "POST", path, headers: json, body: { refresh_token }, mark: "", rows: 0 };
    },
  };
}

/** Each from an address of its own, because sign-ups are limited per address. */
function signUp(server: Server): Made {
  const mark = newMark();
  const address = `2001:db8:0:${marks.toString(16)}::1`;
  return {
    method: "POST",
    path: "/auth/v1/signup",
    headers: { ...headersOf(server), "CF-Connecting-IP": address },
    body: { email: `${mark}@example.com`, password: `${crypto.randomUUID()} is long` },
    mark,
    rows: 0,
  };
}
