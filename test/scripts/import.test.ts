// npm run import against a served Worker, with exports made here.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../scripts/local.ts";
import { type Server, serve } from "../serve.ts";

let server: Server;
const folder = mkdtempSync(path.join(tmpdir(), "vertebra-import-"));
beforeAll(async () => {
  server = await serve({ AUTOCONFIRM: "true" });
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: unknown): string {
  const file = path.join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

/** Without the network's usual environment: its key comes by the option or not at all. */
function run(...args: string[]) {
  const env = { PATH: process.env.PATH };
  const script = path.join(root, "scripts", "import.ts");
  const options = { encoding: "utf8", cwd: folder, env } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], options);
  return { status, out: stdout, err: stderr };
}

const send = (file: string, ...more: string[]) =>
  run(file, "--url", server.url, "--key", server.keys.SECRET_KEY, ...more);

/** A connection that is kept ends unseen while a script runs: this process waits for it. */
const alone = { "content-type": "application/json", connection: "close" };

async function stored(query: string): Promise<Record<string, unknown>[]> {
  const headers = { apikey: server.keys.SECRET_KEY, ...alone };
  const answer = await fetch(`${server.url}/rest/v1/restaurants?${query}`, { headers });
  return (await answer.json()) as Record<string, unknown>[];
}

const hoursOf = (row: Record<string, unknown> | undefined) =>
  row?.hours as { weekly: object; exceptions: Record<string, unknown[]> };

const feature = (id: string, lng: number, lat: number, properties: object) => ({
  type: "Feature",
  id,
  properties: { amenity: "restaurant", ...properties },
  geometry: { type: "Point", coordinates: [lng, lat] },
});
const collection = (...features: object[]) => ({ type: "FeatureCollection", features });

describe("an export as GeoJSON", () => {
  const file = () =>
    write(
      "town.geojson",
      collection(
        feature("node/1", 2.35, 48.86, {
          name: "The Owl",
          cuisine: "fish_and_chips;pizza",
          opening_hours: "Mo-Th 12:00-22:00; Fr,Sa 12:00-02:00; PH off",
          "addr:housenumber": "7",
          "addr:street": "High Street",
          "addr:postcode": "EH1",
          "addr:city": "Edinburgh",
          phone: "+44 131 1; +44 131 2",
        }),
        feature("node/2", 139.7, 35.66, { "name:en": "Denny's", amenity: "cafe" }),
        feature("node/10", -3.19, 55.95, { name: "Pub", opening_hours: "Mo 10:00-12:00; PH off" }),
        feature("node/3", 2.35, 48.85, { name: "Toujours", opening_hours: "24/7" }),
        feature("node/4", 2.35, 48.85, { name: "Parfois", opening_hours: "by appointment, Mo 9-" }),
        feature("node/5", 2.35, 48.85, {}),
        feature("node/6", 2.35, 48.85, { name: "Bank", amenity: "bank" }),
        feature("node/1", -3.19, 55.95, { name: "Again" }),
        { type: "Feature", id: "node/7", properties: { amenity: "cafe", name: "Lost" } },
        {
          type: "Feature",
          properties: { "@id": "way/8", amenity: "fast_food", name: "Square" },
          geometry: {
            type: "Polygon",
            coordinates: [
              [
                [10, 50],
                [10.002, 50],
                [10.002, 50.004],
                [10, 50.004],
                [10, 50],
              ],
            ],
          },
        },
      ),
    );

  test("a dry run reports, and sends nothing", async () => {
    const { status, out } = send(file(), "--dry-run");
    expect(status).toBe(0);
    expect(out).toContain("6  would be sent (dry run)");
    expect(await stored("select=id")).toEqual([]);
  });

  test("is sent, and what was not is told with its reason", async () => {
    const { status, out, err } = send(file(), "--batch", "2");
    expect([status, err]).toEqual([0, ""]);
    for (const line of [
      "6  imported",
      "4  skipped",
      "1  no name: node/5",
      "1  another amenity: node/6 (Bank)",
      "1  the same object twice: node/1 (Again)",
      "1  no position: node/7 (Lost)",
      '1  holidays in opening_hours left out: "Mo 10:00-12:00; PH off"',
      '1  opening_hours not understood: "by appointment, Mo 9-"',
    ])
      expect(out).toContain(line);
    const rows = await stored("select=*&order=osm_id");
    expect(rows.map((r) => r.osm_id)).toEqual([
      "node/1",
      "node/10",
      "node/2",
      "node/3",
      "node/4",
      "way/8",
    ]);
    const late = [{ opens: "12:00", closes: "02:00" }];
    const day = [{ opens: "12:00", closes: "22:00" }];
    expect(rows[0]).toMatchObject({
      name: "The Owl",
      cuisine: "Fish and chips",
      address: "7 High Street, EH1",
      city: "Edinburgh",
      phone: "+44 131 1",
      time_zone: "Europe/Paris",
      currency: "EUR",
      hours: { weekly: { mon: day, tue: day, wed: day, thu: day, fri: late, sat: late } },
    });
    const { exceptions } = hoursOf(rows[0]);
    const year = new Date().getFullYear();
    const christmas = [year, year + 1].map((y) => exceptions[`${y}-12-25`]).filter(Boolean);
    expect(christmas).toEqual([[]]);
    expect(rows[2]).toMatchObject({ name: "Denny's", cuisine: "Café", currency: "JPY" });
    expect(rows[1]).toMatchObject({ currency: "GBP", hours: { exceptions: {} } });
    expect(rows[2]?.hours).toEqual({ weekly: {}, exceptions: {}, unknown: true });
    const whole = [{ opens: "00:00", closes: "00:00" }];
    const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    const week = Object.fromEntries(days.map((d) => [d, whole]));
    expect(rows[3]?.hours).toEqual({ weekly: week, exceptions: {} });
    expect(rows[5]?.lat).toBeCloseTo(50.002, 6);
    expect(rows[5]?.lng).toBeCloseTo(10.001, 6);
  });

  test("again: nothing new, and nothing written", async () => {
    const versions = () => server.look((db) => db.prepare("select _v from restaurants").all());
    const before = versions();
    const { out } = send(file());
    expect(out).toContain("0  imported");
    expect(out).toContain("6  unchanged");
    expect(versions()).toEqual(before);
  });

  test("what a later export does not say stays, what it says is taken", async () => {
    const later = write(
      "later.geojson",
      collection(feature("node/1", -3.19, 55.95, { name: "The Old Owl" })),
    );
    expect(send(later).out).toContain("1  updated");
    const [row] = await stored("select=name,phone,address,hours&osm_id=eq.node/1");
    expect(row).toMatchObject({ name: "The Old Owl", phone: "+44 131 1" });
    expect(row?.address).toBe("7 High Street, EH1");
    expect(Object.keys(hoursOf(row).weekly)).toHaveLength(6);
  });
});

