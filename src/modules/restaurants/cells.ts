// The surface of the Earth as a tree of cells. The root is all of it; a cell of depth d has four
// parts of depth d + 1, halves by longitude (x) and latitude (y). A place's number is its cell of
// the last depth with the bits of x and y interleaved, so that all places of one cell, of whatever
// depth, lie side by side in an index.

/** 2^20 cells around the Earth: 38 m by 19 m at the equator. */
export const depth = 20;
const side = 2 ** depth;

function x(lng: string): string {
  return `min(cast((${lng}+180)*${side}/360.0 as integer),${side - 1})`;
}

function y(lat: string): string {
  return `min(cast((${lat}+90)*${side}/180.0 as integer),${side - 1})`;
}

/** SQL of the number of a place. */
export function cellSql(lat: string, lng: string): string {
  const bits = Array.from({ length: depth }, (_, i) => [
    `((${x(lng)}>>${i}&1)<<${2 * i})`,
    `((${y(lat)}>>${i}&1)<<${2 * i + 1})`,
  ]);
  return either(bits.flat());
}

/** As a balanced tree: SQLite's expressions are at most 100 deep. */
function either(bits: string[]): string {
  if (bits.length === 1) return bits.join();
  const half = bits.length / 2;
  return `(${either(bits.slice(0, half))}|${either(bits.slice(half))})`;
}

/** The cell of the last depth in which a place lies, and its number. */
export function cellAt(lat: number, lng: number): { x: number; y: number; cell: number } {
  const at = {
    x: Math.min(Math.trunc(((lng + 180) * side) / 360), side - 1),
    y: Math.min(Math.trunc(((lat + 90) * side) / 180), side - 1),
  };
  let cell = 0;
  for (let i = 0; i < depth; i++) {
    cell += ((at.x >> i) & 1) * 4 ** i + ((at.y >> i) & 1) * 2 * 4 ** i;
  }
  return { ...at, cell };
}
