// npm start: the whole stack on this machine. Makes keys, migrates, serves, and seeds when empty.
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";
import { applyMigrations } from "./apply-migrations.ts";
import { seedCity } from "./city.ts";
import {
  configPath,
  defaultPort,
  fail,
  makeVars,
  optionsOf,
  persistDir,
  quiet,
  readVars,
  root,
  say,
  statusOf,
  writeState,
} from "./local.ts";

const help = `npm start [-- options]    the whole stack on this machine

--port N         the port on 127.0.0.1 (default ${defaultPort})
--persist DIR    where data is kept (default .wrangler/state)
--no-seed        leave an empty database empty`;

const ready_ms = 60_000;
const sweep_ms = 60_000;
const parent_poll_ms = 500;

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
  const server = serve(port, persist);
  await untilHealthy(url, server);
  const secretKey = readVars().VTB_SECRET_KEY ?? "";
  if (!values["no-seed"] && (await isEmpty(url, secretKey))) {
    const { restaurants, menuItems } = await seedCity(url, secretKey);
    say(`Seeded ${restaurants.length} restaurants and ${menuItems.length} dishes`);
  }
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

// The IPC channel closes when this process ends, however it ends; the server then ends itself.
const endsWithParent = 'process.once("disconnect", () => process.kill(process.pid, "SIGTERM"))';

/** `wrangler dev` as a child: it ends with this process, and this process with it. */
function serve(port: number, persist: string): ChildProcess {
  const args = [
    "--no-warnings",
    `--import=data:text/javascript,${encodeURIComponent(endsWithParent)}`,
    path.join(root, "node_modules", "wrangler", "wrangler-dist", "cli.js"),
    ...["dev", "--config", configPath, "--persist-to", persist],
    ...["--ip", "127.0.0.1", "--port", String(port)],
    ...["--show-interactive-dev-session=false", "--log-level", "error"],
  ];
  const env = quiet({ ...process.env });
  const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: [...stdio] });
  let asked = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      asked = true;
      child.kill("SIGTERM");
    });
  // A shell between npm and this process passes no signal on: its end is the signal.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent) return;
    asked = true;
    child.kill("SIGTERM");
  }, parent_poll_ms).unref();
  child.once("exit", (code) => process.exit(asked ? 0 : (code ?? 1)));
  return child;
}

async function untilHealthy(url: string, server: ChildProcess): Promise<void> {
  const until = Date.now() + ready_ms;
  while (Date.now() < until) {
    const healthy = fetch(`${url}/health`).then(async (answer) => {
      await answer.text();
      return answer.ok;
    });
    if (await healthy.catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  server.kill("SIGTERM");
  fail(`The server did not answer ${url}/health within ${ready_ms / 1000} s.`);
}

async function isEmpty(url: string, secretKey: string): Promise<boolean> {
  const address = `${url}/rest/v1/restaurants?select=id&limit=1`;
  const answer = await fetch(address, { headers: { apikey: secretKey } });
  if (!answer.ok) fail(`${address}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as unknown[]).length === 0;
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