describe("a repeat", () => {
  const place = (n: number, properties: object) =>
    write(`repeat${n}.geojson`, collection(feature(`node/${n}`, 2.35, 48.86, properties)));
  const api = (path: string, init: RequestInit) =>
    fetch(`${server.url}/rest/v1/${path}`, {
      ...init,
      headers: { apikey: server.keys.SECRET_KEY, ...alone },
    });
  const signUp = async () => {
    const answer = await fetch(`${server.url}/auth/v1/signup`, {
      method: "POST",
      headers: { apikey: server.keys.PUBLISHABLE_KEY, ...alone },
      body: JSON.stringify({ email: "cook@example.com", password: "a long pass phrase 71" }),
    });
    return ((await answer.json()) as { user: { id: string } }).user.id;
  };

  test("leaves what staff changed, and all of a restaurant that is theirs", async () => {
    send(place(61, { name: "Ours", phone: "+33 1" }));
    const [{ id: restaurant_id = "" } = {}] = await stored("select=id&osm_id=eq.node/61");
    const hired = { restaurant_id, user_id: await signUp() };
    expect((await api("staff", { method: "POST", body: JSON.stringify(hired) })).status).toBe(201);
    const change = { method: "PATCH", body: JSON.stringify({ phone: "+33 2" }) };
    expect((await api("restaurants?osm_id=eq.node/61", change)).status).toBe(204);
    const { out } = send(place(61, { name: "Theirs", phone: "+33 1" }));
    expect(out).toContain("1  left to their staff");
    expect(out).toContain("0  updated");
    const rows = await stored("select=name,phone&osm_id=eq.node/61");
    expect(rows).toEqual([{ name: "Ours", phone: "+33 2" }]);
  });

  test("writes what is said, and said otherwise, and nothing else", async () => {
    send(place(62, { name: "Old", phone: "+33 1", "addr:city": "Paris" }));
    const mine = { description: "Ours to say", address: "Found out", prep_minutes: 45 };
    await api("restaurants?osm_id=eq.node/62", { method: "PATCH", body: JSON.stringify(mine) });
    const { out } = send(place(62, { name: "New", phone: "+33 1" }));
    expect(out).toContain("1  updated");
    const rows = await stored(
      "select=name,phone,city,description,address,prep_minutes&osm_id=eq.node/62",
    );
    expect(rows).toEqual([{ name: "New", phone: "+33 1", city: "Paris", ...mine }]);
    const last = server.look((db) =>
      db.prepare("select new, old from _changes where tbl='restaurants' order by seq desc").get(),
    ) as { new: string; old: string };
    const [now, before] = [JSON.parse(last.new), JSON.parse(last.old)];
    const differs = Object.keys(now).filter((c) => `${now[c]}` !== `${before[c]}`);
    expect(differs).toEqual(["name", "updated_at"]);
  });
});

