import { beforeAll, describe, expect, test } from "vitest";
import {
  type Mover,
  possible,
  type State,
  told,
  transitions,
} from "../../../src/modules/ordering/transitions.ts";
import { guest, type Person, person, service } from "../people.ts";
import {
  everything,
  force,
  type Kitchen,
  openKitchen,
  orderOf,
  stateOf,
  stockOf,
} from "./kitchen.ts";

const states: State[] = [
  "placed",
  "paid",
  "accepted",
  "preparing",
  "ready",
  "picked_up",
  "delivered",
  "rejected",
  "cancelled",
  "expired",
];

let kitchen: Kitchen;
let stranger: Person;

beforeAll(async () => {
  const dishes = [{ name: "Soup", price_minor: 650, stock: 1000 }];
  [kitchen, stranger] = await Promise.all([openKitchen({}, dishes), person("stranger")]);
});

const tell = (one: Person, order_id: string, state: string, reason?: string) =>
  one.db.from("order_events").insert({ order_id, state, ...(reason && { reason }) });
const cancel = (one: Person, order_id: string, reason = "no time") =>
  one.db.from("cancellations").insert({ order_id, reason });

describe("the table", () => {
  test("knows every state, and lets nobody out of an end or past the payment", () => {
    const movers = Object.keys(transitions) as Mover[];
    const all = movers.flatMap((m) => states.map((from) => [from, possible(m, from)] as const));
    expect(new Set(all.flatMap(([, to]) => to))).toEqual(new Set(states.slice(1)));
    for (const end of ["delivered", "rejected", "cancelled", "expired"] as const) {
      expect(movers.flatMap((m) => possible(m, end))).toEqual([]);
    }
    for (const state of ["accepted", "preparing", "ready", "picked_up", "delivered"] as const) {
      expect(movers.flatMap((m) => possible(m, "placed"))).not.toContain(state);
      expect(possible("customer", state)).toEqual([]);
    }
    for (const state of ["picked_up", "delivered"] as const) {
      expect(movers.flatMap((m) => possible(m, state))).not.toContain("cancelled");
    }
  });
});

describe("R-B2 every state, every event, every caller", () => {
  describe.each(states)("an order that is %s", (from) => {
    test.each(states)("and is said to be %s", async (to) => {
      const order = await orderOf(kitchen);
      await force(order.id, from);
      const legal = told.includes(to) && possible("staff", from).includes(to);
      const before = await everything();
      for (const one of [kitchen.guest, stranger]) {
        const { status, error } = await tell(one, order.id, to);
        const seen = one === kitchen.guest && !legal;
        const expected = seen ? [409, "illegal_transition"] : [403, "42501"];
        expect([status, error?.code]).toEqual(expected);
      }
      const nobody = await guest().from("order_events").insert({ order_id: order.id, state: to });
      expect([nobody.status, nobody.error?.code]).toEqual([401, "42501"]);
      const secret = await service().from("order_events").insert({ order_id: order.id, state: to });
      expect([secret.status, secret.error?.code]).toEqual([403, "42501"]);
      expect(await everything()).toBe(before);

      const { status, error } = await tell(kitchen.staff, order.id, to);
      if (legal) {
        expect(status).toBe(201);
        expect(await stateOf(order.id)).toBe(to);
      } else {
        expect([status, error?.code]).toEqual([409, "illegal_transition"]);
        const possibly = possible("staff", from).filter((s) => told.includes(s));
        const list = possibly.join(", ") || "nothing";
        const expected = `It is ${from} and cannot become ${to}. Possible for the staff: ${list}`;
        expect(error?.details).toBe(expected);
        expect(error?.hint).toContain("insert into cancellations");
        expect(await everything()).toBe(before);
      }
    });

    test("and is cancelled", async () => {
      const callers: [Person, Mover][] = [
        [kitchen.guest, "customer"],
        [kitchen.staff, "staff"],
      ];
      for (const [one, mover] of callers) {
        const order = await orderOf(kitchen);
        await force(order.id, from);
        const stock = Number(await stockOf(kitchen.dishes.Soup));
        const before = await everything();
        const third = await cancel(stranger, order.id);
        expect([third.status, third.error?.code]).toEqual([403, "42501"]);
        expect(await everything()).toBe(before);
        const { status, error } = await cancel(one, order.id);
        if (possible(mover, from).includes("cancelled")) {
          expect(status).toBe(201);
          expect(await stateOf(order.id)).toBe("cancelled");
          const uncooked = ["placed", "paid", "accepted"].includes(from);
          expect(await stockOf(kitchen.dishes.Soup)).toBe(uncooked ? stock + 1 : stock);
        } else {
          expect([status, error?.code]).toEqual([409, "illegal_transition"]);
          expect(await everything()).toBe(before);
        }
      }
    });
  });
});

