// OpenStreetMap's opening_hours to our hours. What repeats by weekday is the week; days of the
// coming year that differ (holidays, seasons) are exceptions.
import OpeningHours from "opening_hours";
import {
  type Hours,
  type Opening,
  type Weekday,
  weekdays,
} from "../src/modules/restaurants/hours.ts";

const day_ms = 86_400_000;
const days = 365;
/** More exceptions than these are no week with exceptions. */
const maxExceptions = 150;

/** What OpenStreetMap lets a tag hold; the library takes very long over more. */
const maxText = 255;

/** Where a place is, as holidays need it. */
export interface Where {
  lat: number;
  lng: number;
  /** ISO 3166, two letters. */
  country: string;
}

export type ReadHours = { hours: Hours; remark?: string } | { reason: string };

/**
 * The hours that a text says from `today` (`YYYY-MM-DD`) on. The library reckons in the process's
 * time zone, so that must be one without summer time: import.ts sets UTC.
 */
export function readHours(text: string, where: Where, today: string): ReadHours {
  if (text.length > maxText) return { reason: "opening_hours too long" };
  const whole = parse(text, where);
  // Holidays of some countries differ by region, which a place seldom tells.
  const parsed = whole ?? parse(withoutHolidays(text), where);
  if (!parsed) return { reason: "opening_hours not understood" };
  const start = Date.parse(`${today}T00:00:00.000Z`);
  const span = parsed.isWeekStable() ? 7 : days;
  const byDate = openingsByDate(parsed, start, span);
  if (byDate === null) return { reason: "opening_hours say unknown or by appointment" };
  const hours: Hours = { weekly: {}, exceptions: {} };
  for (const day of weekdays) {
    const usual = mostCommon([...byDate].filter(([date]) => weekdayOf(date) === day));
    if (usual.length > 0) hours.weekly[day] = usual;
  }
  for (const [date, openings] of byDate) {
    const usual = hours.weekly[weekdayOf(date)] ?? [];
    if (JSON.stringify(openings) !== JSON.stringify(usual)) hours.exceptions[date] = openings;
  }
  if (Object.keys(hours.exceptions).length > maxExceptions)
    return { reason: "opening_hours follow no week" };
  return whole ? { hours } : { hours, remark: "holidays in opening_hours left out" };
}

function parse(text: string, { lat, lng, country }: Where): OpeningHours | undefined {
  const { error } = console;
  console.error = () => {}; // the library tells there what it throws as well
  try {
    const address = { country_code: country.toLowerCase(), state: "" };
    const parsed = new OpeningHours(text, { lat, lon: lng, address });
    parsed.getOpenIntervals(new Date(0), new Date(day_ms)); // unknown holidays throw when asked
    return parsed;
  } catch {
    return undefined;
  } finally {
    console.error = error;
  }
}

/** Without rules for public and school holidays alone, and without them in lists of days. */
function withoutHolidays(text: string): string {
  const rules = text.split(";").filter((rule) => !/^\s*(?:PH|SH)\b/.test(rule));
  return rules.join(";").replace(/,\s*(?:PH|SH)\b/g, "");
}

/** Openings by the date they begin on; null where any of them is uncertain. */
function openingsByDate(parsed: OpeningHours, start: number, span: number) {
  const byDate = new Map<string, Opening[]>();
  for (let n = 0; n < span; n++) byDate.set(dateOf(start + n * day_ms), []);
  const end = start + span * day_ms;
  const intervals = parsed.getOpenIntervals(new Date(start - day_ms), new Date(end + day_ms));
  for (const [from, to, unknown] of intervals) {
    if (unknown) return null;
    for (let at = from.getTime(); at < to.getTime(); ) {
      // Longer than a day: one opening until each midnight.
      const whole = to.getTime() - at <= day_ms;
      const until = whole ? to.getTime() : (Math.floor(at / day_ms) + 1) * day_ms;
      byDate.get(dateOf(at))?.push({ opens: clockOf(at), closes: clockOf(until) });
      at = until;
    }
  }
  return byDate;
}

function mostCommon(list: [string, Opening[]][]): Opening[] {
  const counts = new Map<string, number>();
  for (const [, openings] of list) {
    const key = JSON.stringify(openings);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const [first] = [...counts].sort((a, b) => b[1] - a[1]);
  return first ? (JSON.parse(first[0]) as Opening[]) : [];
}

const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);
const clockOf = (at: number) => new Date(at).toISOString().slice(11, 16);
// There are seven, and each has a name.
const weekdayOf = (date: string) => weekdays[(new Date(date).getUTCDay() + 6) % 7] as Weekday;
