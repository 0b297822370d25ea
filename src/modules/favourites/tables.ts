import { own } from "../../kernel/predicate.ts";
import { createdAt, id, table, uuid } from "../../kernel/table.ts";
import { users } from "../accounts/tables.ts";
import { restaurants } from "../restaurants/tables.ts";

export const favourites = table(
  "favourites",
  {
    id: id(),
    user_id: uuid({ fill: "actor", setOnce: true })
      .notNull()
      .references(() => users.id),
    restaurant_id: uuid({ setOnce: true })
      .notNull()
      .references(() => restaurants.id),
    created_at: createdAt(),
  },
  {
    policy: { select: own("user_id"), insert: own("user_id"), delete: own("user_id") },
    indexes: [{ on: ["user_id", "restaurant_id"], unique: true }, { on: ["restaurant_id"] }],
    example: ({ user, parent }) => ({ user_id: user, restaurant_id: parent(restaurants).id }),
  },
);
