// Distances on a sphere, as SQL and as numbers. A distance d is held as its haversine, sin²(d/2R),
// which grows with it; what bounds a cell may be less than the truth and is never more.

/** Metres: the mean radius of the Earth. */
export const radius = 6_371_008.8;
const rad = Math.PI / 180;

function haversine(lat: string, lng: string, cosines: string): string {
  const squared = (degrees: string) => `pow(sin((${degrees})*${rad / 2}),2)`;
  return `(${squared(lat)}+${cosines}*${squared(lng)})`;
}

/** Whole metres of a haversine. */
export function metres(h: string): string {
  return `cast(round(${2 * radius}*asin(min(1,sqrt(${h})))) as integer)`;
}

/** Whole metres between two places. */
export function distance(lat: number, lng: number, lat2: number, lng2: number): number {
  const squared = (degrees: number) => Math.sin(degrees * (rad / 2)) ** 2;
  const h = squared(lat2 - lat) + Math.cos(lat * rad) * Math.cos(lat2 * rad) * squared(lng2 - lng);
  return Math.round(2 * radius * Math.asin(Math.min(1, Math.sqrt(h))));
}

/** The haversine of a distance in metres. */
export function haversineOf(distance_m: number): number {
  return distance_m >= Math.PI * radius ? 1 : Math.sin(distance_m / (2 * radius)) ** 2;
}

/** A cell by the SQL of its x, y and depth. */
export interface Cell {
  x: string;
  y: string;
  d: string;
}

/** Degrees of a cell's edges. */
function edges({ x, y, d }: Cell) {
  const west = `(${x}*360.0/(1<<${d})-180)`;
  const south = `(${y}*180.0/(1<<${d})-90)`;
  const [width, height] = [`360.0/(1<<${d})`, `180.0/(1<<${d})`];
  return { west, south, width, east: `(${west}+${width})`, north: `(${south}+${height})` };
}

/** Between two places. */
export function between(lat: string, lng: string, lat2: string, lng2: string): string {
  const cosines = `cos(${lat}*${rad})*cos(${lat2}*${rad})`;
  return haversine(`${lat2}-${lat}`, `${lng2}-${lng}`, cosines);
}

/** From a place to the nearest point of a cell. */
export function toCell(lat: string, lng: string, cell: Cell): string {
  const { west, south, width, north } = edges(cell);
  // Around the Earth to the middle of the cell, less half its width.
  const gap = `max(0,180-abs(180-abs(${lng}-(${west}+${width}/2)))-${width}/2)`;
  // Of all latitudes of a cell, one of its edges is nearest to a pole, where degrees are short.
  const cosine = `max(0,min(cos(${south}*${rad}),cos(${north}*${rad})))`;
  return haversine(`max(0,${south}-${lat},${lat}-${north})`, gap, `cos(${lat}*${rad})*${cosine}`);
}

/** From a place inside a cell of depth 1 or more to the nearest point outside. */
export function outOfCell(lat: string, lng: string, cell: Cell): string {
  const { west, south, east, north } = edges(cell);
  const none = 9; // no haversine is above 1
  const parallel = (degrees: string) => `pow(sin((${degrees})*${rad / 2}),2)`;
  const below = `iif(${south}<=-90,${none},${parallel(`${lat}-${south}`)})`;
  const above = `iif(${north}>=90,${none},${parallel(`${north}-${lat}`)})`;
  const sine = `cos(${lat}*${rad})*sin(min(${lng}-${west},${east}-${lng})*${rad})`;
  return `min(${below},${above},(1-sqrt(max(0,1-pow(${sine},2))))/2)`;
}
