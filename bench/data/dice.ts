// Numbers that look random and follow from a seed alone, so that every run loads the same rows.

export interface Dice {
  /** At least 0, less than 1. */
  roll(): number;
  below(n: number): number;
  of<T>(list: readonly T[]): T;
  /** Around 0, as measurements are: two thirds lie within 1. */
  bell(): number;
}

/** Mulberry32: 32 bits of state are plenty for rows. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    roll,
    below: (n) => Math.floor(roll() * n),
    of: <T>(list: readonly T[]) => list[Math.floor(roll() * list.length)] as T,
    bell: () => Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll()),
  };
}

/** What numbers nearby have nothing in common. */
export function scrambled(n: number): number {
  let t = Math.imul(n ^ (n >>> 16), 0x45d9f3b);
  t = Math.imul(t ^ (t >>> 16), 0x45d9f3b);
  return (t ^ (t >>> 16)) >>> 0;
}

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0").slice(-digits);

/** A UUIDv7 that follows from its kind and number: later numbers sort later, as they would. */
export function idOf(kind: number, n: number): string {
  const ms = hex(1_750_000_000_000 + n * 1000 + kind, 12);
  const [a, b] = [scrambled(n * 16 + kind), scrambled(n * 16 + kind + 0x5bd1e995)];
  const rest = `7${hex(kind, 1)}${hex(a, 2)}-8${hex(b, 3)}-${hex(a, 6)}${hex(b, 6)}`;
  return `${ms.slice(0, 8)}-${ms.slice(8)}-${rest}`;
}
