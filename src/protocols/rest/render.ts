// An answer becomes a response: status, headers, and the rows as they came from the database.
import type { Actor } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Answer } from "../../kernel/execute.ts";
import type { Explained } from "../../kernel/explain.ts";
import type { Shape } from "../../kernel/intent.ts";
import { hasAlready } from "./conditional.ts";
import type { Parsed } from "./parse.ts";
import type { Batch } from "./parse-batch.ts";
import { planJson, planText } from "./plan-text.ts";
import { appliedPreferences, type Preference } from "./prefer.ts";
import { contentRange, rangeStatus } from "./range.ts";
import { csvOf, withoutNulls } from "./rows.ts";

const VARY = "Accept, Accept-Profile, Authorization, apikey, Prefer, Range";

const APPLIED: Record<Shape["verb"], Preference[]> = {
  read: ["count", "handling"],
  // A function changes nothing: there is nothing to commit, and a dry run is as good as a run.
  call: ["return", "count", "tx", "handling", "max-affected"],
  insert: ["resolution", "missing", "return", "count", "tx", "handling"],
  update: ["return", "count", "tx", "handling", "max-affected"],
  delete: ["return", "count", "tx", "handling", "max-affected"],
};

export function render(
  answer: Answer & { bookmark?: string },
  parsed: Parsed,
  actor: Actor,
): Response {
  const { shape } = parsed.intent;
  // All headers are set as the answer is made: each by itself crosses into the runtime.
  const headers: Record<string, string> = {
    Vary: VARY,
    "Cache-Control": shape.verb === "read" && actor.role === "anon" ? "no-cache" : "no-store",
  };
  if (answer.bookmark) headers["x-d1-bookmark"] = answer.bookmark;
  if (shape.schema !== undefined) headers["Content-Profile"] = shape.schema;
  if (answer.rowsRead !== undefined) headers["Server-Timing"] = rowsTold(answer.rowsRead);
  if (answer.version !== undefined) headers.ETag = `"${answer.version}"`;
  if (unchanged(answer, parsed)) return new Response(null, { status: 304, headers });

  const status = statusOf(answer, parsed);
  headers["Content-Range"] = rangeOf(answer, parsed);
  const preferences = APPLIED[shape.verb].filter(
    (p) => p !== "count" || answer.total !== undefined,
  );
  const applied = appliedPreferences(parsed.prefer, preferences);
  if (applied) headers["Preference-Applied"] = applied;
  if (answer.replayed) headers["Idempotent-Replayed"] = "true";
  const location = locationOf(answer, parsed);
  if (location) headers.Location = location;
  if (answer.next !== undefined) headers.Link = nextLink(parsed, answer.next);
  if (!hasBody(parsed)) return new Response(null, { status, headers });

  const body = bodyOf(answer, parsed);
  headers["Content-Type"] = typeOf(answer, parsed);
  return new Response(parsed.request.method === "HEAD" ? null : body, { status, headers });
}

/** A browser shows it beside the request: many rows for few mean that an index is missing. */
const rowsTold = (n: number) => `d1;desc="${n} rows read"`;

const TOLD = ["content-range", "etag", "location", "preference-applied"];

/** The answer of each request of a batch, as it would be answered alone. */
export async function renderBatch(answers: Answer[], batch: Batch, actor: Actor) {
  const responses = answers.map(async (answer, i) => {
    const { headers, status, body } = renderedStep(answer, batch.parsed[i], actor);
    const told = TOLD.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : []));
    const head = { id: batch.steps[i]?.name, status, headers: Object.fromEntries(told) };
    const text = JSON.stringify(head);
    return body === null ? text : `${text.slice(0, -1)},"body":${await new Response(body).text()}}`;
  });
  const headers = new Headers({ Vary: VARY, "Cache-Control": "no-store" });
  headers.set("Content-Type", "application/json; charset=utf-8");
  const [first] = answers;
  if (first?.bookmark) headers.set("x-d1-bookmark", first.bookmark);
  if (first?.replayed) headers.set("Idempotent-Replayed", "true");
  const applied = appliedPreferences(batch.prefer, ["tx", "handling"]);
  if (applied) headers.set("Preference-Applied", applied);
  const body = `{"responses":[${(await Promise.all(responses)).join(",")}]}`;
  return new Response(body, { headers });
}

function renderedStep(answer: Answer, parsed: Parsed | undefined, actor: Actor): Response {
  if (!parsed) throw new Error("each answer is of a step that was read");
  return render(answer, parsed, actor);
}

