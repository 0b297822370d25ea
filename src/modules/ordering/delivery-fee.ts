// What delivery costs: a share of the dishes' price that grows with the distance. A share is right
// in every currency, where a fixed sum would need a table of them.

/** Up to so many metres, so many hundredths; further costs what the last band costs. */
const bands = [
  { up_to_m: 1_000, percent: 8 },
  { up_to_m: 2_500, percent: 12 },
  { up_to_m: 5_000, percent: 16 },
];
const furtherPercent = 20;

export function deliveryFee(items_minor: number, distance_m: number): number {
  const band = bands.find(({ up_to_m }) => distance_m <= up_to_m);
  return rounded((items_minor * (band?.percent ?? furtherPercent)) / 100);
}

/** The one rounding of money: to the nearest minor unit, a half goes up. */
function rounded(minor: number): number {
  return Math.floor(minor + 0.5);
}
