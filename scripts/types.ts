// npm run types: the Database type of supabase-js, from what the modules declare.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fail, optionsOf, say } from "./local.ts";

const help = `npm run types [-- options]    write the Database type that supabase-js takes

--out FILE    where to (default: database.types.ts)
--check       write nothing; fail when FILE is not what would be written

createClient<Database>(url, key) then knows tables, columns, embeds and functions.`;

const { values } = optionsOf(help, {
  options: {
    help: { type: "boolean", short: "h" },
    out: { type: "string", default: "database.types.ts" },
    check: { type: "boolean" },
  },
});

async function main(): Promise<void> {
  const { modules } = await import("../src/modules/index.ts");
  const { databaseTypes } = await import("./database-types.ts");
  const file = path.resolve(values.out);
  const types = databaseTypes(modules);
  const current = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  if (values.check && current !== types) {
    fail(`${values.out} is not what is declared: npm run types -- --out ${values.out}`);
  }
  if (!values.check) writeFileSync(file, types);
  say(values.check ? `${values.out} is what is declared.` : values.out);
}

if (values.help) say(help);
else await main();
