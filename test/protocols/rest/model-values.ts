// A plain model of PostgREST's answers, for comparison. Values: what PostgreSQL's documentation
// says of null, of order, of jsonb and of casts. It shares nothing with src.

/** A JSON value in a column or at a path; a JSON null is a value, SQL's NULL is `null`. */
export class Json {
  readonly json: unknown;

  constructor(json: unknown) {
    this.json = json;
  }
}

export type Value = string | number | boolean | Json | null;
export type Truth = boolean | null;
export type Kind = "uuid" | "text" | "integer" | "real" | "boolean" | "json" | "timestamp" | "date";

export interface Field {
  column: string;
  path?: (string | number)[];
  text?: boolean;
}

export type Row = Record<string, Value>;

const sign = (n: number) => (n < 0 ? -1 : n > 0 ? 1 : 0);

/** By code points: the collation "C". */
function compareTexts(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const d = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
    if (d !== 0) return sign(d);
  }
  return sign(x.length - y.length);
}

/** jsonb: Object > Array > Boolean > Number > String > Null. */
function rank(json: unknown): number {
  if (Array.isArray(json)) return 5;
  if (json === null) return 1;
  return { string: 2, number: 3, boolean: 4, object: 6 }[typeof json as string] ?? 7;
}

/** Below, at or above; of two containers only whether they are equal is known here. */
export function compare(a: Exclude<Value, null>, b: Exclude<Value, null>): number {
  if (a instanceof Json && b instanceof Json) {
    const d = rank(a.json) - rank(b.json);
    if (d !== 0) return sign(d);
    const same = JSON.stringify(a.json) === JSON.stringify(b.json);
    const plain = typeof a.json !== "object" || same;
    return plain && !same ? compare(a.json as string, b.json as string) : same ? 0 : Number.NaN;
  }
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  return sign(Number(a) - Number(b));
}

/** What `->` and `->>` find; a step that leads nowhere is NULL. */
export function at(value: Value, { path, text }: Pick<Field, "path" | "text">): Value {
  if (!path || value === null) return value;
  let inside: unknown = (value as Json).json;
  for (const step of path) {
    const list = Array.isArray(inside);
    if (typeof step === "number") inside = list ? (inside as unknown[]).at(step) : undefined;
    else inside = isObject(inside) && !list ? Reflect.get(inside, step) : undefined;
    if (inside === undefined) return null;
  }
  if (!text) return new Json(inside);
  if (inside === null) return null;
  return typeof inside === "string" ? inside : JSON.stringify(inside);
}

/** jsonb's containment, PostgreSQL 8.14.3. */
export function contains(whole: unknown, part: unknown, top = true): boolean {
  if (Array.isArray(whole)) {
    if (!Array.isArray(part)) return top && !isObject(part) && whole.includes(part);
    return part.every((p) => whole.some((w) => contains(w, p, false)));
  }
  if (!isObject(whole) || !isObject(part) || Array.isArray(part)) return whole === part;
  return Object.entries(part).every(
    ([key, p]) => key in whole && contains(Reflect.get(whole, key), p, false),
  );
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

export const not = (t: Truth): Truth => (t === null ? null : !t);

export function all(of: Truth[]): Truth {
  if (of.includes(false)) return false;
  return of.includes(null) ? null : true;
}

export const any = (of: Truth[]): Truth => not(all(of.map(not)));

/** Pairs of kinds that every value can be cast between, and how. */
export const casts: Partial<Record<Kind, Record<string, (value: never) => Value>>> = {
  integer: {
    text: String,
    float8: (n: number) => n,
    numeric: (n: number) => n,
    int: (n: number) => n,
    bool: (n: number) => n !== 0,
  },
  real: { int: (n: number) => Math.round(n), text: (n: number) => String(n) },
  boolean: { text: String, int: Number },
  text: { text: String, varchar: String },
  uuid: { text: String },
  date: { text: String, timestamptz: (d: string) => `${d}T00:00:00.000Z` },
  timestamp: { text: String, date: (t: string) => t.slice(0, 10) },
  json: {
    text: ({ json }: Json) => JSON.stringify(json),
    jsonb: (json: Json) => json,
  },
};

export const castKinds: Record<string, Kind> = {
  ...{ text: "text", varchar: "text", int: "integer", float8: "real", numeric: "real" },
  ...{ bool: "boolean", timestamptz: "timestamp", date: "date", jsonb: "json" },
};
