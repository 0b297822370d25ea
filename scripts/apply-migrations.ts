// Migrations onto a local store, noted down as wrangler does, so that both agree on what is done.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { openStore, root } from "./local.ts";
import { migrationFiles, migrationsDir } from "./schema.ts";

const noted = `create table if not exists d1_migrations(
  id integer primary key autoincrement,
  name text unique,
  applied_at timestamp default current_timestamp not null
)`;

/** Applies what is missing, each migration whole or not at all; answers with their names. */
export async function applyMigrations(persist: string): Promise<string[]> {
  const { db, split, dispose } = await openStore(persist);
  try {
    await db.prepare(noted).run();
    const { results } = await db.prepare("select name from d1_migrations").all<{ name: string }>();
    const done = new Set(results.map((row) => row.name));
    const missing = migrationFiles().filter((file) => !done.has(file));
    for (const file of missing) {
      const statements = split(readFileSync(path.join(migrationsDir, file), "utf8"));
      const note = db.prepare("insert into d1_migrations(name) values (?1)").bind(file);
      await db.batch([...statements.map((sql) => db.prepare(sql)), note]).catch((error) => {
        throw new Error(`migrations/${file}: ${error.message}`);
      });
    }
    return missing;
  } finally {
    await dispose();
  }
}

/** Applies them to the deployed database; answers with wrangler's exit code. */
export function applyRemotely(): number {
  const wrangler = path.join(root, "node_modules", "wrangler", "bin", "wrangler.js");
  const args = [wrangler, "d1", "migrations", "apply", "DB", "--remote"];
  return spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status ?? 1;
}
