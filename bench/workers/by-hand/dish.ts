// What a caller may say about a dish: the columns that it may set, of their types and lengths.
import { HTTPException } from "hono/http-exception";
import type { menuItems } from "./tables.ts";

export type Dish = typeof menuItems.$inferInsert;
export type NewDish = Omit<Dish, "created_at" | "updated_at">;

const UUID = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

const isText = (least: number, most: number) => (value: unknown) =>
  typeof value === "string" && value.length >= least && value.length <= most;
const isUuid = (value: unknown) => typeof value === "string" && UUID.test(value);
const isWhole = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;

/** Columns that may be left out, or null, are `optional`. */
const columns: Record<keyof NewDish, { is: (value: unknown) => boolean; optional?: true }> = {
  id: { is: isUuid, optional: true },
  restaurant_id: { is: isUuid },
  name: { is: isText(1, 400) },
  description: { is: isText(0, 8000), optional: true },
  category: { is: isText(0, 200), optional: true },
  price_minor: { is: isWhole },
  currency: { is: (value) => typeof value === "string" && /^[A-Z]{3}$/.test(value) },
  stock: { is: isWhole, optional: true },
  available: { is: (value) => typeof value === "boolean", optional: true },
};

/** Some of a dish's columns, as they were sent; what is not among them is refused. */
function checked<Key extends keyof NewDish>(body: unknown, keys: Key[]): Pick<NewDish, Key> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw refused("body");
  for (const key of Object.keys(body)) if (!keys.some((one) => one === key)) throw refused(key);
  const sent = body as Record<string, unknown>; // an object, by now
  for (const key of keys) {
    const { is, optional } = columns[key];
    const value = sent[key] ?? null;
    if (value === null ? !optional : !is(value)) throw refused(key);
  }
  return sent as Pick<NewDish, Key>; // each was looked at
}

export function dishIn(body: unknown): Dish {
  const all = Object.keys(columns) as (keyof NewDish)[]; // its keys
  const dish = checked(body, all);
  const now = new Date().toISOString();
  const { id = crypto.randomUUID(), available = true } = dish;
  return { stock: null, ...dish, id, available, created_at: now, updated_at: now };
}

export function priceIn(body: unknown): number {
  return checked(body, ["price_minor"]).price_minor;
}

function refused(what: string): HTTPException {
  return new HTTPException(400, { message: `${what} is not as it should be` });
}
