// Writes of a kitchen's staff, and of a hungry customer.
import { dishId, restaurantId } from "../data/places.ts";
import { employer, ordered, quoted } from "../data/world.ts";
import type { Case } from "./case.ts";

const bulk = 1000;

const dish = (n: number) => ({
  restaurant_id: restaurantId(employer(n)),
  name: `Soup of the day ${n}`,
  description: "With bread, while there is some.",
  category: "Soups",
  price_minor: 650 + (n % 100),
  currency: "GBP",
});
const price = (n: number) => ({ price_minor: 500 + (n % 1000) });
/** Of the ten dishes of both menus, some. */
const known = (n: number) => dishId(employer(n), n % 10);
const renamed = (n: number) => ({ ...dish(n), id: known(n) });
const dishes = (n: number) => Array.from({ length: bulk }, (_, i) => dish(n * bulk + i));
const common = { kind: "write", limit: "database", caller: "staff" } as const;

export const writes: Case[] = [
  {
    ...common,
    name: "insert",
    title: "insert, with the new row as answer",
    quick: true,
    variants: 32,
    ask: (n) => post("menu_items", dish(n), "return=representation"),
    byHand: (n) => hand("POST", "menu-items", dish(n)),
    pocketbase: (n) => peer("POST", ofPeer, dishOfPeer(dish(n))),
    expects: { trips: 1, statements: 4, rowsRead: 13, rowsWritten: 6 },
    mostRowsRead: 13,
    writes: { rows: 1, indexes: 2, beside: 1 },
  },
  {
    ...common,
    name: "bulk",
    title: `insert of ${bulk} rows`,
    variants: 4,
    ask: (n) => post("menu_items", dishes(n), "return=minimal"),
    byHand: (n) => hand("POST", "menu-items/bulk", dishes(n)),
    expects: { trips: 1, statements: 4, rowsRead: 6006, rowsWritten: 5001 },
    writes: { rows: bulk, indexes: 2, beside: 1 },
  },
  {
    ...common,
    name: "update",
    title: "update by key, with the row as answer",
    variants: 32,
    ask: (n) => ({
      method: "PATCH",
      path: `/rest/v1/menu_items?id=eq.${known(n)}`,
      headers: { prefer: "return=representation" },
      body: price(n),
    }),
    byHand: (n) => hand("PATCH", `menu-items/${known(n)}`, price(n)),
    pocketbase: (n) => peer("PATCH", `${ofPeer}/${known(n)}`, price(n)),
    expects: { trips: 1, statements: 3, rowsRead: 8, rowsWritten: 3 },
    mostRowsRead: 8,
  },
  {
    ...common,
    name: "upsert",
    title: "upsert of a row that is there",
    variants: 32,
    ask: (n) => post("menu_items", renamed(n), "resolution=merge-duplicates,return=representation"),
    byHand: (n) => hand("PUT", `menu-items/${known(n)}`, renamed(n)),
    pocketbase: (n) => replaced(renamed(n)),
    expects: { trips: 1, statements: 6, rowsRead: 26, rowsWritten: 4 },
    mostRowsRead: 26,
  },
  {
    ...common,
    name: "quote",
    title: "quote for two dishes",
    caller: "customer",
    variants: 32,
    ask: (n, world) => post("quotes", ordered(n, world), "return=representation"),
    expects: { trips: 2, statements: 9, rowsRead: 25, rowsWritten: 11 },
  },
  {
    ...common,
    name: "order",
    title: "order of what was quoted",
    caller: "customer",
    once: true,
    needs: "quotes",
    variants: quoted,
    ask: (n, { quotes }) => post("orders", { quote_id: quotes[n] }, "return=representation"),
    expects: { trips: 2, statements: 16, rowsRead: 50, rowsWritten: 22 },
  },
];

function post(table: string, body: object, prefer: string) {
  return { method: "POST", path: `/rest/v1/${table}`, headers: { prefer }, body };
}

function hand(method: string, path: string, body: object) {
  return { method, path: `/${path}`, body };
}

const ofPeer = "/api/collections/menu_items/records";

/** PocketBase names the row that is referred to, and not its key; and no default is true. */
function dishOfPeer({ restaurant_id: restaurant, ...columns }: ReturnType<typeof dish>) {
  return { restaurant, ...columns, available: true };
}

function peer(method: string, path: string, body: object) {
  return { method, path, body };
}

/** Only in a batch, be it of one, has it words for a row that is put in place of another. */
function replaced(row: ReturnType<typeof dish>) {
  const requests = [{ method: "PUT", url: ofPeer, body: dishOfPeer(row) }];
  return peer("POST", "/api/batch", { requests });
}
