// What was acknowledged stays, whatever dies. In one file, because the thirty seconds that an ended
// session may still read are time that the other tests can use.
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  freePort,
  killGroup,
  launch,
  makeFolder,
  type Server,
  serve,
  writeSecrets,
} from "../serve.ts";
import { effects, faults } from "./audit.ts";
import { longestRead } from "./ended-session.ts";
import { type Answered, headersOf, loadAndKill, type Sent, send } from "./load.ts";

const load_ms = 1_500;
let mortal: Server;
let lasting: Server;
const places = { mortal: "", lasting: "" };
let readAfterEnd: Promise<number>;

beforeAll(async () => {
  [mortal, lasting] = await Promise.all([
    serve({ AUTOCONFIRM: "true" }),
    serve({ AUTOCONFIRM: "true" }),
  ]);
  readAfterEnd = longestRead(lasting);
  readAfterEnd.catch(() => {}); // the last test reports it
  places.mortal = await openRestaurant(mortal);
  places.lasting = await openRestaurant(lasting);
});
afterAll(() => Promise.all([mortal?.stop(), lasting?.stop()]));

async function openRestaurant({ url, keys }: Server): Promise<string> {
  const client = createClient(url, keys.SECRET_KEY, { auth: { persistSession: false } });
  const row = {
    name: "Last Supper",
    cuisine: "Any",
    lat: 0,
    lng: 0,
    address: "1 Quay",
    time_zone: "UTC",
    hours: { weekly: {}, exceptions: {} },
    currency: "GBP",
  };
  const { data } = await client
    .from("restaurants")
    .insert(row)
    .select("id")
    .single()
    .throwOnError();
  return data.id;
}

const keyedInsert = (server: Server, restaurant_id: string, mark: string): Sent => ({
  kind: "keyed",
  method: "POST",
  path: "/rest/v1/menu_items",
  headers: { ...headersOf(server), Prefer: "return=representation", "Idempotency-Key": mark },
  body: { restaurant_id, name: "Once", price_minor: 1, currency: "GBP", description: mark },
  mark,
  rows: 1,
});
const rowsMarked = (server: Server, mark: string) =>
  server.look((db) => {
    const found = db.prepare("select count(*) n from menu_items where description = ?").get(mark);
    return Number(found?.n);
  });
const fetchOnce = (server: Server, { method, path, headers, body }: Sent) =>
  fetch(server.url + path, { method, headers, body: JSON.stringify(body) });

describe.each([1, 2])("kill -9 under load, time %i", () => {
  let acknowledged: Answered[];
  let unknown: Sent[];

  beforeAll(async () => {
    const history = await loadAndKill(mortal, places.mortal, load_ms);
    await mortal.restart();
    expect(history.refused).toEqual([]);
    ({ acknowledged, unknown } = history);
  });
  const of = <T extends Sent>(list: T[], ...kinds: string[]) =>
    list.filter(({ kind }) => kinds.includes(kind));

  test("the last refresh token that a client was given still works", async () => {
    const sessions = new Map<string, string>();
    for (const { text } of of(acknowledged, "sign-up", "refresh")) {
      const { user, refresh_token } = JSON.parse(text);
      sessions.set(user.id, refresh_token);
    }
    expect(sessions.size).toBeGreaterThan(1);
    for (const [id, refresh_token] of sessions) {
      const path = "/auth/v1/token?grant_type=refresh_token";
      const init = { method: "POST", headers: headersOf(mortal) };
      const answer = await fetch(mortal.url + path, {
        ...init,
        body: JSON.stringify({ refresh_token }),
      });
      const text = await answer.text();
      expect(answer.status, text).toBe(200);
      expect(JSON.parse(text).user.id).toBe(id);
    }
  });

  test("every acknowledged write has its rows, all in one transaction of its own", () => {
    const writes = acknowledged.filter(({ rows }) => rows > 0);
    expect(writes.length).toBeGreaterThan(30);
    const found = mortal.look(effects);
    const transactions = writes.map(({ mark, rows, kind }) => {
      const effect = found.get(mark);
      expect({ kind, rows: effect?.rows }).toEqual({ kind, rows });
      expect(effect?.transactions).toHaveLength(1);
      return effect?.transactions[0];
    });
    expect(new Set(transactions).size).toBe(writes.length);
  });

  test("what was cut off is there whole or not at all", () => {
    const found = mortal.look(effects);
    for (const { mark, rows, kind } of of(unknown, "insert", "bulk", "update", "upsert", "keyed")) {
      const effect = found.get(mark);
      expect({ kind, rows: effect?.rows ?? 0 }).toEqual({ kind, rows: effect ? rows : 0 });
      expect(effect?.transactions.length ?? 1).toBe(1);
    }
  });

  test("the file is sound, and the change log alone rebuilds the table", () => {
    expect(mortal.look(faults)).toEqual([]);
  });

  test("an idempotent write answers the same again, and has one effect", async () => {
    const keyed = of(acknowledged, "keyed").slice(-100);
    expect(keyed.length).toBeGreaterThan(3);
    for (const first of keyed) {
      const again = await send(mortal, first);
      expect(again).toMatchObject({ replayed: true, status: first.status, text: first.text });
      expect(rowsMarked(mortal, first.mark)).toBe(1);
    }
  });

  test("what was cut off can be repeated: by its key, or under If-Match", async () => {
    for (const cut of of(unknown, "keyed", "update")) {
      const again = await send(mortal, cut);
      expect(cut.kind === "keyed" ? [201] : [200, 412]).toContain(again?.status);
      expect(mortal.look(effects).get(cut.mark)?.rows).toBe(1);
    }
  });
});

