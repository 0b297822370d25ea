import { ownedBy } from "../secrecy.ts";
import { type Chapter, expects, fact, granted } from "../stage.ts";
import { many, metres, minutes, money } from "../words.ts";
import { ada, kim } from "./accounts.ts";

/** The Scott Monument, in the middle of the demo city. */
export const here = { lat: 55.9524, lng: -3.1933 };
const shown = 5;

interface Place {
  id: string;
  name: string;
  distance_m: number;
  open_now: boolean;
  eta_min_minutes: number;
  eta_max_minutes: number;
  hours: { weekly: Record<string, { opens: string; closes: string }[]> };
}

export interface Dish {
  id: string;
  name: string;
  price_minor: number;
  currency: string;
  available: boolean;
  stock: number | null;
}

/** Where she will order, and what can be had there. */
export const restaurant = fact<Place>("a restaurant");
export const menu = fact<Dish[]>("a menu");

const { stranger, guest } = ownedBy(kim, "staff");

export const restaurants: Chapter = {
  chooses: [
    {
      says: "asks who is open near the Scott Monument, nearest first",
      async does(stage) {
        const { client } = ada.of(stage);
        const asked = client
          .rpc("nearby_restaurants", { ...here, open_only: true })
          .select("id, name, distance_m, open_now, eta_min_minutes, eta_max_minutes, hours")
          .limit(shown);
        const places = await granted<Place[]>(asked);
        const far = places.map((place) => place.distance_m);
        expects(places.length > 0, "somebody who is open, as in the seeded city", places);
        expects(isAscending(far), "the nearest first", far);
        expects(places.every(isPromising), "open places with delivery times", places);
        // One that never closes will not do so while she orders.
        restaurant.is(stage, places.find(neverCloses) ?? (places[0] as Place)); // there is one
        return { came: many(places.length, "place"), list: places.map(lineOf) };
      },
    },
  ],
  orders: [
    {
      says: "reads its menu, in one request",
      async does(stage) {
        const { id } = restaurant.of(stage);
        const before = stage.requests();
        const columns = "name, menu_items(id, name, price_minor, currency, available, stock)";
        const { client } = ada.of(stage);
        const asked = client
          .from("restaurants")
          .select(columns)
          .eq("id", id)
          .order("category", { referencedTable: "menu_items" })
          .order("name", { referencedTable: "menu_items" })
          .single();
        const { name, menu_items: dishes } = await granted<Menu>(asked);
        expects(stage.requests() - before === 1, "one request", stage.requests() - before);
        expects(dishes.length > 0, `dishes at ${name}`, dishes);
        menu.is(stage, dishes);
        const prices = dishes.map((dish) => dish.price_minor).sort((a, b) => a - b);
        const { currency } = dishes[0] as Dish; // there is one
        const [low = 0, high = 0] = [prices[0], prices.at(-1)];
        const range = `${money(low, currency)} to ${money(high, currency)}`;
        return `${many(dishes.length, "dish", "dishes")}, ${range}`;
      },
    },
  ],
  cooks: [
    {
      says: "is hired by the secret key",
      async does(stage) {
        const { id, name } = restaurant.of(stage);
        const seat = { restaurant_id: id, user_id: kim.of(stage).id };
        const { role } = await granted<{ role: string }>(
          stage.office.from("staff").insert(seat).select("role").single(),
        );
        return `${role} of the staff of ${name}`;
      },
    },
  ],
  stranger,
  guest: [
    {
      says: "reads restaurants and menus",
      async does({ guest }) {
        const every = { count: "exact", head: true } as const;
        const places = await guest.from("restaurants").select("id", every);
        const dishes = await guest.from("menu_items").select("id", every);
        const [p, d] = [places.count ?? 0, dishes.count ?? 0];
        expects(p > 0 && d > 0, "both", places.error ?? dishes.error ?? [p, d]);
        return `${many(p, "restaurant")}, ${many(d, "dish", "dishes")}`;
      },
    },
    ...guest,
  ],
};

interface Menu {
  name: string;
  menu_items: Dish[];
}

function lineOf({ name, distance_m, eta_min_minutes, eta_max_minutes }: Place): string[] {
  return [name, metres(distance_m), minutes(eta_min_minutes, eta_max_minutes)];
}

function isAscending(numbers: number[]): boolean {
  return numbers.every((n, i) => i === 0 || n >= (numbers[i - 1] ?? n));
}

function isPromising({ open_now, eta_min_minutes: min, eta_max_minutes: max }: Place): boolean {
  return open_now && min > 0 && min <= max;
}

function neverCloses({ hours }: Place): boolean {
  const days = Object.values(hours.weekly);
  const whole = days.filter((day) => day.some((o) => o.opens === "00:00" && o.closes === "00:00"));
  return whole.length === 7;
}
