// The kernel fixture's tables as the model knows them: what is in them, who sees it, how they join.
import type { Actor } from "../../../src/kernel/actor.ts";
import type { Kind, Row, Value } from "./model-values.ts";
import { world } from "./model-world.ts";

export interface Relation {
  /** As a select list writes it, and the name that the answer then uses. */
  said: string;
  key: string;
  to: string;
  single: boolean;
  joins(here: Row, there: Row, actor: Actor): boolean;
}

export interface Table {
  name: string;
  key: string;
  columns: Record<string, Kind>;
  computed: Record<string, { kind: Kind; of: (row: Row) => Value }>;
  /** ilike folds more than ASCII here. */
  folds: string[];
  searched: string[];
  rows(actor: Actor): Row[];
  relations: Relation[];
}

const isService = (actor: Actor) => actor.role === "service_role";
const owns = (column: string) => (row: Row, actor: Actor) =>
  isService(actor) || (actor.role === "authenticated" && row[column] === actor.id);
const everyone = () => true;
const members = (_: Row, { role }: Actor) => role !== "anon";
const orderOf = (row: Row) => world.orders?.find((o) => o.id === row.order_id) ?? {};

const policies: Record<string, (row: Row, actor: Actor) => boolean> = {
  orders: owns("user_id"),
  lines: (row, actor) => owns("user_id")(orderOf(row), actor),
  taggings: owns("user_id"),
  badges: members,
  follows: members,
  dishes: (row, actor) => row.price === 0 || owns("user_id")(row, actor),
};

/** The rows of a table that exist for somebody. */
export function seen(name: string, actor: Actor): Row[] {
  if (name === "order_sums") return orderSums(actor);
  return (world[name] ?? []).filter((row) => (policies[name] ?? everyone)(row, actor));
}

function orderSums(actor: Actor): Row[] {
  const lines = seen("lines", actor);
  return seen("orders", actor).map(({ id, note, gift }) => {
    const own = lines.filter((line) => line.order_id === id).map((line) => Number(line.n));
    const sum = own.length === 0 ? null : own.reduce((a, b) => a + b, 0);
    return { order_id: id, note, gift, lines: own.length, sum } as Row;
  });
}

/** `here.column = there.column` */
function by(said: string, to: string, here: string, there: string, single: boolean): Relation {
  const key = said.split("!")[0] as string; // split gives one at least
  return { said, key, to, single, joins: (a, b) => a[here] !== null && a[here] === b[there] };
}
const parent = (said: string, to: string, column: string) => by(said, to, column, "id", true);
const children = (said: string, to: string, column: string) => by(said, to, "id", column, false);

function through(said: string, to: string, join: string, here: string, there: string): Relation {
  const joins = (a: Row, b: Row, actor: Actor) =>
    seen(join, actor).some((row) => row[here] === a.id && row[there] === b.id);
  return { said, key: said.split("!")[0] as string, to, single: false, joins };
}

const relations: Record<string, Relation[]> = {
  orders: [
    children("lines", "lines", "order_id"),
    children("lines!lines_order_id_fkey", "lines", "order_id"),
    children("taggings", "taggings", "order_id"),
    through("tags", "tags", "taggings", "order_id", "tag_id"),
    through("tags!taggings", "tags", "taggings", "order_id", "tag_id"),
    by("order_sums", "order_sums", "id", "order_id", true),
  ],
  lines: [
    parent("orders", "orders", "order_id"),
    parent("orders!order_id", "orders", "order_id"),
    parent("order_id", "orders", "order_id"),
  ],
  order_sums: [parent("orders", "orders", "order_id")],
  tags: [
    children("taggings", "taggings", "tag_id"),
    through("orders", "orders", "taggings", "tag_id", "order_id"),
  ],
  taggings: [parent("orders", "orders", "order_id"), parent("tags", "tags", "tag_id")],
  shops: [
    by("badges", "badges", "id", "shop_id", true),
    children("transfers!from_shop", "transfers", "from_shop"),
    children("transfers!transfers_to_shop_fkey", "transfers", "to_shop"),
    children("follows!follower_id", "follows", "follower_id"),
    through("shops!followed_id", "shops", "follows", "follower_id", "followed_id"),
    through("shops!follower_id", "shops", "follows", "followed_id", "follower_id"),
  ],
  badges: [parent("shops", "shops", "shop_id")],
  follows: [
    parent("follower_id", "shops", "follower_id"),
    parent("shops!followed_id", "shops", "followed_id"),
  ],
  transfers: [
    parent("from_shop", "shops", "from_shop"),
    parent("shops!transfers_to_shop_fkey", "shops", "to_shop"),
    parent("after", "transfers", "after"),
    children("transfers", "transfers", "after"),
  ],
  dishes: [children("articles", "articles", "dish_id")],
  articles: [parent("dishes", "dishes", "dish_id")],
};

const columns: Record<string, Record<string, Kind>> = {
  orders: {
    ...{ id: "uuid", user_id: "uuid", state: "text", note: "text", label: "text" },
    ...{ total: "integer", weight: "real", gift: "boolean", doc: "json", blob: "text" },
    ...{ due: "timestamp", day: "date", created_at: "timestamp", updated_at: "timestamp" },
  },
  lines: { id: "uuid", order_id: "uuid", name: "text", n: "integer" },
  tags: { id: "uuid", name: "text" },
  taggings: { id: "uuid", user_id: "uuid", order_id: "uuid", tag_id: "uuid", weight: "integer" },
  shops: { id: "uuid", name: "text", stock: "integer", opened: "date" },
  badges: { id: "uuid", shop_id: "uuid", title: "text" },
  follows: { id: "uuid", follower_id: "uuid", followed_id: "uuid", count: "integer" },
  transfers: { id: "uuid", from_shop: "uuid", to_shop: "uuid", after: "uuid" },
  dishes: {
    ...{ id: "uuid", user_id: "uuid", name: "text", story: "text", plain: "text" },
    ...{ price: "integer" },
  },
  articles: { id: "uuid", body: "text", dish_id: "uuid" },
  order_sums: { order_id: "uuid", note: "text", gift: "boolean", lines: "integer", sum: "integer" },
};

const computed: Record<string, Table["computed"]> = {
  shops: { sold_out: { kind: "boolean", of: (row) => row.stock === 0 } },
  tags: {
    loud: { kind: "text", of: ({ name }) => (name as string | null)?.toUpperCase() ?? null },
  },
};
const folds: Record<string, string[]> = {
  ...{ orders: ["note"], tags: ["name"], shops: ["name"], dishes: ["name"] },
};

export const tables: Record<string, Table> = Object.fromEntries(
  Object.entries(columns).map(([name, kinds]): [string, Table] => [
    name,
    {
      name,
      key: name === "order_sums" ? "order_id" : "id",
      columns: kinds,
      computed: computed[name] ?? {},
      folds: folds[name] ?? [],
      searched: name === "dishes" ? ["name"] : [],
      rows: (actor) => seen(name, actor),
      relations: relations[name] ?? [],
    },
  ]),
);

export function tableOf(name: string): Table {
  const table = tables[name];
  if (!table) throw new Error(`the model has no ${name}`);
  return table;
}
