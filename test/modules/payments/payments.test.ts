import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createKernel } from "../../../src/kernel/kernel.ts";
import { modules } from "../../../src/modules/index.ts";
import { strict } from "../../kernel/database.ts";
import { mortal } from "../mortal.ts";
import { force, type Kitchen, later, orderOf, raw, stateOf } from "../ordering/kitchen.ts";
import { guest, type Person, person, service } from "../people.ts";
import {
  agrees,
  bookOf,
  cancel,
  everythingAtRest,
  openTill,
  pay,
  paymentsOf,
  refundsOf,
} from "./till.ts";

let kitchen: Kitchen;
let stranger: Person;

beforeAll(async () => {
  [kitchen, stranger] = await Promise.all([openTill(), person("stranger")]);
});

const order = () => orderOf(kitchen);
const payments = () => raw("select id, state, amount_minor, _v from payments order by id");

describe("a payment", () => {
  afterEach(() => agrees());

  test("takes what the order costs, and the order is paid", async () => {
    const one = await order();
    const { status, data } = await pay(kitchen.guest.db, one.id);
    expect(status).toBe(201);
    expect(data).toEqual([
      {
        id: expect.any(String),
        order_id: one.id,
        user_id: kitchen.guest.id,
        amount_minor: one.total_minor,
        currency: "GBP",
        state: "succeeded",
        decline_code: null,
        created_at: expect.any(String),
        settled_at: expect.any(String),
      },
    ]);
    expect(await stateOf(one.id)).toBe("paid");
    expect((await bookOf(one.id)).charges).toMatchObject([
      { key: data?.[0]?.id, amount_minor: one.total_minor, currency: "GBP", asked: 1 },
    ]);
    const events = kitchen.staff.db.from("order_events").select("state, mover");
    expect((await events.eq("order_id", one.id)).data).toEqual([
      { state: "placed", mover: "customer" },
      { state: "paid", mover: "system" },
    ]);
  });

  test.each([
    ["sandbox_declined", "card_declined"],
    ["tok_of_somebody_else", "invalid_token"],
  ])("by %s is declined: %s, and another may follow", async (token, decline_code) => {
    const one = await order();
    const { status, data } = await pay(kitchen.guest.db, one.id, token);
    expect([status, data]).toMatchObject([201, [{ state: "declined", decline_code }]]);
    expect(await stateOf(one.id)).toBe("placed");
    expect((await pay(kitchen.guest.db, one.id)).data).toMatchObject([{ state: "succeeded" }]);
    expect((await paymentsOf(one.id)).map(({ state }) => state)).toEqual(["declined", "succeeded"]);
  });

  test("whose first answer is lost is asked for again by its key, and taken once", async () => {
    const one = await order();
    const { data } = await pay(kitchen.guest.db, one.id, "sandbox_lost_response");
    expect(data).toMatchObject([{ state: "succeeded" }]);
    expect((await bookOf(one.id)).charges).toMatchObject([{ asked: 2 }]);
  });

  test("leaves no token behind", async () => {
    for (const token of [`sandbox_${crypto.randomUUID()}`, "sandbox_lost_response"]) {
      const one = await order();
      await pay(kitchen.guest.db, one.id, token).throwOnError();
      expect(await everythingAtRest()).not.toContain(token);
    }
  });

  test("repeated with its key is answered as it was, and taken once", async () => {
    const one = await order();
    const keyed = () => pay(kitchen.guest.db, one.id).setHeader("Idempotency-Key", one.id);
    const first = await keyed();
    const again = await keyed();
    expect(again.data).toEqual(first.data);
    expect(first.data).toMatchObject([{ state: "succeeded" }]);
    expect(await paymentsOf(one.id)).toHaveLength(1);
  });

  test("takes five trips, and two for each who listens", async () => {
    const one = await order();
    const worker = mortal();
    const token = (await kitchen.guest.db.auth.getSession()).data.session?.access_token ?? "";
    await pay(worker.as(token), one.id).throwOnError();
    await worker.settled();
    // It reads (and whether the session lives), is pending, is in the book, reads, is settled.
    const own = ["D1 batch", "D1 batch", "D1 batch", "D1 read", "D1 batch"];
    expect(worker.taken.slice(0, 5)).toEqual(own);
    // One listener need not look; the other looks whether the order has ended.
    expect(worker.taken).toHaveLength(5 + 2 + 3);
  });

  test("of an order by fifty at once is one charge", async () => {
    const one = await order();
    const all = await Promise.all(Array.from({ length: 50 }, () => pay(kitchen.guest.db, one.id)));
    const codes = all.map(({ status, error }) => error?.code ?? status);
    expect(codes.filter((code) => code === 201)).toHaveLength(1);
    const refused = codes.filter((code) => code !== 201);
    expect(refused).toHaveLength(49);
    for (const code of refused) expect(["payment_in_progress", "already_paid"]).toContain(code);
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([201, 409]));
    expect((await bookOf(one.id)).charges).toMatchObject([{ asked: 1 }]);
    expect(await paymentsOf(one.id)).toHaveLength(1);
  });
});

