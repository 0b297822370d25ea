const UNIT_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g;
/** A hundred years: longer than people mean, and still a date. */
const MAX_MS = 100 * 366 * 24 * 3_600_000;

/** Milliseconds of a duration as Go writes it (`1h30m`); null where it is none. */
export function parseDuration(text: unknown): number | null {
  if (typeof text !== "string" || text.length > 64 || !DURATION.test(text)) return null;
  let ms = 0;
  for (const [, n, unit] of text.matchAll(PART)) ms += Number(n) * (UNIT_MS[unit ?? ""] ?? 0);
  return Math.min(Math.round(ms), MAX_MS);
}
