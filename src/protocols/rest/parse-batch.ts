// POST /batch: several writes as one. Each is a request of its own, as it would be sent alone; a
// later one may name values of the rows that earlier ones make: {"$ref": "order.id"}.
import type { BatchStep } from "../../kernel/batch.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Execution } from "../../kernel/execute.ts";
import type { WriteShape } from "../../kernel/intent.ts";
import { MAX_BODY_BYTES, parseJson, readText } from "../../kernel/json.ts";
import { negotiate } from "./accept.ts";
import { idempotency } from "./conditional.ts";
import { type Parsed, parseDelete, parseInsert, parsePut, parseUpdate } from "./parse.ts";
import { type Fields, isFields, unacceptable } from "./parse-body.ts";
import { type Prefer, parsePrefer } from "./prefer.ts";
import { repeated } from "./scan.ts";

/** Each takes a few statements, and a batch of the database has room for 900. */
const MAX_REQUESTS = 100;

const MEMBERS = new Set(["id", "method", "url", "headers", "body", "rows"]);
const HEADERS = new Set(["accept", "content-profile", "if-match", "if-none-match", "prefer"]);
const PARSERS = new Map<unknown, (request: Request, table: string) => Promise<Parsed<WriteShape>>>([
  ["POST", parseInsert],
  ["PUT", parsePut],
  ["PATCH", parseUpdate],
  ["DELETE", parseDelete],
]);

export interface Batch {
  steps: BatchStep[];
  /** What was read of each step, once it has been asked for. */
  parsed: Parsed<WriteShape>[];
  execution: Execution;
  prefer: Prefer;
}

type Made = Parameters<BatchStep["intent"]>[0];

export async function parseBatch(request: Request): Promise<Batch> {
  refuseOtherForms(request.headers.get("accept"));
  const prefer = parsePrefer(request.headers.get("prefer"));
  const text = await readText(request, MAX_BODY_BYTES);
  const once = await idempotency(request, text);
  const said = requestsOf(parseJson(text));
  const names = said.map(({ id }, i) => nameOf(id, i));
  const twice = repeated(names);
  if (twice !== undefined) throw unacceptable(`two requests have the id "${twice}"`);
  const parsed: Parsed<WriteShape>[] = [];
  const steps = said.map((one, i) => ({
    name: names[i] ?? "",
    async intent(made: Made) {
      const step = await parseStep(request.url, one, made, `requests.${i}`);
      parsed.push(step);
      return step.intent;
    },
  }));
  return { steps, parsed, execution: once ? { idempotency: once } : {}, prefer };
}

function nameOf(id: unknown, at: number): string {
  if (id === undefined) return String(at);
  if (typeof id === "string" || typeof id === "number") return String(id);
  throw unacceptable(`requests.${at}.id: expected a text or a number`);
}

/** What is in an answer of a batch is JSON: rows, or the one row. */
function refuseOtherForms(accept: string | null, ...more: "object"[]): void {
  const { form } = negotiate(accept);
  if (!["array", ...more].includes(form)) throw new Refusal("PGRST107", { types: accept ?? "" });
}

function requestsOf(body: unknown): Fields[] {
  const said = isFields(body) ? body.requests : undefined;
  if (!Array.isArray(said) || !said.every(isFields) || said.length === 0) {
    throw unacceptable('expected {"requests": […]}, with an object for each write');
  }
  if (said.length > MAX_REQUESTS) throw unacceptable(`it holds more than ${MAX_REQUESTS} requests`);
  return said;
}

/** `at` is where the request stands in the batch: refusals say which of its fields is wrong. */
async function parseStep(base: string, said: Fields, made: Made, at: string) {
  const { method, url, body, headers } = said;
  const unknown = Object.keys(said).find((key) => !MEMBERS.has(key));
  if (unknown !== undefined) throw unacceptable(`${at}: a request has no "${unknown}"`);
  const path = typeof url === "string" ? url : "";
  const [, table, search = ""] = /^\/?([^/?#]+)(\?[^#]*)?$/.exec(path) ?? [];
  const parse = PARSERS.get(method);
  if (!parse) throw unacceptable(`${at}.method: expected ${[...PARSERS.keys()].join(", ")}`);
  if (table === undefined) throw unacceptable(`${at}.url: expected the url of a table`);
  const inner = new Request(new URL(`./${encodeURIComponent(table)}${search}`, base), {
    method: String(method),
    headers: { ...headersOf(headers, at), "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(resolved(body, made)) }),
  });
  refuseOtherForms(inner.headers.get("accept"), "object");
  return expecting(await parse(inner, table), said.rows, at);
}

function headersOf(said: unknown = {}, at: string): Record<string, string> {
  const given = isFields(said) ? Object.entries(said) : [["", ""]];
  const headers = given.map(([name, value]) => [String(name).toLowerCase(), String(value)]);
  const sendable = ([name = "", value = ""]: string[]) =>
    HEADERS.has(name) && /^[\x20-\x7e]*$/.test(value);
  if (!headers.every(sendable)) {
    throw unacceptable(`${at}.headers: expected texts for any of ${[...HEADERS].join(", ")}`);
  }
  return Object.fromEntries(headers);
}

/** `rows` is how many rows a change must touch; all of a batch is tried, or nothing. */
function expecting(parsed: Parsed<WriteShape>, rows: unknown, at: string): Parsed<WriteShape> {
  const { intent } = parsed;
  if (intent.shape.dryRun) {
    throw new Refusal("PGRST127", { feature: "tx=rollback of one request: it is for the batch" });
  }
  if (rows === undefined) return parsed;
  if (intent.shape.verb === "insert" || !isCount(rows)) {
    throw unacceptable(`${at}.rows: expected a whole number, for PATCH and DELETE`);
  }
  const expected = intent.values.push(rows) - 1;
  return { ...parsed, intent: { ...intent, shape: { ...intent.shape, expected } } };
}

function isCount(rows: unknown): boolean {
  return Number.isSafeInteger(rows) && Number(rows) >= 0;
}

/** The row or rows of a body, with what they refer to in place of the references. */
function resolved(body: unknown, made: Made): unknown {
  if (Array.isArray(body)) return body.map((row) => resolved(row, made));
  if (!isFields(body)) return body;
  const fields = Object.entries(body).map(([column, value]) => [column, referred(value, made)]);
  return Object.fromEntries(fields);
}

/** `order.id`, or `lines.2.id` of the third row; a value that is no `{"$ref"}` is itself. */
const REFERENCE = /^([^.]+)\.(?:(\d+)\.)?(\w+)$/;

function referred(value: unknown, made: Made): unknown {
  if (!isFields(value) || Object.keys(value).join() !== "$ref") return value;
  const [, name = "", at = "0", column = ""] = REFERENCE.exec(String(value.$ref)) ?? [];
  const row = made.get(name)?.[Number(at)];
  if (row && Object.hasOwn(row, column)) return row[column];
  throw unacceptable(
    `${JSON.stringify(value.$ref)} is no column of a row that an earlier request inserts`,
  );
}
