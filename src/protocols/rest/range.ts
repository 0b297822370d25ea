// Which rows of all: from Range, limit and offset to a window, and from a window to Content-Range.
import { Refusal } from "../../kernel/errors.ts";

export interface Window {
  offset: number;
  limit?: number;
}

/** What `Range: 10-19` (both ends included) and limit/offset have in common. */
export function windowOf(range: string | null, limit?: number, offset = 0): Window {
  const [, from, to] = /^(?:items=)?(\d{1,15})-(\d{0,15})$/.exec(range?.trim() ?? "") ?? [];
  const first = Math.max(offset, Number(from ?? 0));
  const last = to ? Number(to) : Number.POSITIVE_INFINITY;
  if (from !== undefined && last < Number(from)) {
    const reason = "The lower boundary of the Range header is above its upper boundary.";
    throw new Refusal("PGRST103", { reason });
  }
  const end = Math.min(offset + (limit ?? Number.POSITIVE_INFINITY), last + 1);
  return end === Number.POSITIVE_INFINITY
    ? { offset: first }
    : { offset: first, limit: Math.max(0, end - first) };
}

/** `0-24/573`; `*` for no rows, and for a total that nobody asked for. */
export function contentRange(offset: number, rows: number, total?: number): string {
  const span = rows === 0 ? "*" : `${offset}-${offset + rows - 1}`;
  return `${span}/${total ?? "*"}`;
}

/** 206 when the total is known to be more than was sent; refuses a window behind the end. */
export function rangeStatus(offset: number, rows: number, total?: number): 200 | 206 {
  if (total === undefined) return 200;
  if (offset > total) {
    const reason = `An offset of ${offset} was requested, but there are only ${total} rows.`;
    throw new Refusal("PGRST103", { reason });
  }
  return rows < total ? 206 : 200;
}