/** The plan of what was asked, instead of its answer. */
export function renderPlan(explained: Explained[], { wanted }: Parsed): Response {
  const body = wanted.form === "plan+json" ? planJson(explained) : planText(explained);
  const headers = { Vary: VARY, "Cache-Control": "no-store", "Content-Type": wanted.type };
  return new Response(body, { headers });
}

function hasBody({ intent: { shape }, prefer }: Parsed): boolean {
  if (shape.verb === "read") return true;
  if (shape.verb === "call") return prefer.return !== "minimal";
  return shape.answer === "representation";
}

/** A URL's path, the question up to its cursor, and what is behind it. */
const CURSOR = /^[^/]*\/\/[^/]*(\/[^?#]*\?(?:[^#]*&)?cursor=)[^&#]*([^#]*)/;

/** The same question, about the page behind the cursor, which a URL holds as it is. */
function nextLink({ request }: Parsed, cursor: string): string {
  const [, before, behind] = CURSOR.exec(request.url) ?? [];
  if (before !== undefined) return `<${before}${cursor}${behind}>; rel="next"`;
  const { pathname, searchParams } = new URL(request.url); // it was spelled in another way
  searchParams.set("cursor", cursor);
  return `<${pathname}?${searchParams}>; rel="next"`;
}

/** For writes the kernel knows the number of rows anyway; it is said only to who asks. */
function totalOf(answer: Answer, { intent: { shape } }: Parsed): number | undefined {
  return shape.count ? answer.total : undefined;
}

function statusOf(answer: Answer, parsed: Parsed): number {
  const { shape } = parsed.intent;
  if (shape.verb === "read" || shape.verb === "call") {
    const status = rangeStatus(parsed.offset, answer.rows.length, totalOf(answer, parsed));
    return hasBody(parsed) ? status : 204;
  }
  if (shape.verb === "insert") {
    if (!shape.conflict || answer.created !== false) return 201;
    if (parsed.request.method === "POST") return 200;
  }
  return hasBody(parsed) ? 200 : 204;
}

function rangeOf(answer: Answer, parsed: Parsed): string {
  const { shape } = parsed.intent;
  const { verb } = shape;
  const total = totalOf(answer, parsed);
  // A cursor does not say how many rows lie before its page.
  if ("query" in shape && shape.query.cursor) return contentRange(0, 0, total);
  if (verb === "insert" || verb === "delete") return contentRange(0, 0, total);
  if (verb === "update") return contentRange(0, answer.total ?? answer.rows.length, total);
  return contentRange(parsed.offset, answer.rows.length, total);
}

/** A value that is no row is JSON whoever asks, unless it was asked for in a table. */
function typeOf({ scalar }: Answer, { wanted: { form, type } }: Parsed): string {
  return scalar && form !== "csv" ? "application/json; charset=utf-8" : type;
}

function bodyOf(answer: Answer, { wanted: { form, stripped } }: Parsed): string {
  const rows = stripped ? answer.rows.map(withoutNulls) : answer.rows;
  if (form === "csv") return csvOf(rows);
  if (answer.scalar) return rows[0] ?? "null";
  if (form === "geojson") return `{"type":"FeatureCollection","features":[${rows.join(",")}]}`;
  if (form === "array") return `[${rows.join(",")}]`;
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw new Refusal("PGRST116", { count: rows.length });
  return row;
}

/** The version is that of the row alone: with embeds it says too little for "not modified". */
function unchanged(answer: Answer, { intent: { shape }, request }: Parsed): boolean {
  if (shape.verb !== "read" || answer.version === undefined) return false;
  if (shape.query.select.some((item) => "embed" in item)) return false;
  return hasAlready(request.headers.get("if-none-match"), answer.version);
}

/** Where the one new row is, for `return=headers-only`: the kernel then answers with its key. */
function locationOf(answer: Answer, { intent: { shape }, request }: Parsed): string | undefined {
  const [row] = answer.rows;
  if (shape.verb !== "insert" || shape.answer !== "headers") return undefined;
  if (row === undefined || answer.rows.length > 1) return undefined;
  const key: Record<string, unknown> = JSON.parse(row);
  const filter = Object.entries(key).map(
    ([column, value]) => `${encodeURIComponent(column)}=eq.${encodeURIComponent(String(value))}`,
  );
  return `${new URL(request.url).pathname}?${filter.join("&")}`;
}
