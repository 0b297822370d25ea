// npm run migrate: brings a store to the schema of migrations/, or writes the next migration.
import { currentPersistDir, fail, optionsOf, say } from "./local.ts";

const help = `npm run migrate [-- options]            apply migrations/ to the local store
npm run migrate -- --remote             apply them to the deployed database (wrangler)
npm run migrate -- generate [options]   write what src/modules/*/tables.ts declare and
                                        migrations/ does not make yet, one file per module

apply:     --persist DIR     the local store (default: that of the running or last npm start)
generate:  --name NAME       name of the file (default: the module's)
           --rename A:B      table A, or column table.column, is called B from now on
           --drop A          table A, or column table.column, goes with all that is in it

generate never rebuilds and never drops unasked. A migration may also be written by hand: give it
the next number. Never edit one that has landed.`;

const { values, positionals } = optionsOf(help, {
  allowPositionals: true,
  options: {
    help: { type: "boolean", short: "h" },
    persist: { type: "string" },
    remote: { type: "boolean" },
    name: { type: "string" },
    drop: { type: "string", multiple: true, default: [] },
    rename: { type: "string", multiple: true, default: [] },
  },
});

async function generate(): Promise<void> {
  const { generateMigrations, Refused } = await import("./generate-migration.ts");
  const { name, drop, rename } = values;
  try {
    const files = await generateMigrations({ name, drop, rename });
    for (const file of files) say(`migrations/${file}`);
    if (files.length === 0) say("Nothing changed: the migrations make what is declared.");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    fail(error.message);
  }
}

async function apply(): Promise<void> {
  const { applyMigrations, applyRemotely } = await import("./apply-migrations.ts");
  if (values.remote) process.exit(applyRemotely());
  const persist = currentPersistDir(values.persist);
  const applied = await applyMigrations(persist).catch((error: Error) => fail(error.message));
  for (const file of applied) say(`applied ${file}`);
  if (applied.length === 0) say(`Nothing to apply: ${persist} is up to date.`);
}

if (values.help) say(help);
else if (positionals[0] === "generate") await generate();
else if (positionals.length > 0) fail(`Unknown command: ${positionals.join(" ")}\n\n${help}`);
else await apply();