describe("is refused, and changes nothing,", () => {
  let before: unknown;
  const unchanged = async (work: () => Promise<unknown>) => {
    before = [await payments(), await raw("select * from payments__sandbox_charges")];
    await work();
    expect([await payments(), await raw("select * from payments__sandbox_charges")]).toEqual(
      before,
    );
  };
  const told = async (answer: ReturnType<typeof pay>) => {
    const { status, error } = await answer;
    return [status, error?.code];
  };

  test("to everybody but the customer", async () => {
    const one = await order();
    await unchanged(async () => {
      expect(await told(pay(guest(), one.id))).toEqual([401, "42501"]);
      for (const db of [stranger.db, kitchen.staff.db, service()])
        expect(await told(pay(db, one.id))).toEqual([403, "42501"]);
    });
    expect(await stateOf(one.id)).toBe("placed");
    const worker = mortal();
    const asked = pay(worker.as(env.VTB_PUBLISHABLE_KEY), one.id);
    expect([await told(asked), worker.taken]).toEqual([[401, "42501"], []]);
  });

  test("when the order is paid, or does not wait to be", async () => {
    const paid = await order();
    await pay(kitchen.guest.db, paid.id).throwOnError();
    await unchanged(async () => {
      expect(await told(pay(kitchen.guest.db, paid.id))).toEqual([409, "already_paid"]);
    });
    for (const state of ["accepted", "delivered", "cancelled", "rejected", "expired"]) {
      const one = await order();
      await force(one.id, state);
      await unchanged(async () => {
        expect(await told(pay(kitchen.guest.db, one.id))).toEqual([409, "order_not_payable"]);
      });
      await force(one.id, "placed");
    }
    const late = await order();
    await raw("update orders set pay_by = '2020-01-01T00:00:00.000Z' where id = ?", late.id);
    await unchanged(async () => {
      expect(await told(pay(kitchen.guest.db, late.id))).toEqual([409, "order_not_payable"]);
    });
  });

  test("for a token that is none, no order, or an amount of the client's own", async () => {
    const one = await order();
    const rows = kitchen.guest.db.from("payments");
    await unchanged(async () => {
      for (const token of [undefined, null, 7, "", "x".repeat(256), ["sandbox_ok"]]) {
        const { status, error } = await rows.insert({ order_id: one.id, token });
        expect([status, error?.code]).toEqual([400, "card_token_invalid"]);
      }
      const token = "sandbox_ok";
      expect((await rows.insert({ token })).error?.code).toBe("23502");
      expect(await told(pay(kitchen.guest.db, crypto.randomUUID()))).toEqual([403, "42501"]);
      for (const own of [{ amount_minor: 1 }, { state: "succeeded" }, { user_id: stranger.id }]) {
        const { error } = await rows.insert({ order_id: one.id, token, ...own });
        expect(error?.code).toBe("428C9");
      }
      for (const hidden of [{ card_token: "x" }, { claim: one.id }]) {
        const { error } = await rows.insert({ order_id: one.id, token, ...hidden });
        expect(error?.code).toBe("PGRST204");
      }
    });
    expect(await stateOf(one.id)).toBe("placed");
  });

  test("where no card network is set up, and pending ones wait for it", async () => {
    const one = await order();
    const token = (await kitchen.guest.db.auth.getSession()).data.session?.access_token ?? "";
    for (const CARD_NETWORK of ["", "toString", "stripe"]) {
      const without = mortal(undefined, { CARD_NETWORK });
      await unchanged(async () => {
        expect(await told(pay(without.as(token), one.id))).toEqual([503, "payments_unavailable"]);
      });
    }
  });

  test("while another is under way", async () => {
    const one = await order();
    await raw(
      `insert into payments(id, order_id, user_id, amount_minor, currency, card_token, claim,
       created_at) values(?1, ?2, ?3, ?4, 'GBP', 'sandbox_ok', ?2, '2026-01-01T00:00:00.000Z')`,
      crypto.randomUUID(),
      one.id,
      kitchen.guest.id,
      one.total_minor,
    );
    await unchanged(async () => {
      expect(await told(pay(kitchen.guest.db, one.id))).toEqual([409, "payment_in_progress"]);
    });
    await later(1).sweep();
    expect(await told(pay(kitchen.guest.db, one.id))).toEqual([409, "already_paid"]);
    expect(await stateOf(one.id)).toBe("paid");
    await agrees();
  });
});

