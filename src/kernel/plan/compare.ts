// Which value comes first, in SQL and in JavaScript: a property test holds the two equal.

/** SQL of what orders JSON texts as PostgreSQL orders jsonb: the type's rank, then the value. */
export function jsonOrder(sql: string): [rank: string, value: string] {
  const ranks = { null: 0, text: 1, integer: 2, real: 2, true: 3, false: 3, array: 4, object: 5 };
  const cases = Object.entries(ranks).map(([type, rank]) => `when '${type}' then ${rank}`);
  return [`(case json_type(${sql}) ${cases.join(" ")} end)`, `coalesce(${sql}->>'$',0)`];
}

/** SQLite's order under BINARY collation: numbers before text, text by code points. */
export function orderOf(left: string | number, right: string | number): number {
  if (typeof left === "number") return typeof right === "number" ? left - right : -1;
  return typeof right === "number" ? 1 : orderOfText(left, right);
}

/** PostgreSQL's order of jsonb, but for lists and objects, which are ordered by their texts. */
export function orderOfJson(left: string, right: string): number {
  const [a, b]: unknown[] = [JSON.parse(left), JSON.parse(right)];
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (typeof a === "object") return orderOfText(left, right);
  const [x, y] = [a, b].map((one) => (typeof one === "string" ? one : Number(one)));
  return orderOf(x ?? 0, y ?? 0);
}

function rankOf(json: unknown): number {
  if (json === null) return 0;
  if (typeof json === "object") return Array.isArray(json) ? 4 : 5;
  return ["string", "number", "boolean"].indexOf(typeof json) + 1;
}

function orderOfText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)];
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** UTF-16 units in the order of the code points they stand for: surrogates after U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
