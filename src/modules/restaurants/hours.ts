// When a restaurant is open, in its own time zone: the rule in JavaScript, and the same in SQL.
import { localMinuteAt } from "./clocks.ts";

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

/** From `opens` to `closes`, both `HH:MM`; `closes` at or before `opens` is on the next day. */
export interface Opening {
  opens: string;
  closes: string;
}

export interface Hours {
  /** A day that is absent is closed. */
  weekly: Partial<Record<Weekday, Opening[]>>;
  /** Dates (`YYYY-MM-DD`) that replace their weekday; an empty list is closed. */
  exceptions: Record<string, Opening[]>;
  /** Nobody has said: whether it is open is not known either. */
  unknown?: true;
}

const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

/** The same openings on each of `days`. */
export function hoursOn(days: readonly Weekday[], ...openings: Opening[]): Hours {
  return { weekly: Object.fromEntries(days.map((day) => [day, openings])), exceptions: {} };
}

/**
 * Is it open at a moment, in milliseconds since 1970? Null: not known. Hours are what staff wrote:
 * of those that make no sense, nothing is open.
 */
export function isOpenAt(
  hours: Hours,
  timeZone: string,
  pausedUntil: string | null,
  now: number,
): boolean | null {
  if (pausedUntil !== null && now < Date.parse(pausedUntil)) return false;
  const local = localMinuteAt(timeZone, now);
  if (local === null || hours.unknown === true) return null;
  const at = (minute: number) => new Date(minute * 60_000).toISOString();
  const clock = at(local).slice(11, 16);
  const openings = (day: number) => {
    const minute = local + day * 1440;
    // 1970 began on a Thursday.
    const weekday = weekdays[(Math.floor(minute / 1440) + 3) % 7] as Weekday; // of seven
    const special: unknown = hours.exceptions[at(minute).slice(0, 10)];
    const said: unknown = special === undefined ? hours.weekly[weekday] : special;
    return Array.isArray(said) ? said.filter(isOpening) : [];
  };
  const overnight = (o: Opening) => o.closes <= o.opens;
  return (
    openings(0).some((o) => o.opens <= clock && (o.closes > clock || overnight(o))) ||
    openings(-1).some((o) => overnight(o) && o.closes > clock)
  );
}

/** What hours must be and these are not; undefined of hours that make sense. */
export function amissOfHours(said: unknown): string | undefined {
  const { weekly, exceptions, unknown = true } = isObject(said) ? said : {};
  if (!isObject(weekly)) return "hours.weekly is an object of weekdays";
  if (!isObject(exceptions)) return "hours.exceptions is an object of dates";
  if (typeof unknown !== "boolean") return "hours.unknown is true, or is not there";
  const days: readonly string[] = weekdays;
  const noDay = Object.keys(weekly).find((day) => !days.includes(day));
  if (noDay !== undefined) return `the days of hours.weekly are ${days.join(", ")}`;
  const noDate = Object.keys(exceptions).find((day) => !isDate(day));
  if (noDate !== undefined) return "the days of hours.exceptions are dates, 2026-12-25";
  return amissOfOpenings("weekly", weekly) ?? amissOfOpenings("exceptions", exceptions);
}

function amissOfOpenings(part: string, byDay: Record<string, unknown>): string | undefined {
  for (const [day, openings] of Object.entries(byDay)) {
    const where = `hours.${part}.${day}`;
    if (!Array.isArray(openings)) return `${where} is a list of openings, empty where it is closed`;
    const at = openings.findIndex((opening) => !isOpening(opening));
    if (at >= 0) return `${where}[${at}] has opens and closes, times from 00:00 to 23:59`;
  }
  return undefined;
}

function isObject(said: unknown): said is Record<string, unknown> {
  return typeof said === "object" && said !== null && !Array.isArray(said);
}

function isDate(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00.000Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === day;
}

/** SQL of a zone's minutes since 1970 by its own clock; null where the zone is not known. */
export function localMinutes(zone: string, minute: string, offsets: string): string {
  // What is no zone's name might be a path, or break one.
  const named = `${zone} glob '[A-Z]*' and ${zone} not glob '*[^A-Za-z0-9_/+-]*'`;
  // A parameter is a real number, and minutes are divided as integers.
  return `cast(${minute}+case when ${named} then ${offsets}->>${zone} end as integer)`;
}

function isOpening(said: unknown): said is Opening {
  const { opens, closes } = (said ?? {}) as Partial<Opening>; // whatever it is
  return [opens, closes].every((time) => typeof time === "string" && TIME.test(time));
}

export interface Moment {
  /** Minutes since 1970 by the restaurant's clock. */
  local: string;
  /** The moment as timestamps are stored. */
  now: string;
}

/**
 * SQL of whether hours (JSON) say open at a local minute; null where that is not known. A pause
 * closes whatever they say.
 */
export function openAt(hours: string, paused_until: string, { local, now }: Moment): string {
  const openings = (day: number) => {
    const date = `date(${local}*60+${day * 86_400},'unixepoch')`;
    // 1970 began on a Thursday.
    const weekday = `'${JSON.stringify(weekdays)}'->>((${local}/1440+${day + 3})%7)`;
    return `coalesce(${hours}->'exceptions'->${date},${hours}->'weekly'->(${weekday}),'[]')`;
  };
  const overnight = (o: string) => `${o}->>'closes'<=${o}->>'opens'`;
  const time = (of: string) => `${of} glob '[0-2][0-9]:[0-5][0-9]' and ${of}<'24'`;
  const sound = (o: string) => `${time(`${o}->>'opens'`)} and ${time(`${o}->>'closes'`)}`;
  const today = (o: string) =>
    `(${o}->>'opens'<=clock and (${o}->>'closes'>clock or ${overnight(o)}) and ${sound(o)})`;
  const yesterday = (o: string) => `(${overnight(o)} and ${o}->>'closes'>clock and ${sound(o)})`;
  const clock = `strftime('%H:%M',${local}*60,'unixepoch')`;
  // The limit keeps SQLite from writing each of these out wherever it is named.
  const days = `${openings(0)} as today,${openings(-1)} as yesterday`;
  const day = `select ${days},${clock} as clock limit 1`;
  const open = `${some("today", today)} or ${some("yesterday", yesterday)}`;
  const unknown = `${local} is null or ${hours}->>'unknown'`;
  const said = `iif(${unknown},null,coalesce((select ${open} from (${day})),0))`;
  return `iif(${paused_until}>${now},0,${said})`;
}

/** One of a JSON list; json_each counts as rows read, so only long lists are taken apart by it. */
function some(list: string, meets: (opening: string) => string): string {
  const more = `exists(select 1 from json_each(${list}) o where ${meets(`${list}->o.key`)})`;
  const rest = `iif(json_array_length(${list})>2,${more},0)`;
  return `${meets(`${list}->0`)} or ${meets(`${list}->1`)} or ${rest}`;
}
