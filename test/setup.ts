// A migrated, empty database for each file, made in one batch. The plugin's applyD1Migrations is
// not used: "cloudflare:test" loads the whole Worker, a second for each file, the pure ones too.
import { env } from "cloudflare:workers";

const notes = "create table d1_migrations(id integer primary key, name text unique)";
const note = "insert into d1_migrations(name) values (?1)";

await env.DB.batch([
  env.DB.prepare(notes),
  ...env.TEST_MIGRATIONS.flatMap(({ name, queries }) => [
    ...queries.map((query) => env.DB.prepare(query)),
    env.DB.prepare(note).bind(name),
  ]),
]);