test("a word that is no state is none, and no order is none", async () => {
  const order = await orderOf(kitchen);
  const { status, error } = await tell(kitchen.staff, order.id, "eaten");
  expect([status, error?.code]).toEqual([400, "22P02"]);
  const rows = kitchen.staff.db.from("order_events");
  expect((await rows.insert({ order_id: order.id })).error?.code).toBe("23502");
  expect((await rows.insert({ state: "accepted" })).error?.code).toBe("23502");
  expect((await tell(kitchen.staff, crypto.randomUUID(), "accepted")).error?.code).toBe("42501");
  expect((await kitchen.staff.db.from("cancellations").insert({})).error?.code).toBe("23502");
});

test("events are in order, with who moved and why, and not which person", async () => {
  const order = await orderOf(kitchen);
  await force(order.id, "paid");
  await tell(kitchen.staff, order.id, "accepted").throwOnError();
  await cancel(kitchen.staff, order.id, "the oven broke").throwOnError();
  const events = kitchen.guest.db.from("order_events").select("*").eq("order_id", order.id);
  const { data = [] } = await events.order("created_at").order("id");
  expect(data?.map(({ state, mover, reason }) => [state, mover, reason])).toEqual([
    ["placed", "customer", null],
    ["accepted", "staff", null],
    ["cancelled", "staff", "the oven broke"],
  ]);
  expect(JSON.stringify(data)).not.toContain(kitchen.staff.id);
  const cancelled = kitchen.guest.db.from("cancellations").select("*").eq("order_id", order.id);
  expect(JSON.stringify((await cancelled).data)).not.toContain(kitchen.staff.id);
});

test("of moves that are made at once, one is made", async () => {
  for (const words of [
    ["accepted", "rejected", "accepted", "rejected"],
    ["accepted", "cancelled", "cancelled", "rejected"],
  ]) {
    const order = await orderOf(kitchen);
    await force(order.id, "paid");
    const stock = Number(await stockOf(kitchen.dishes.Soup));
    const all = await Promise.all(
      words.map((word) =>
        word === "cancelled"
          ? cancel(kitchen.guest, order.id)
          : tell(kitchen.staff, order.id, word),
      ),
    );
    expect(all.map((r) => r.status).sort()).toEqual([201, 409, 409, 409]);
    const state = await stateOf(order.id);
    expect(state).toBe(words[all.findIndex((r) => r.status === 201)]);
    const events = service().from("order_events").select("state").eq("order_id", order.id);
    expect((await events).data?.map((e) => e.state)).toEqual(["placed", state]);
    expect(await stockOf(kitchen.dishes.Soup)).toBe(state === "accepted" ? stock : stock + 1);
  }
});

test("nothing is changed or deleted by hand, not by the secret key either", async () => {
  const order = await orderOf(kitchen);
  await cancel(kitchen.guest, order.id).throwOnError();
  const before = await everything();
  for (const db of [kitchen.guest.db, kitchen.staff.db, service()]) {
    for (const table of ["orders", "order_lines", "order_events", "cancellations", "quotes"]) {
      const column = table === "orders" || table === "quotes" ? "id" : "order_id";
      const value = table === "quotes" ? order.quote_id : order.id;
      const set = table === "order_lines" ? { name: "x" } : { user_id: stranger.id };
      const changed = await db.from(table).update(set).eq(column, value);
      expect(changed.error).not.toBeNull();
      expect((await db.from(table).delete().eq(column, value)).error?.code).toBe("42501");
    }
  }
  expect(await everything()).toBe(before);
});
