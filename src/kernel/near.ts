// Names that may have been meant.

/** "Perhaps you meant …", when a known name is close enough for the given one to be a slip. */
export function near(name: string, known: string[]): string | undefined {
  const [close] = known
    .map((other) => ({ other, distance: distance(name, other) }))
    .filter((k) => k.distance <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return close && `Perhaps you meant '${close.other}'`;
}

/** Levenshtein distance; both names are short. */
function distance(a: string, b: string): number {
  if (a.length > 63) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
