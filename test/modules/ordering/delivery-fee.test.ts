import { expect, test } from "vitest";
import { deliveryFee } from "../../../src/modules/ordering/delivery-fee.ts";

test.each([
  ["at the door", 1000, 0, 80],
  ["at the end of the first band", 1000, 1000, 80],
  ["beyond it", 1000, 1001, 120],
  ["in the third", 1000, 5000, 160],
  ["far", 1000, 90_000, 200],
  ["for nothing", 0, 500, 0],
  ["below a half, down", 306, 0, 24],
  ["a half, up", 1250, 1001, 150],
  ["12.5 is 13", 125, 2501, 20],
  ["0.5 is 1", 25, 900, 2],
  ["of very much", 90_071_992_547_409, 0, 7_205_759_403_793],
])("%s", (_, items_minor, distance_m, fee) => {
  expect(deliveryFee(items_minor, distance_m)).toBe(fee);
});

test("never falls with the distance or the price, and is whole", () => {
  for (let items = 0; items < 400; items++) {
    for (let metres = 0; metres < 7000; metres += 250) {
      const fee = deliveryFee(items, metres);
      expect(Number.isInteger(fee)).toBe(true);
      expect(deliveryFee(items + 1, metres)).toBeGreaterThanOrEqual(fee);
      expect(deliveryFee(items, metres + 250)).toBeGreaterThanOrEqual(fee);
    }
  }
});
