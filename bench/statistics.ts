/** The value below which `share` of the others lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

/** Where the middle half lies, about the median. */
export interface Middle {
  median: number;
  low: number;
  high: number;
}

export function middle(values: readonly number[]): Middle {
  const [low, high] = [quantile(values, 0.25), quantile(values, 0.75)];
  return { median: median(values), low, high };
}

/** Between which the median lies, were there many more of them: in 95 of 100 cases. */
export function confidence(values: readonly number[]): [low: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const [middle, reach] = [(sorted.length - 1) / 2, 0.98 * Math.sqrt(sorted.length)];
  const at = (place: number) => sorted[Math.min(Math.max(place, 0), sorted.length - 1)];
  const [low, high] = [at(Math.floor(middle - reach)), at(Math.ceil(middle + reach))];
  return [low ?? Number.NaN, high ?? Number.NaN];
}

/** How far apart the middle half lies, as a part of the median: 0.1 is ten per cent. */
export function spread(values: readonly number[]): number {
  const { median, low, high } = middle(values);
  return (high - low) / median;
}
