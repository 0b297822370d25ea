// What time it is everywhere. Offsets come from Intl; asking all zones takes some 50 ms of CPU, so
// the answer is kept for as long as no clock anywhere changes.
import { zones } from "./zones.ts";

const minute_ms = 60_000;
const quarter_ms = 15 * minute_ms;
const day_ms = 24 * 60 * minute_ms;

interface Clocks {
  from: number;
  until: number;
  /** Minutes ahead of UTC by zone, as JSON text. */
  offsets: string;
}

let known: Clocks | undefined;

/** Minutes ahead of UTC, by zone, as JSON text. */
export function offsetsAt(now: number): string {
  if (!known || now < known.from || now >= known.until) known = readClocks(now);
  return known.offsets;
}

function readClocks(now: number): Clocks {
  // Clocks change at quarters of an hour: one that agrees with tomorrow's does not until then.
  const from = Math.floor(now / quarter_ms) * quarter_ms;
  const offsets: Record<string, number> = {};
  let until = from + day_ms;
  for (const zone of zones()) {
    const offset = offsetIn(zone);
    offsets[zone] = offset(from);
    if (offset(from + day_ms) !== offsets[zone]) until = from + quarter_ms;
  }
  return { from, until, offsets: JSON.stringify(offsets) };
}

let names: Set<string> | undefined;

/** Is it a zone whose clock is known? */
export function isZone(timeZone: unknown): boolean {
  names ??= new Set<string>(zones());
  return names.has(timeZone as string); // what is no text is no name either
}

/** Minutes since 1970 by a zone's clock; null where the zone is not known. */
export function localMinuteAt(timeZone: string, now: number): number | null {
  return isZone(timeZone) ? Math.floor(now / minute_ms) + offsetAt(timeZone, now) : null;
}

/** Of each zone, which quarter of an hour was asked about last, and its offset then. */
const asked = new Map<string, { quarter: number; offset: number }>();

/** Asking Intl takes a third of a millisecond, and no clock changes within a quarter. */
function offsetAt(timeZone: string, now: number): number {
  const quarter = Math.floor(now / quarter_ms);
  const last = asked.get(timeZone);
  if (last?.quarter === quarter) return last.offset;
  const offset = offsetIn(timeZone)(quarter * quarter_ms);
  asked.set(timeZone, { quarter, offset });
  return offset;
}

/** What a restaurant's zone must be and this one is not. */
export function amissOfZone(timeZone: unknown): string | undefined {
  return isZone(timeZone)
    ? undefined
    : "time_zone is a name of the IANA database, as Europe/London is";
}

/** The hour (0 to 23) by a zone's clock; null where the zone is not known. */
export function hourAt(timeZone: string, now: number): number | null {
  const minute = localMinuteAt(timeZone, now);
  return minute === null ? null : Math.floor(minute / 60) % 24;
}

/** A zone's minutes ahead of UTC at a moment. */
export function offsetIn(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  return (at) => {
    const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(format.format(at)) ?? [];
    return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
  };
}
