// A request becomes an intent, and how its answer must look. No name or right is checked here.

import { Refusal } from "../../kernel/errors.ts";
import type { Execution } from "../../kernel/execute.ts";
import {
  type CallShape,
  type DeleteShape,
  type InsertShape,
  type Intent,
  type Query,
  type ReadShape,
  type Shape,
  type UpdateShape,
  Values,
  type WriteAnswer,
} from "../../kernel/intent.ts";
import { MAX_BODY_BYTES, readText } from "../../kernel/json.ts";
import { negotiate, type Wanted } from "./accept.ts";
import { idempotency, ifMatch } from "./conditional.ts";
import {
  type Body,
  bodyOf,
  columnsOf,
  fieldsOf,
  incrementsOf,
  only,
  rowsOf,
} from "./parse-body.ts";
import { type Asked, argumentsOf, parseUrl } from "./parse-url.ts";
import { type Prefer, parsePrefer } from "./prefer.ts";
import { putKey } from "./put-key.ts";
import { windowOf } from "./range.ts";
import { unreadable } from "./scan.ts";

/** Only a bookmark: D1 takes words in its place that would choose where a request may read. */
const BOOKMARK = /^[0-9a-f]{1,40}(?:-[0-9a-f]{1,40}){1,7}$/;

export interface Parsed<S extends Shape = Shape> {
  intent: Intent<S>;
  execution: Execution;
  request: Request;
  wanted: Wanted;
  prefer: Prefer;
  /** Where the rows of the answer begin among all. */
  offset: number;
}

/** What is read the same way from every request. */
class Reading {
  readonly request: Request;
  readonly wanted: Wanted;
  readonly prefer: Prefer;
  readonly values = new Values();
  readonly search: string;
  readonly reads: boolean;

