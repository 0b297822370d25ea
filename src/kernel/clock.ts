/** Where every "now" comes from, in milliseconds since 1970; tests replace it to move time. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A moment as it is stored and sent: `YYYY-MM-DDTHH:MM:SS.sssZ`. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Waits for some work, `limit` milliseconds at most; then throws, and the work goes on alone. */
export async function within<T>(limit: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limit} ms`)), limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