describe("a refund", () => {
  const seen = async (db = kitchen.guest.db, order_id: string) => {
    const rows = db.from("refunds").select("order_id, amount_minor, currency, state, reason");
    return (await rows.eq("order_id", order_id)).data;
  };
  const paid = async () => {
    const one = await order();
    await pay(kitchen.guest.db, one.id).throwOnError();
    return one;
  };
  afterEach(() => agrees());

  test.each([
    ["the customer cancels", "cancelled", (id: string) => cancel(kitchen.guest.db, id)],
    ["the restaurant cancels", "cancelled", (id: string) => cancel(kitchen.staff.db, id)],
    [
      "the restaurant rejects",
      "rejected",
      (order_id: string) =>
        kitchen.staff.db.from("order_events").insert({ order_id, state: "rejected" }),
    ],
  ])("is there by the time the answer is, when %s", async (_, state, end) => {
    const one = await paid();
    expect((await end(one.id)).error).toBeNull();
    expect(await seen(undefined, one.id)).toEqual([
      {
        order_id: one.id,
        amount_minor: one.total_minor,
        currency: "GBP",
        state: "succeeded",
        reason: `order_${state}`,
      },
    ]);
    const { refunds } = await bookOf(one.id);
    expect(refunds).toMatchObject([{ amount_minor: one.total_minor, asked: 1 }]);
  });

  test("is not for an order that was not paid, or is still cooked", async () => {
    const unpaid = await order();
    await cancel(kitchen.guest.db, unpaid.id).throwOnError();
    expect(await refundsOf(unpaid.id)).toEqual([]);
    const declined = await order();
    await pay(kitchen.guest.db, declined.id, "sandbox_declined").throwOnError();
    await cancel(kitchen.guest.db, declined.id).throwOnError();
    expect(await refundsOf(declined.id)).toEqual([]);
    const cooked = await paid();
    const tell = kitchen.staff.db.from("order_events");
    for (const state of ["accepted", "preparing", "ready", "picked_up", "delivered"])
      await tell.insert({ order_id: cooked.id, state }).throwOnError();
    expect(await refundsOf(cooked.id)).toEqual([]);
  });

  test("R-B2 is given once, however often the order is cancelled", async () => {
    const one = await paid();
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        cancel((i % 2 ? kitchen.staff : kitchen.guest).db, one.id),
      ),
    );
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await refundsOf(one.id)).toHaveLength(1);
    await later(60).sweep();
    expect(await refundsOf(one.id)).toMatchObject([{ state: "succeeded", _v: 2 }]);
  });

  test("R-B4 is given for a payment that comes when the order has expired", async () => {
    const one = await order();
    const log = vi.spyOn(console, "error").mockImplementation(() => {}); // of the fault
    const worker = mortal({ step: 3, when: "before", dead: true });
    const token = (await kitchen.guest.db.auth.getSession()).data.session?.access_token ?? "";
    expect((await pay(worker.as(token), one.id)).error).not.toBeNull();
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
    await force(one.id, "expired");
    await raw("update orders set pay_by = null where id = ?", one.id);
    await raw("update menu_items set stock = stock + 1 where id = ?", kitchen.dishes.Soup);
    await later(0).sweep(); // tells that the order has ended, when nothing was paid yet
    expect(await paymentsOf(one.id)).toMatchObject([{ state: "pending" }]);
    await later(1).sweep();
    expect(await stateOf(one.id)).toBe("expired");
    expect(await paymentsOf(one.id)).toMatchObject([{ state: "succeeded" }]);
    expect(await seen(undefined, one.id)).toMatchObject([
      { state: "succeeded", reason: "order_expired", amount_minor: one.total_minor },
    ]);
  });

  test("R-B7 is seen by the payer alone, as the payment is", async () => {
    const one = await paid();
    await cancel(kitchen.guest.db, one.id).throwOnError();
    for (const table of ["payments", "refunds"]) {
      const rows = async (db = kitchen.guest.db) =>
        (await db.from(table).select("*").eq("order_id", one.id)).data ?? [];
      expect(await rows()).toHaveLength(1);
      expect(await rows(service())).toHaveLength(1);
      for (const db of [kitchen.staff.db, stranger.db, guest()]) expect(await rows(db)).toEqual([]);
      const embedded = await kitchen.staff.db
        .from("orders")
        .select(`id, ${table}(*)`)
        .eq("id", one.id);
      expect(embedded.data).toEqual([{ id: one.id, [table]: [] }]);
    }
  });

  test("and a payment are written by nobody's hand", async () => {
    const one = await paid();
    await cancel(kitchen.guest.db, one.id).throwOnError();
    for (const db of [kitchen.guest.db, kitchen.staff.db, service()]) {
      for (const table of ["payments", "refunds"]) {
        const of = db.from(table);
        const set = { order_id: one.id };
        expect((await of.update(set).eq("order_id", one.id)).error).not.toBeNull();
        expect((await of.delete().eq("order_id", one.id)).error?.code).toBe("42501");
      }
      const row = { order_id: one.id, payment_id: crypto.randomUUID() };
      expect((await db.from("refunds").insert(row)).error?.code).toMatch(/42501|428C9/);
      expect((await db.from("sandbox_charges").select()).error?.code).toBe("PGRST205");
    }
  });
});

test("money is found by indexes", async () => {
  const counted = strict(env.DB);
  const { limiter: _, ...config } = readConfig(env);
  const kernel = createKernel({ modules, ...config, db: counted.db, clock: systemClock });
  await kernel.sweep();
  const looks = counted.statements.filter(({ sql }) => /from "?(payments|refunds)"?/.test(sql));
  expect(looks).toHaveLength(2);
  for (const { sql, params } of looks) {
    const plan = await raw<{ detail: string }>(`explain query plan ${sql}`, ...params);
    const steps = plan.map(({ detail }) => detail).join("\n");
    expect(steps).toMatch(/SEARCH \w+ USING INDEX \w+_state_created_at/);
    expect(steps).not.toMatch(/SCAN (payments|refunds)/);
  }
});
