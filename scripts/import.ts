// npm run import: restaurants of an OpenStreetMap export, over HTTP, into any Vertebra.
import { readFileSync } from "node:fs";
import { type Counts, sendRestaurants } from "./import-send.ts";
import { defaultPort, fail, optionsOf, readState, readVars, say } from "./local.ts";
import { readExport } from "./osm.ts";
import { type Imported, restaurantOf } from "./osm-restaurant.ts";

// The library for opening_hours reckons in the time zone of the process.
process.env.TZ = "UTC";

const help = `npm run import -- FILE [options]    restaurants, cafés, fast food of OpenStreetMap:
                                    GeoJSON, or Overpass JSON (made with "out center" or "out geom")

--url URL      the Vertebra to fill (default: the local stack)
--key KEY      its secret key (default: VTB_SECRET_KEY, else that of the local stack)
--batch N      restaurants per request, 1 to 1000 (default 250)
--dry-run      read and report, send nothing

It may be repeated, and taken up again after an error: a restaurant is known by its number on
OpenStreetMap, and one without a number by its point ("point/LAT,LNG"): when that moves, it is
another. Of one that is there, only what the export says and says otherwise is written. One that
has staff is theirs: it is added once, and no import changes it again.

"Another amenity" is what is tagged as something else (a bar, a bank) and so is not imported; where
no feature says its amenity, all are. Without opening_hours that can be read, hours are unknown:
such a restaurant is in no search with open_only, and takes no orders until somebody sets them.

It ends with 1 when a row was refused, with 0 when what was skipped was only not wanted.`;

const examplesShown = 3;

const { values, positionals } = optionsOf(help, {
  allowPositionals: true,
  options: {
    url: { type: "string" },
    key: { type: "string" },
    batch: { type: "string", default: "250" },
    "dry-run": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});

/** Things counted by reason, with the first of each as examples. */
class Tally {
  private readonly reasons = new Map<string, { count: number; examples: string[] }>();

  add(reason: string, example: string): void {
    const entry = this.reasons.get(reason) ?? { count: 0, examples: [] };
    if (entry.count++ < examplesShown) entry.examples.push(example);
    this.reasons.set(reason, entry);
  }

  lines(): string[] {
    return [...this.reasons]
      .sort(([, a], [, b]) => b.count - a.count)
      .map(([reason, { count, examples }]) => {
        const more = count > examples.length ? ", …" : "";
        return `  ${number(count).padStart(8)}  ${reason}: ${examples.join(", ")}${more}`;
      });
  }

  get total(): number {
    return [...this.reasons.values()].reduce((sum, { count }) => sum + count, 0);
  }
}

async function run(file: string): Promise<void> {
  const started = performance.now();
  const batch = Number(values.batch);
  if (!Number.isInteger(batch) || batch < 1 || batch > 1000)
    fail(`--batch ${values.batch}: a whole number from 1 to 1000`);
  const { places, skipped, notes } = readFile(file);
  const [skips, remarks, rows] = [new Tally(), new Tally(), [] as Imported[]];
  for (const { reason, example } of skipped) skips.add(reason, example);
  const today = new Date().toISOString().slice(0, 10);
  for (const place of places) {
    const made = restaurantOf(place, today);
    if ("reason" in made) skips.add(made.reason, place.osm_id);
    else rows.push(made.row);
    for (const remark of "remarks" in made ? made.remarks : []) {
      const [reason = "", ...said] = remark.split(": ");
      remarks.add(reason, said.length > 0 ? `"${said.join(": ")}"` : place.osm_id);
    }
  }
  for (const note of notes) say(note);
  const counts = values["dry-run"] ? undefined : await send(rows, batch, skips);
  report({ counts, rows, skips, remarks, seconds: (performance.now() - started) / 1000 });
}

function readFile(file: string) {
  try {
    return readExport(readFileSync(file, "utf8"));
  } catch (error) {
    const { name, message } = error as Error; // all that reading and parsing throw
    return fail(name === "SyntaxError" ? `${file} is not JSON: ${message}` : `${file}: ${message}`);
  }
}

async function send(rows: Imported[], batch: number, skips: Tally): Promise<Counts> {
  const stack = readState()?.url ?? `http://127.0.0.1:${defaultPort}`;
  const asked = (values.url ?? stack).replace(/\/+$/, "");
  const isLocal = asked.replace(/^http:\/\/localhost:/i, "http://127.0.0.1:") === stack;
  const url = isLocal ? stack : asked;
  const key = values.key ?? process.env.VTB_SECRET_KEY ?? localKey(isLocal);
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    fail(`--url ${url}: no address of http(s)`);
  const total = rows.length;
  const counts: Counts = { imported: 0, updated: 0, unchanged: 0, "left to their staff": 0 };
  say(`${number(total)} restaurants to ${url}`);
  try {
    await sendRestaurants({
      ...{ url, key, rows, batch, counts },
      refused: (osm_id, why) => {
        skips.add(`refused (${why})`, osm_id);
        process.exitCode = 1;
      },
      progress: (done) => progress(done, total),
    });
  } catch (error) {
    const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
    fail(`\nStopped after ${number(done)} of ${number(total)}: ${(error as Error).message}
What was sent is there. The same command goes on from here.`);
  }
  return counts;
}

/** A local stack's key opens no other door. */
function localKey(isLocal: boolean): string {
  const key = isLocal ? readVars().VTB_SECRET_KEY : undefined;
  return key ?? fail("No secret key: give --key or VTB_SECRET_KEY, or start the local stack.");
}

let shown = -1;

/** A bar on a terminal, as far as it fits into one line; elsewhere a line for each tenth. */
function progress(done: number, total: number): void {
  const share = total === 0 ? 1 : done / total;
  const text = `${number(done).padStart(number(total).length)} of ${number(total)}`;
  if (process.stdout.isTTY) {
    const width = Math.max(0, Math.min(30, process.stdout.columns - text.length - 2));
    const full = Math.floor(share * width);
    const bar = `${"█".repeat(full)}${"░".repeat(width - full)}`;
    process.stdout.write(`\r${bar} ${text}${done === total ? "\n" : ""}`);
  } else if (Math.floor(share * 10) > shown) {
    shown = Math.floor(share * 10);
    say(text.trim());
  }
}

function report(result: {
  counts: Counts | undefined;
  rows: Imported[];
  skips: Tally;
  remarks: Tally;
  seconds: number;
}): void {
  const { counts, rows, skips, remarks, seconds } = result;
  const lines = counts
    ? Object.entries(counts).map(([what, count]) => `${number(count).padStart(10)}  ${what}`)
    : [`${number(rows.length).padStart(10)}  would be sent (dry run)`];
  lines.push(`${number(skips.total).padStart(10)}  skipped`, ...skips.lines());
  if (remarks.total > 0) lines.push("Of those taken:", ...remarks.lines());
  lines.push(`In ${seconds.toFixed(1)} s. Map data © OpenStreetMap contributors, ODbL.`);
  say(lines.join("\n"));
}

function number(value: number): string {
  return value.toLocaleString("en");
}

const [file, ...others] = positionals;
if (values.help) say(help);
else if (!file) fail(`No FILE is named.\n\n${help}`);
else if (others.length > 0)
  fail(`One FILE at a time, not ${positionals.join(" and ")}.\n\n${help}`);
else await run(file);
