// How the story says numbers.
const count = new Intl.NumberFormat("en-GB");

/** An amount in minor units; how many make one is the currency's own matter. */
export function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat("en-GB", { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0));
}

export function metres(m: number): string {
  return m < 1000 ? `${m} m` : `${(m / 1000).toFixed(1)} km`;
}

export function minutes(min: number, max: number): string {
  return `${min}–${max} min`;
}

export function bytes(size: number): string {
  return size < 1000 ? `${size} B` : `${(size / 1000).toFixed(1)} kB`;
}

/** `1 row`, `1,200 rows`. */
export function many(n: number, one: string, more = `${one}s`): string {
  return `${count.format(n)} ${n === 1 ? one : more}`;
}