test("what cannot be read costs itself alone", async () => {
  const nameless = { type: "Feature", properties: { amenity: "cafe", name: "Here" } };
  const here = { ...nameless, geometry: { type: "Point", coordinates: [7, 51] } };
  const ring = { type: "Polygon", coordinates: [[[7, 51], null, [7, 52]]] };
  const file = write(
    "odd.geojson",
    `\uFEFF${JSON.stringify(
      collection(
        null as never,
        "x" as never,
        { ...nameless, geometry: ring },
        { ...nameless, geometry: { type: "Point", coordinates: ["7", "51"] } },
        here,
        { ...here, properties: { amenity: "cafe", name: "Here too" } },
        feature("node/71", 7, 51, { name: "Long", opening_hours: "Mo-".repeat(30_000) }),
        feature("node/72", 7, 51, { name: "Flag", "addr:city": `${"x".repeat(99)}🏴` }),
      ),
    )}`,
  );
  const { status, out, err } = send(file);
  expect([status, err]).toEqual([0, ""]);
  for (const line of [
    "3  imported",
    "2  cannot be read: feature 1, feature 3",
    "1  no amenity: feature 2",
    "1  no position: feature 4 (Here)",
    "1  another at the same point: feature 6 (Here too)",
    "1  opening_hours too long",
  ])
    expect(out).toContain(line);
  const [{ city } = {}] = await stored("select=city&osm_id=eq.node/72");
  expect(city).toBe(`${"x".repeat(99)}🏴`);
});

test("an export as Overpass JSON: nodes, and ways by their middle", async () => {
  const tags = { amenity: "restaurant", name: "Turm" };
  const file = write("overpass.json", {
    elements: [
      { type: "node", id: 21, lat: 48.2, lon: 16.37, tags },
      { type: "node", id: 22, lat: 48, lon: 16 },
      null,
      { type: 'node;drop","x', id: {}, lat: 48.3, lon: 16.3, tags },
      { type: "way", id: 23, center: { lat: 48.21, lon: 16.38 }, tags },
      {
        type: "way",
        id: 24,
        tags,
        geometry: [
          { lat: 48, lon: 16 },
          { lat: 48, lon: 16.002 },
          null, // outside the box that was asked for
          { lat: 48.002, lon: 16.002 },
          { lat: 48.002, lon: 16 },
        ],
      },
    ],
  });
  const { out } = send(file);
  expect(out).toContain("4  imported");
  expect(out).toContain("1  cannot be read: feature 2");
  const rows = await stored(
    "select=osm_id,lat,lng,currency&city=is.null&name=eq.Turm&order=osm_id",
  );
  expect(rows.map((r) => r.osm_id)).toEqual(["node/21", "point/48.3,16.3", "way/23", "way/24"]);
  expect(rows[2]).toMatchObject({ lat: 48.21, lng: 16.38, currency: "EUR" });
  expect(rows[3]?.lat).toBeCloseTo(48.001, 6);
});

test("points without numbers or amenities: known by where they are", async () => {
  const at = (lng: number, name?: string) => ({
    type: "Feature",
    properties: name ? { name } : {},
    geometry: { type: "Point", coordinates: [lng, 35.1] },
  });
  const file = write("points.geojson", collection(at(139.1, "一"), at(139.2, "二"), at(139.3)));
  const { out } = send(file);
  expect(out).toContain("No feature says its amenity");
  expect(out).toContain("2  imported");
  expect(out).toContain("1  no name: point/35.1,139.3");
  expect(send(file).out).toContain("2  unchanged");
});

