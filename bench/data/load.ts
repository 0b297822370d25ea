// Fills a D1 database's file, beside workerd and before it starts.
import { globSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { dishRows, menu_length, restaurantRow, townsFor } from "./places.ts";

/** Above so many restaurants, menus are shorter: what is measured does not depend on them. */
const long_menus_up_to = 100_000;
const short_menu = 2;
const rows_per_report = 20_000;

/** The file of the one D1 database of a store. */
export function databaseFile(store: string): string {
  const cwd = path.join(store, "d1", "miniflare-D1DatabaseObject");
  const [file] = globSync("*.sqlite", { cwd }).filter((name) => !name.startsWith("metadata"));
  if (!file) throw new Error(`${cwd} holds no database`);
  return path.join(cwd, file);
}

/** Runs with the file open, and leaves everything in it rather than in its log. */
export function inDatabase<T>(store: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(databaseFile(store), { enableForeignKeyConstraints: false });
  try {
    const result = work(db);
    db.exec("pragma wal_checkpoint(truncate)");
    return result;
  } finally {
    db.close();
  }
}

/** Puts so many restaurants and their menus into a migrated database. */
export function loadRestaurants(
  store: string,
  restaurants: number,
  progress: (done: number) => void,
): void {
  const towns = townsFor(restaurants);
  const length = restaurants > long_menus_up_to ? short_menu : menu_length;
  inDatabase(store, (db) => {
    db.exec("pragma synchronous=off; begin");
    const silenced = silence(db);
    const [addRestaurant, addDish] = [inserter(db, "restaurants"), inserter(db, "menu_items")];
    for (let n = 0; n < restaurants; n++) {
      addRestaurant(restaurantRow(n, towns));
      for (const dish of dishRows(n, length)) addDish(dish);
      if ((n + 1) % rows_per_report === 0) progress(n + 1);
    }
    for (const trigger of silenced) db.exec(trigger);
    db.exec("commit");
  });
}

type Stored = Record<string, string | number | null>;

function inserter(db: DatabaseSync, table: string): (row: Stored) => void {
  let insert: ReturnType<DatabaseSync["prepare"]> | undefined;
  return (row) => {
    const columns = Object.keys(row);
    insert ??= db.prepare(
      `insert into ${table}(${columns.join(",")}) values(${columns.map(() => "?").join(",")})`,
    );
    insert.run(...Object.values(row));
  };
}

/** Drops the triggers of the change log, which tells nobody of a load; answers with their SQL. */
export const silence = (db: DatabaseSync): string[] => dropTriggers(db, "changes");

export function dropTriggers(db: DatabaseSync, what: "changes" | "search"): string[] {
  const where = `type='trigger' and name glob '*_${what}_*'`;
  const found = db.prepare(`select name, sql from sqlite_master where ${where}`).all();
  for (const { name } of found) db.exec(`drop trigger "${name}"`);
  return found.map(({ sql }) => String(sql));
}
