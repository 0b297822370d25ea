// The tables that its questions need, as PocketBase declares them: the same rows, indexes and
// rules as Vertebra's modules have.

const text = (name: string, more: object = {}) => ({ name, type: "text", ...more });
const number = (name: string, more: object = {}) => ({ name, type: "number", ...more });
const relation = (name: string, collectionId: string) => ({
  name,
  type: "relation",
  collectionId,
  maxSelect: 1,
  required: true,
});
/** Ids as they are elsewhere, and its own for new rows. */
const id = text("id", {
  system: true,
  primaryKey: true,
  required: true,
  min: 1,
  max: 36,
  pattern: "^[a-z0-9-]+$",
  autogeneratePattern: "[a-z0-9]{15}",
});
const times = [
  { name: "created_at", type: "autodate", onCreate: true },
  { name: "updated_at", type: "autodate", onCreate: true, onUpdate: true },
];
const currency = text("currency", { required: true, pattern: "^[A-Z]{3}$" });
const whole = { onlyInt: true, min: 0 };

const users = "_pb_users_auth_";
const restaurants = "restaurants0000";
/** Ids are given where paths and relations name them. */
export const photos = "photos000000000";

const own = "user = @request.auth.id";
const works =
  '@request.auth.id != "" && @collection.staff.user ?= @request.auth.id' +
  " && @collection.staff.restaurant ?= restaurant";
const stays = "(@request.body.restaurant:isset = false || @request.body.restaurant = restaurant)";

export const collections = [
  {
    id: restaurants,
    name: "restaurants",
    type: "base",
    listRule: "",
    viewRule: "",
    fields: [
      id,
      text("name", { required: true, max: 400 }),
      ...["cuisine", "description", "address", "city", "phone", "time_zone"].map((of) => text(of)),
      ...["lat", "lng", "prep_minutes", "rating"].map((of) => number(of)),
      { name: "hours", type: "json" },
      currency,
      ...times,
    ],
    indexes: ["create index restaurants_city_name on restaurants(city, name)"],
  },
  {
    name: "staff",
    type: "base",
    fields: [id, relation("restaurant", restaurants), relation("user", users)],
    indexes: ["create unique index staff_of on staff(restaurant, user)"],
  },
  {
    name: "menu_items",
    type: "base",
    listRule: "",
    viewRule: "",
    createRule: works,
    updateRule: `${works} && ${stays}`,
    fields: [
      id,
      relation("restaurant", restaurants),
      text("name", { required: true, max: 400 }),
      text("description", { max: 8000 }),
      text("category", { max: 200 }),
      number("price_minor", whole),
      currency,
      number("stock", whole),
      { name: "available", type: "bool" },
      ...times,
    ],
    indexes: ["create index menu_items_restaurant_name on menu_items(restaurant, name)"],
  },
  {
    name: "favourites",
    type: "base",
    listRule: own,
    viewRule: own,
    createRule: own,
    deleteRule: own,
    fields: [id, relation("user", users), relation("restaurant", restaurants), times[0]],
    indexes: ["create unique index favourites_of on favourites(user, restaurant)"],
  },
  {
    id: photos,
    name: "photos",
    type: "base",
    listRule: own,
    viewRule: own,
    createRule: own,
    updateRule: own,
    fields: [
      id,
      relation("user", users),
      { name: "file", type: "file", maxSelect: 1, maxSize: 5_000_000, protected: true },
    ],
  },
];

/** What of its settings is not as installed. */
export const settings = {
  batch: { enabled: true },
  // It would write each request into a database of its own, which nobody else here does.
  logs: { maxDays: 0 },
};

/** A token for files lasts as long as a run; and no mail is sent about a sign-in. */
export const usersSettings = { fileToken: { duration: 43_200 }, authAlert: { enabled: false } };