describe("refuses with a sentence", () => {
  test.each([
    ["a file that is none", () => [path.join(folder, "none.json")], /none\.json: ENOENT/],
    ["a file of another kind", () => [write("x.json", "{}")], /neither GeoJSON/],
    ["a file of no kind", () => [write("x.txt", "hej")], /x\.txt is not JSON: Unexpected token/],
    ["a batch of nothing", () => [write("x.json", "{}"), "--batch", "0"], /--batch 0/],
    ["no file", () => [], /^No FILE is named\.\n\nnpm run import -- FILE/],
    ["two files", () => ["a.json", "b.json"], /^One FILE at a time, not a\.json and b\.json/],
    ["an option that is none", () => ["x.json", "--nope"], /Unknown option '--nope'.*-- FILE/s],
    [
      "an address that is none",
      () => [write("x.json", '{"features":[]}'), "--url", "notaurl", "--key", "k"],
      /--url notaurl: no address of http/,
    ],
  ])("%s", (_, args, sentence) => {
    const { status, err } = run(...args());
    expect(status).toBeGreaterThan(0);
    expect(err).toMatch(sentence);
    expect(err).not.toContain("    at ");
  });

  test("a key that does not fit, a key that is missing", () => {
    const file = write("one.geojson", collection(feature("node/9", 0, 51, { name: "One" })));
    const wrong = run(file, "--url", server.url, "--key", "vtb_secret_wrong");
    expect([wrong.status, wrong.err]).toEqual([1, expect.stringContaining("Stopped after 0 of 1")]);
    expect(wrong.err).toContain("this needs the secret key (401, PGRST301: ");
    const none = run(file, "--url", server.url);
    expect([none.status, none.err]).toEqual([1, expect.stringContaining("No secret key")]);
  });

  test("a key of somebody else, whether the rows are new or there", async () => {
    const known = feature("node/90", 0, 51, { name: "Known" });
    expect(send(write("known.geojson", collection(known))).out).toContain("1  imported");
    for (const name of ["Known", "Renamed"])
      for (const file of [
        feature("node/90", 0, 51, { name }),
        feature("node/91", 0, 51, { name }),
      ]) {
        const args = ["--url", server.url, "--key", server.keys.PUBLISHABLE_KEY];
        const { status, out, err } = run(write("somebody.geojson", collection(file)), ...args);
        expect([status, out]).toEqual([1, expect.not.stringContaining("meanwhile")]);
        expect(err).toMatch(/Stopped after 0 of 1: this needs the secret key \(40\d, 42501: /);
      }
    const rows = await stored("select=name&osm_id=in.(node/90,node/91)");
    expect(rows).toEqual([{ name: "Known" }]);
  });
});

test("a redirect gets neither the key nor the rows", async () => {
  const seen: string[] = [];
  const elsewhere = createServer((request, answer) => {
    seen.push(String(request.headers.apikey));
    answer.end("[]");
  });
  const listening = async (one: typeof elsewhere) => {
    await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
  };
  const location = await listening(elsewhere);
  const door = createServer((_, answer) => answer.writeHead(307, { location }).end());
  const file = write("one.geojson", collection(feature("node/9", 0, 51, { name: "One" })));
  const args = [file, "--url", await listening(door), "--key", "vtb_secret_x"];
  const child = spawn(process.execPath, [path.join(root, "scripts", "import.ts"), ...args]);
  let err = "";
  child.stderr.on("data", (text) => {
    err += text;
  });
  const status = await new Promise((resolve) => child.on("close", resolve));
  elsewhere.close();
  door.close();
  expect(status).toBe(1);
  expect(err).toContain(`redirects to ${location}`);
  expect(seen).toEqual([]);
});

test("one row that is refused costs itself alone", async () => {
  const rows = [41, 42, 43, 44].map((n) =>
    feature(`node/${n}`, 1, 45, { name: n === 43 ? "bad \u0000 name" : "good" }),
  );
  const { status, out } = send(write("bad.geojson", collection(...rows)));
  expect(status).toBe(1);
  expect(out).toContain("3  imported");
  expect(out).toMatch(/1 {2}refused \(22021: .*\): node\/43/);
});
