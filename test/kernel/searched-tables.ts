// Tables of the fixture that are searched.
import { eq, everyone, or, own } from "../../src/kernel/predicate.ts";
import { type AnyTable, id, integer, table, text, uuid } from "../../src/kernel/table.ts";

const example = () => ({});

/** Searched in every script; some are everybody's, some their author's alone. */
export const dishes = table(
  "dishes",
  {
    id: id(),
    user_id: uuid({ fill: "actor" }),
    name: text({ fold: true, search: "simple" }).notNull(),
    story: text({ search: "simple", large: true }),
    plain: text(),
    price: integer().notNull().default(0),
  },
  {
    policy: {
      select: or(eq("price", 0), own("user_id")),
      insert: own("user_id"),
      update: { using: own("user_id") },
      delete: own("user_id"),
    },
    example,
    indexes: [{ on: ["user_id"] }, { on: ["price"] }],
  },
);

/** Searched by English stems. */
export const articles = table(
  "articles",
  {
    id: id(),
    body: text({ search: "english" }),
    dish_id: uuid().references(() => dishes.id, { onDelete: "set null" }),
  },
  {
    policy: { select: everyone, insert: everyone },
    example,
    indexes: [{ on: ["dish_id"] }],
  },
);

export const searched: AnyTable[] = [dishes, articles];
