// npm run demo: the story of a first order, told by the unmodified client, printed as it happens.
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { localKeys, type OwnStack, ownStack, type Place, runningStack } from "./demo-stack.ts";
import { fail, optionsOf, say } from "./local.ts";
import { entry, heading, paragraph } from "./page.ts";
import { whenAskedToEnd } from "./stack.ts";
import { type Stage, stageAt } from "./stage.ts";
import { Broken, tell } from "./story.ts";
import { many } from "./words.ts";

const help = `npm run demo [-- options]    the story of a first order, told with supabase-js:
                             a customer, a kitchen, a stranger and a guest

--url URL               the Vertebra to tell it to (default: the local stack;
                        where none runs, one of its own, removed afterwards)
--publishable-key KEY   its publishable key (default: VTB_PUBLISHABLE_KEY from
--secret-key KEY        the environment, VTB_SECRET_KEY; else the local stack's)

It can be told to one stack again and again: its persons are new each time. It
ends with 0 when all came as it should, and with 1 at the first step that did not.`;

const { values } = optionsOf(help, {
  options: {
    url: { type: "string" },
    "publishable-key": { type: "string" },
    "secret-key": { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

let own: OwnStack | undefined;

async function demo(): Promise<void> {
  const place = given() ?? (await runningStack()) ?? (await made());
  const version = createRequire(import.meta.url)("@supabase/supabase-js/package.json").version;
  say(
    paragraph([`Told to ${place.url} by @supabase/supabase-js ${version}, unmodified.`, "plain"]),
  );
  await print(stageAt(place.url, place.keys));
}

/** As the options say, and the environment. */
function given(): Place | null {
  if (values.url === undefined) return null;
  if (!URL.canParse(values.url)) fail(`--url ${values.url}: not a URL`);
  const local = localKeys();
  const { VTB_PUBLISHABLE_KEY, VTB_SECRET_KEY } = process.env;
  const keys = {
    PUBLISHABLE_KEY: values["publishable-key"] ?? VTB_PUBLISHABLE_KEY ?? local.PUBLISHABLE_KEY,
    SECRET_KEY: values["secret-key"] ?? VTB_SECRET_KEY ?? local.SECRET_KEY,
  };
  return { url: values.url.replace(/\/+$/, ""), keys };
}

async function made(): Promise<Place> {
  say("No local stack is running: making one, with the demo city in it …");
  const start = performance.now();
  own = ownStack();
  const place = await own.ready;
  say(`Ready in ${seconds(performance.now() - start)}; npm start makes one that stays.`);
  return place;
}

async function print(stage: Stage): Promise<void> {
  const start = performance.now();
  let [heard, steps] = ["", 0];
  for await (const told of tell(stage)) {
    if (told.who !== heard) say(heading(told.who));
    heard = told.who;
    steps++;
    say(entry(told));
  }
  const took = seconds(performance.now() - start);
  const { rows, attempts } = stage.kept;
  const kept = [...rows.values()].reduce((sum, n) => sum + n, 0);
  say(heading(`${many(steps, "step")}, ${many(stage.requests(), "request")}, ${took}`));
  say(
    paragraph(
      [`What others saw of these ${many(kept, "row")} and of Ada's photo,`, "plain"],
      [`in ${many(attempts, "attempt")}:`, "plain"],
      ["nothing.", "bold"],
    ),
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function complaint(error: unknown): string {
  if (!(error instanceof Broken)) return error instanceof Error ? error.message : String(error);
  const { who, says, expected, came } = error;
  return `\n${who}\n  ${says}\n  expected  ${expected}\n  came      ${briefly(came)}`;
}

const longest = 2000;

/** What came, as JSON; of an error also what it says. */
function briefly(came: unknown): string {
  const told = came instanceof Error ? { ...came, message: came.message } : came;
  return (JSON.stringify(told) ?? String(told)).slice(0, longest);
}

async function run(): Promise<void> {
  let ending = false;
  const end = async (code: number) => {
    if (ending) return;
    ending = true;
    await own?.end();
    process.exit(code);
  };
  whenAskedToEnd((signal) => end(signal === "SIGINT" ? 130 : 143));
  // Whoever reads along may stop reading: demo | head.
  process.stdout.on("error", () => end(1));
  try {
    await demo();
    await end(0);
  } catch (error) {
    if (!ending) process.stderr.write(`${complaint(error)}\n`);
    await end(1);
  }
}

if (values.help) say(help);
else await run();
