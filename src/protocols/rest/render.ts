// An answer becomes a response: status, headers, and the rows as they came from the database.
import type { Actor } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Answer } from "../../kernel/execute.ts";
import type { Shape } from "../../kernel/intent.ts";
import { MEDIA_TYPES } from "./accept.ts";
import { hasAlready } from "./conditional.ts";
import type { Parsed } from "./parse.ts";
import { appliedPreferences, type Preference } from "./prefer.ts";
import { contentRange, rangeStatus } from "./range.ts";

const VARY = "Accept, Accept-Profile, Authorization, apikey, Prefer, Range";

const APPLIED: Record<Shape["verb"], Preference[]> = {
  read: ["count", "handling"],
  call: ["return", "count", "handling"],
  insert: ["resolution", "missing", "return", "count", "tx", "handling"],
  update: ["missing", "return", "count", "tx", "handling", "max-affected"],
  delete: ["return", "count", "tx", "handling", "max-affected"],
};

export function render(
  answer: Answer & { bookmark?: string },
  parsed: Parsed,
  actor: Actor,
): Response {
  const { shape } = parsed.intent;
  const headers = new Headers({
    Vary: VARY,
    "Cache-Control": shape.verb === "read" && actor.role === "anon" ? "no-cache" : "no-store",
  });
  if (answer.bookmark) headers.set("x-d1-bookmark", answer.bookmark);
  if (answer.version !== undefined) headers.set("ETag", `"${answer.version}"`);
  if (unchanged(answer, parsed)) return new Response(null, { status: 304, headers });

  const status = statusOf(answer, parsed);
  headers.set("Content-Range", rangeOf(answer, parsed));
  const applied = appliedPreferences(parsed.prefer, APPLIED[shape.verb]);
  if (applied) headers.set("Preference-Applied", applied);
  if (answer.replayed) headers.set("Idempotent-Replayed", "true");
  const location = locationOf(answer, parsed);
  if (location) headers.set("Location", location);
  if (!hasBody(parsed)) return new Response(null, { status, headers });

  const body = bodyOf(answer, parsed);
  headers.set("Content-Type", MEDIA_TYPES[answer.scalar ? "array" : parsed.form]);
  return new Response(parsed.request.method === "HEAD" ? null : body, { status, headers });
}

function hasBody({ intent: { shape }, prefer }: Parsed): boolean {
  if (shape.verb === "read") return true;
  if (shape.verb === "call") return prefer.return !== "minimal";
  return shape.answer === "representation";
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
  const { verb } = parsed.intent.shape;
  const total = totalOf(answer, parsed);
  if (verb === "insert" || verb === "delete") return contentRange(0, 0, total);
  if (verb === "update") return contentRange(0, answer.total ?? answer.rows.length, total);
  return contentRange(parsed.offset, answer.rows.length, total);
}

function bodyOf(answer: Answer, parsed: Parsed): string {
  const { rows } = answer;
  if (answer.scalar) return rows[0] ?? "null";
  if (parsed.form === "array") return `[${rows.join(",")}]`;
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
