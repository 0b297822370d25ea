// What a GET or HEAD of a file answers with, by RFC 9110 §13 and §14.

export interface Representation {
  etag: string;
  /** Milliseconds; HTTP knows seconds. */
  modified: number;
  size: number;
}

export type Outcome =
  | { status: 200 }
  | { status: 206; offset: number; length: number }
  | { status: 304 | 412 | 416 };

/** Decides in the order of RFC 9110 §13.2.2. */
export function outcomeOf(method: string, headers: Headers, it: Representation): Outcome {
  const reads = method === "GET" || method === "HEAD";
  const modified_s = Math.floor(it.modified / 1000);
  const since = (name: string) => secondsOf(headers.get(name));
  const match = headers.get("if-match");
  const unmodified = since("if-unmodified-since");
  if (match !== null && !listed(match, it.etag, false)) return { status: 412 };
  if (match === null && unmodified !== undefined && modified_s > unmodified) return { status: 412 };
  const noneMatch = headers.get("if-none-match");
  const modified = reads ? since("if-modified-since") : undefined;
  if (noneMatch !== null && listed(noneMatch, it.etag, true)) return { status: reads ? 304 : 412 };
  if (noneMatch === null && modified !== undefined && modified_s <= modified)
    return { status: 304 };
  const range = headers.get("range");
  const ifRange = headers.get("if-range");
  // A date is no proof: two versions may lie within its second.
  const fresh = ifRange === null || ifRange.trim() === it.etag;
  if (method !== "GET" || range === null || !fresh) return { status: 200 };
  return rangeOf(range, it.size);
}

/** May this be written over, or be written where nothing is? */
export function isWritable(headers: Headers, it: Representation | undefined): boolean {
  return it ? outcomeOf("PUT", headers, it).status === 200 : !headers.has("if-match");
}

/** The three forms of RFC 9110 §5.6.7 begin with a day and end with GMT or, the oldest, a year. */
const HTTP_DATE = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d (?:GMT|\d{4})$/;

/** An HTTP-date in seconds; what is none is as if it were not there. */
function secondsOf(date: string | null): number | undefined {
  const ms = HTTP_DATE.test(date ?? "") ? Date.parse(date ?? "") : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

/** Is the ETag in the list? Weak ones are equal to strong ones only where that is asked. */
function listed(list: string, etag: string, weakly: boolean): boolean {
  if (list.trim() === "*") return true;
  const tags = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => (weakly ? tag.replace(/^W\//, "") : tag) === etag);
}

/** One range; several, and what is not a range of bytes, are answered with the whole. */
function rangeOf(range: string, size: number): Outcome {
  const [, first, last] = /^\s*bytes\s*=\s*(\d*)-(\d*)\s*$/i.exec(range) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === ""))
    return { status: 200 };
  if (first === "") return slice(Math.max(0, size - Number(last)), size - 1, size);
  if (last !== "" && Number(last) < Number(first)) return { status: 200 };
  return slice(Number(first), last === "" ? size - 1 : Math.min(Number(last), size - 1), size);
}

function slice(from: number, to: number, size: number): Outcome {
  if (from >= size || to < from) return { status: 416 };
  return { status: 206, offset: from, length: to - from + 1 };
}
