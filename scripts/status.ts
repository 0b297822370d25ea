// npm run status: where the local stack is, and its keys.
import { defaultPort, fail, optionsOf, readState, readVars, say, statusOf } from "./local.ts";

const help = `npm run status                 where the local stack is, and its keys
npm run -s status -- --json    the same as one JSON object

When the stack is not running, a line on stderr says so; the rest is as of the last one.`;

const patience_ms = 3_000;

const { values } = optionsOf(help, {
  options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
});

if (values.help) say(help);
else await show();

async function show(): Promise<void> {
  const vars = readVars();
  if (!vars.VTB_SECRET_KEY || !vars.JWT_SECRET)
    fail("There are no local keys yet: npm start makes them.");
  const url = readState()?.url ?? `http://127.0.0.1:${defaultPort}`;
  const status = statusOf(vars, url);
  const width = Math.max(...Object.keys(status).map((name) => name.length));
  const lines = Object.entries(status).map(([name, value]) => `${name.padStart(width)}  ${value}`);
  say(values.json ? JSON.stringify(status) : lines.join("\n"));
  if (!(await answers(url)))
    process.stderr.write(`Nothing answers at ${url}: npm start starts the stack.\n`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(patience_ms) });
    await answer.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
