// npm run status: where the local stack is, and its keys.
import { defaultPort, fail, optionsOf, readState, readVars, say, statusOf } from "./local.ts";

const help = `npm run status                 where the local stack is, and its keys
npm run -s status -- --json    the same as one JSON object`;

const { values } = optionsOf(help, {
  options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
});

if (values.help) say(help);
else show();

function show(): void {
  const vars = readVars();
  if (!vars.VTB_SECRET_KEY || !vars.JWT_SECRET)
    fail("There are no local keys yet: npm start makes them.");
  const status = statusOf(vars, readState()?.url ?? `http://127.0.0.1:${defaultPort}`);
  const width = Math.max(...Object.keys(status).map((name) => name.length));
  const lines = Object.entries(status).map(([name, value]) => `${name.padStart(width)}  ${value}`);
  say(values.json ? JSON.stringify(status) : lines.join("\n"));
}
