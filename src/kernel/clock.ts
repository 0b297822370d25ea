/** Where every "now" comes from, in milliseconds since 1970; tests replace it to move time. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A moment as it is stored and sent: `YYYY-MM-DDTHH:MM:SS.sssZ`. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