describe("one key, many requests", () => {
  const fifty = (server: Server, sent: Sent) =>
    Promise.all(Array.from({ length: 50 }, () => send(server, sent)));

  test("fifty at once have one effect and one answer; 49 say that it is a repetition", async () => {
    const answers = await fifty(lasting, keyedInsert(lasting, places.lasting, "fifty"));
    expect(answers.map((answer) => answer?.status)).toEqual(Array(50).fill(201));
    expect(answers.filter((answer) => answer?.replayed)).toHaveLength(49);
    expect(new Set(answers.map((answer) => answer?.text)).size).toBe(1);
    expect(rowsMarked(lasting, "fifty")).toBe(1);
  });

  test("a kill among fifty, and fifty more after it: still one effect and one answer", async () => {
    const sent = keyedInsert(mortal, places.mortal, "fifty-and-a-kill");
    const first = fifty(mortal, sent);
    await setTimeout(15);
    await mortal.kill();
    await mortal.restart();
    const after = await fifty(mortal, sent);
    expect(after.map((answer) => answer?.status)).toEqual(Array(50).fill(201));
    const answers = [...(await first), ...after].filter((answer) => answer !== null);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed).length).toBeLessThanOrEqual(1);
    expect(rowsMarked(mortal, sent.mark)).toBe(1);
  });
});

describe("limits", () => {
  const window_ms = 15 * 60_000;

  test("wrong passwords count across a restart and addresses; the owner gets in", async () => {
    const left_ms = window_ms - (Date.now() % window_ms);
    if (left_ms < 20_000) await setTimeout(left_ms);
    const body = { email: "owner@example.com", password: "the owner's long one" };
    const post = (path: string, body: object, address: string) =>
      fetch(`${mortal.url}/auth/v1/${path}`, {
        method: "POST",
        headers: { ...headersOf(mortal), "CF-Connecting-IP": address },
        body: JSON.stringify(body),
      });
    const guess = async (n: number) => {
      const wrong = { ...body, password: `wrong number ${n}` };
      return post("token?grant_type=password", wrong, `198.51.100.${n}`);
    };
    expect((await post("signup", body, "203.0.113.7")).status).toBe(200);
    for (let n = 1; n <= 6; n++) expect((await guess(n)).status).toBe(400);
    await mortal.kill();
    await mortal.restart();
    for (let n = 7; n <= 10; n++) expect((await guess(n)).status).toBe(400);
    const over = await guess(11);
    expect(over.status).toBe(429);
    expect(await over.json()).toMatchObject({ code: "over_request_rate_limit" });
    const wait_s = Number(over.headers.get("Retry-After"));
    expect(wait_s).toBeGreaterThan(0);
    expect(wait_s).toBeLessThanOrEqual(window_ms / 1000);
    expect(over.headers.get("RateLimit")).toBe(`"sign-in";r=0;t=${wait_s}`);
    expect(over.headers.get("RateLimit-Policy")).toBe('"sign-in";q=10;w=900');
    expect((await post("token?grant_type=password", body, "203.0.113.7")).status).toBe(200);
  });
});

describe("a database that does not answer", () => {
  test("is 503 with Retry-After for reads, writes and sign-ins, until it is back", async () => {
    const write = keyedInsert(lasting, places.lasting, "outage");
    const post = { ...write, headers: headersOf(lasting) };
    const credentials = { email: "nobody@example.com", password: "some long words" };
    const asked: Sent[] = [
      write,
      { ...post, path: "/auth/v1/token?grant_type=password", body: credentials },
      { ...post, path: "/auth/v1/signup", body: credentials },
      { ...post, path: "/rest/v1/rpc/cuisines", body: {} },
    ];
    const outside = new DatabaseSync(lasting.databaseFile());
    outside.exec("begin exclusive");
    try {
      const read = fetch(`${lasting.url}/rest/v1/restaurants`, { headers: headersOf(lasting) });
      const answers = [read, ...asked.map((sent) => fetchOnce(lasting, sent))];
      for (const answer of await Promise.all(answers)) {
        const text = await answer.text();
        expect(answer.status, `${answer.url}: ${text}`).toBe(503);
        expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
        expect(JSON.parse(text)).toMatchObject({ code: "unavailable" });
        expect(text).not.toMatch(/SQLITE|D1|locked|internal error/);
      }
    } finally {
      outside.exec("rollback");
      outside.close();
    }
    const retried = await send(lasting, write);
    expect(retried).toMatchObject({ status: 201, replayed: false });
    expect(rowsMarked(lasting, "outage")).toBe(1);
  });
});

describe("starting", () => {
  test("a Worker without one of its secrets names it and serves nothing", async () => {
    const folder = makeFolder();
    writeSecrets(folder, "JWT_SECRET");
    const port = await freePort();
    const { child, output } = launch({ folder, port });
    try {
      const answers: unknown[] = [];
      const refused = "Vertebra does not start: JWT_SECRET is missing";
      for (let n = 0; n < 100 && !output().includes(refused); n++) {
        const signal = AbortSignal.timeout(200);
        const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal }).catch(() => null);
        if (answer) answers.push(answer.status);
        await setTimeout(100);
      }
      expect(output()).toContain(refused);
      expect(answers.filter((status) => Number(status) < 500)).toEqual([]);
    } finally {
      await killGroup(child);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("an ended session", () => {
  test("reads for thirty seconds at most", async () => {
    expect(await readAfterEnd).toBeLessThanOrEqual(30_500);
  });
});
