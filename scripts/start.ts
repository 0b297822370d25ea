// npm start: the whole stack on this machine. Makes keys, migrates, serves, and seeds when empty.
import { createServer } from "node:net";
import { applyMigrations } from "./apply-migrations.ts";
import { keepServing } from "./keep-serving.ts";
import {
  defaultPort,
  fail,
  makeVars,
  optionsOf,
  persistDir,
  readVars,
  say,
  statusOf,
  writeState,
} from "./local.ts";
import { seedWhenEmpty } from "./stack.ts";

const help = `npm start [-- options]    the whole stack on this machine

--port N         the port on 127.0.0.1 (default ${defaultPort})
--persist DIR    where data is kept (default .wrangler/state)
--no-seed        leave an empty database empty`;

const sweep_ms = 60_000;

const { values } = optionsOf(help, {
  options: {
    port: { type: "string", default: String(defaultPort) },
    persist: { type: "string" },
    "no-seed": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});

async function start(port: number, persist: string): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    fail(`--port ${values.port}: not a port`);
  await refuseTakenPort(port);
  if (makeVars().length > 0) say("Made local keys in .dev.vars");
  const applied = await applyMigrations(persist);
  if (applied.length > 0) say(`Applied migrations: ${applied.join(", ")}`);
  const url = `http://127.0.0.1:${port}`;
  await keepServing(url, port, persist);
  const secretKey = readVars().VTB_SECRET_KEY ?? "";
  const city = values["no-seed"] ? null : await seedWhenEmpty(url, secretKey);
  if (city)
    say(`Seeded ${city.restaurants.length} restaurants and ${city.menuItems.length} dishes`);
  writeState({ url, persist, pid: process.pid });
  setInterval(() => sweep(url), sweep_ms).unref();
  greet(url);
}

/** `wrangler dev` runs no cron: this stands in for it, and tries again in a minute. */
function sweep(url: string): void {
  fetch(`${url}/cdn-cgi/local/scheduled`).then(
    (answer) => answer.body?.cancel(),
    () => {},
  );
}

async function refuseTakenPort(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve) => {
    probe.once("error", () =>
      fail(
        `Port ${port} is taken. Is a stack running already? Another port: npm start -- --port N`,
      ),
    );
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
  });
}

function greet(url: string): void {
  const { PUBLISHABLE_KEY, SECRET_KEY } = statusOf(readVars(), url);
  say(`
Vertebra is running.

          API URL  ${url}
  Publishable key  ${PUBLISHABLE_KEY}
       Secret key  ${SECRET_KEY}

  A first request:  curl -H "apikey: ${PUBLISHABLE_KEY}" "${url}/rest/v1/restaurants?limit=3"
  Mail it "sent":   npm run mailbox
  All keys:         npm run status
  Stop:             Ctrl+C
`);
}

if (values.help) say(help);
else
  await start(Number(values.port), persistDir(values.persist)).catch((e: Error) => fail(e.message));
