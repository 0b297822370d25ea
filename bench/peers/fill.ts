// Rows straight into PocketBase's database, while it does not run.
import { DatabaseSync } from "node:sqlite";
import { dishRows, menu_length, restaurantRow } from "../data/places.ts";
import { employers, favourite, favourites, type World } from "../data/world.ts";

type Stored = Record<string, string | number | null>;

/** Restaurants, menus, jobs and favourites, for people whose ids are PocketBase's. */
export function fill(file: string, world: World): void {
  const { restaurants, towns, staff, customer } = world;
  const db = new DatabaseSync(file);
  const add = adder(db);
  db.exec("begin");
  for (let n = 0; n < restaurants; n++) {
    add("restaurants", restaurantRow(n, towns));
    for (const { restaurant_id: restaurant = null, ...dish } of dishRows(n, menu_length)) {
      add("menu_items", { ...dish, restaurant });
    }
  }
  for (const [n, restaurant] of employers().entries()) {
    add("staff", { id: `staff${n}`, restaurant, user: staff.id });
  }
  for (let n = 0; n < favourites; n++) {
    add("favourites", {
      id: `favourite${n}`,
      user: customer.id,
      restaurant: favourite(n, world),
    });
  }
  db.exec("commit");
  db.close();
}

/** What Vertebra keeps for itself stays out, and so does what is not there: its columns default. */
function adder(db: DatabaseSync): (table: string, row: Stored) => void {
  const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  return (table, row) => {
    const columns = Object.keys(row).filter((name) => !name.startsWith("_") && row[name] !== null);
    const marks = columns.map(() => "?").join(",");
    const sql = `insert into ${table}(${columns.join(",")}) values(${marks})`;
    const insert = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, insert);
    insert.run(...columns.map((name) => row[name] ?? null));
  };
}