  constructor(request: Request) {
    this.request = request;
    this.wanted = negotiate(request.headers.get("accept"));
    this.prefer = parsePrefer(request.headers.get("prefer"));
    this.search = /\?[^#]*/.exec(request.url)?.[0] ?? "";
    this.reads = request.method === "GET" || request.method === "HEAD";
  }

  get common(): Pick<ReadShape, "schema" | "single" | "features" | "count"> {
    const { request, wanted, prefer } = this;
    const profile = this.reads ? "accept-profile" : "content-profile";
    const schema = request.headers.get(profile) || "public";
    return {
      ...(schema !== "public" && { schema }),
      ...(wanted.form === "object" && { single: true }),
      ...(wanted.form === "geojson" && { features: true }),
      ...(prefer.count && { count: prefer.count }),
    };
  }

  /** Puts limit and offset, narrowed by the Range header of a read, into the query. */
  window(asked: Asked): { query: Query; offset: number } {
    const { headers } = this.request;
    const range = this.reads ? headers.get("range") : null;
    const { offset, limit } = windowOf(range, asked.limit, asked.offset);
    const query = { ...asked.query };
    if (asked.cursor !== undefined) {
      if (asked.offset !== undefined || range !== null) {
        const reason = "cursor: it says where a page begins, as offset and Range do";
        throw unreadable(reason, "Leave those out: Link names the next page.");
      }
      query.cursor = { after: this.values.add(asked.cursor) };
    }
    if (limit !== undefined) query.limit = this.values.add(limit);
    if (offset > 0) query.offset = this.values.add(offset);
    return { query, offset };
  }

  async body(): Promise<Body> {
    const text = await readText(this.request, MAX_BODY_BYTES);
    return bodyOf(this.request.headers.get("content-type"), text);
  }

  /** Of what is asked once, however often it is sent. */
  async once<S extends Shape>(shape: S, body: string): Promise<Parsed<S>> {
    return this.done(shape, 0, await idempotency(this.request, body));
  }

  done<S extends Shape>(shape: S, offset: number, once?: Execution["idempotency"]): Parsed<S> {
    const bookmark = BOOKMARK.exec(this.request.headers.get("x-d1-bookmark") ?? "")?.[0];
    return {
      intent: { shape, values: this.values.list },
      execution: { ...(bookmark && { bookmark }), ...(once && { idempotency: once }) },
      request: this.request,
      wanted: this.wanted,
      prefer: this.prefer,
      offset,
    };
  }
}

/** `GET /:table` and HEAD. */
export function parseRead(request: Request, table: string): Parsed<ReadShape> {
  const reading = new Reading(request);
  const { query, offset } = reading.window(parseUrl(reading.search, reading.values));
  return reading.done({ verb: "read", ...reading.common, table, query }, offset);
}

/** `GET /rpc/:name`, HEAD and POST; `declared` are the function's parameters, if there is one. */
export async function parseCall(
  request: Request,
  name: string,
  declared: string[] | undefined,
): Promise<Parsed<CallShape>> {
  const reading = new Reading(request);
  const readOnly = request.method !== "POST";
  const asked = parseUrl(
    reading.search,
    reading.values,
    readOnly ? argumentsOf(declared) : undefined,
  );
  const body = readOnly ? undefined : await reading.body();
  const args = body
    ? fieldsOf({ ...body, value: body.value ?? {} })
    : Object.fromEntries(asked.args);
  const names = columnsOf(args);
  const slot = reading.values.add(args);
  const most = maxAffected(reading);
  // The last values are the window's: a cursor holds whether there is a limit or none.
  const { query, offset } = reading.window(asked);
  const shape: CallShape = {
    verb: "call",
    ...reading.common,
    function: name,
    names,
    args: slot,
    ...((!body || body.asText) && { asText: true }),
    query,
    ...most,
    readOnly,
  };
  const once = body && (await idempotency(request, body.sent));
  return reading.done(shape, offset, once);
}

/** `POST /:table`: new rows, or rows to merge with those that are there. */
export async function parseInsert(request: Request, table: string): Promise<Parsed<InsertShape>> {
  const reading = new Reading(request);
  const { prefer, values } = reading;
  const asked = parseUrl(reading.search, values);
  if (asked.query.where)
    throw new Refusal("PGRST127", {
      feature: "filters on an insert, which has no rows to choose from (PATCH has)",
    });
  const body = await reading.body();
  const { rows, columns } = rowsOf(body, asked.columns);
  const answer = writeAnswer(reading, table, asked);
  const conflict = prefer.resolution && {
    ...(asked.onConflict && { columns: asked.onConflict }),
    resolution: prefer.resolution === "merge-duplicates" ? ("merge" as const) : ("ignore" as const),
  };
  const shape: InsertShape = {
    verb: "insert",
    ...answer,
    ...meeting(reading),
    columns,
    rows: values.add(rows),
    ...(body.asText && { asText: true }),
    ...(conflict?.resolution === "merge" && incrementsOf(rows, columns)),
    missing: prefer.missing ?? "null",
    ...(conflict && { conflict }),
  };
  return reading.once(shape, body.sent);
}

/** `PUT /:table?key=eq.…`: this row shall be there, as given. */
export async function parsePut(request: Request, table: string): Promise<Parsed<InsertShape>> {
  const reading = new Reading(request);
  const { values } = reading;
  const asked = parseUrl(reading.search, values);
  if (asked.limit !== undefined || asked.offset !== undefined) throw new Refusal("PGRST114");
  const body = await reading.body();
  const row = fieldsOf(body);
  const columns = columnsOf(row, asked.columns);
  const key = putKey(asked.query.where, values.list, only(row, columns));
  const shape: InsertShape = {
    verb: "insert",
    ...writeAnswer(reading, table, asked),
    ...meeting(reading),
    columns,
    rows: values.add([row]),
    ...(body.asText && { asText: true }),
    missing: reading.prefer.missing ?? "null",
    conflict: { columns: key, resolution: "merge" },
  };
  return reading.once(shape, body.sent);
}

/** `PATCH /:table?…`: new values for all rows that match. */
export async function parseUpdate(request: Request, table: string): Promise<Parsed<UpdateShape>> {
  const reading = new Reading(request);
  const asked = parseUrl(reading.search, reading.values);
  const body = await reading.body();
  const row = fieldsOf(body);
  const columns = columnsOf(row, asked.columns);
  const shape: UpdateShape = {
    verb: "update",
    ...writeAnswer(reading, table, asked),
    ...affecting(reading, "Update", table, asked),
    columns,
    row: reading.values.add(row),
    ...(body.asText && { asText: true }),
    ...incrementsOf([row], columns),
  };
  return reading.once(shape, body.sent);
}

/** `DELETE /:table?…`: all rows that match; a body is not looked at. */
export async function parseDelete(request: Request, table: string): Promise<Parsed<DeleteShape>> {
  const reading = new Reading(request);
  const asked = parseUrl(reading.search, reading.values);
  const shape: DeleteShape = {
    verb: "delete",
    ...writeAnswer(reading, table, asked),
    ...affecting(reading, "Delete", table, asked),
  };
  return reading.once(shape, "");
}

const ANSWERS = {
  minimal: "minimal",
  "headers-only": "headers",
  representation: "representation",
} as const;

/** `select`, `order`, `limit` and `offset` are about the rows sent back, not those written. */
function writeAnswer(reading: Reading, table: string, asked: Asked): WriteAnswer {
  if (asked.cursor !== undefined) throw unreadable("cursor: a write has no pages", "Leave it out.");
  const answer = ANSWERS[reading.prefer.return ?? "minimal"];
  const bounded = asked.limit !== undefined || asked.offset !== undefined;
  if (bounded && answer !== "representation") {
    throw new Refusal("PGRST127", {
      feature: "limit and offset of rows that are not sent back (return=representation sends them)",
    });
  }
  const { select, order, limit, offset } = bounded ? reading.window(asked).query : asked.query;
  return {
    ...reading.common,
    table,
    answer,
    returning: select,
    ...(order && { order }),
    ...(limit !== undefined && { limit }),
    ...(offset !== undefined && { offset }),
    ...(reading.prefer.tx === "rollback" && { dryRun: true }),
  };
}

function affecting(reading: Reading, verb: string, table: string, asked: Asked) {
  const { where } = asked.query;
  if (!where) throw new Refusal("unfiltered_write", { verb, table });
  return { where, ...maxAffected(reading), ...matching(reading) };
}

function maxAffected({ prefer, values }: Reading): Pick<WriteAnswer, "maxAffected"> {
  const max = prefer["max-affected"];
  return max === undefined ? {} : { maxAffected: values.add(max) };
}

function matching(reading: Reading): Pick<WriteAnswer, "ifMatch"> {
  const versions = ifMatch(reading.request.headers.get("if-match"));
  if (versions === undefined) return {};
  return { ifMatch: versions === "*" ? versions : reading.values.add(versions) };
}

/** What a write that may meet rows, or find none, requires of that. */
function meeting(reading: Reading): Pick<InsertShape, "ifMatch" | "ifNoneMatch"> {
  const none = reading.request.headers.get("if-none-match")?.trim() === "*";
  return { ...matching(reading), ...(none && { ifNoneMatch: true }) };
}
