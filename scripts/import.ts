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
OpenStreetMap. Of one that is there, only what the export says and says otherwise is written.
One that has staff is theirs: it is added once, and no import changes it again.`;

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
    return fail(`${file}: ${(error as Error).message}`);
  }
}

async function send(rows: Imported[], batch: number, skips: Tally): Promise<Counts> {
  const local = `http://127.0.0.1:${defaultPort}`;
  const url = (values.url ?? readState()?.url ?? local).replace(/\/+$/, "");
  const key = values.key ?? process.env.VTB_SECRET_KEY ?? localKey();
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    fail(`--url ${url}: no address of http(s)`);
  const total = rows.length;
  const counts: Counts = { imported: 0, updated: 0, unchanged: 0, "left to their staff": 0 };
  say(`${number(total)} restaurants to ${url}`);
  try {
    await sendRestaurants({
      ...{ url, key, rows, batch, counts },
      refused: (osm_id, why) => skips.add(`refused (${why})`, osm_id),
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
function localKey(): string {
  const key = values.url ? undefined : readVars().VTB_SECRET_KEY;
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

const [file] = positionals;
if (values.help) say(help);
else if (!file || positionals.length > 1) fail(help);
else await run(file);
