// Who, when and which: the small things every request carries.
import { describe, expect, test } from "vitest";
import { guest, isLoopback, principal, service } from "../../src/kernel/actor.ts";
import { iso, systemClock } from "../../src/kernel/clock.ts";
import { uuidv7 } from "../../src/kernel/id.ts";
import { anna } from "./fixture.ts";

describe("an actor", () => {
  test("files its writes under a name of its own", () => {
    expect([principal(anna), principal(service()), principal(guest("192.0.2.1"))]).toEqual([
      `user:${anna.id}`,
      "service",
      "anon:192.0.2.1",
    ]);
    expect(principal({ ...anna, session: "s", address: "elsewhere" })).toBe(principal(anna));
  });

  test("guests and the service have no id that a row could hold", () => {
    expect([guest("x").id, service().id, guest("x").session]).toEqual([null, null, null]);
  });
});

test("the machine itself has several names, and nobody else has them", () => {
  for (const host of ["localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
    expect(isLoopback(host), host).toBe(true);
  for (const host of [
    "",
    "local",
    "localhost.example",
    "127.0.0.1.example",
    "192.168.0.1",
    "[::2]",
  ])
    expect(isLoopback(host), host).toBe(false);
});

describe("an id", () => {
  test("is a UUIDv7 that holds its millisecond, and sorts by it", () => {
    const at = Date.parse("2026-11-20T10:00:00.123Z");
    const made = [at, at + 1, at + 2 ** 33, 0].map(uuidv7);
    for (const id of made)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(made.map((id) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16))).toEqual([
      at,
      at + 1,
      at + 2 ** 33,
      0,
    ]);
    expect([...made].sort()).toEqual([made[3], made[0], made[1], made[2]]);
  });

  test("is another one each time", () => {
    const made = Array.from({ length: 1000 }, () => uuidv7(1));
    expect(new Set(made).size).toBe(1000);
    // Each of its 74 random bits is a one about half of the time; 400 is six deviations off.
    const bits = (id: string) => {
      const digits = id.replaceAll("-", "").slice(13);
      const variant = Number.parseInt(digits[3] ?? "", 16) & 3;
      const random = BigInt(`0x${digits.slice(0, 3)}${digits.slice(4)}`);
      return variant.toString(2).padStart(2, "0") + random.toString(2).padStart(72, "0");
    };
    const ones = made
      .map(bits)
      .reduce<number[]>(
        (sums, text) => [...text].map((bit, i) => (sums[i] ?? 0) + Number(bit)),
        [],
      );
    expect(ones.length).toBe(74);
    expect(Math.min(...ones)).toBeGreaterThan(400);
    expect(Math.max(...ones)).toBeLessThan(600);
  });
});

test("a moment is UTC to the millisecond", () => {
  expect(iso(Date.parse("2026-11-20T10:00:00+01:00"))).toBe("2026-11-20T09:00:00.000Z");
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
});
