// When a restaurant is open, in its own time zone.

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
}

/** The same openings on each of `days`. */
export function hoursOn(days: readonly Weekday[], ...openings: Opening[]): Hours {
  return { weekly: Object.fromEntries(days.map((day) => [day, openings])), exceptions: {} };
}
