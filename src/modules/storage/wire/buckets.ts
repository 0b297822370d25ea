// Buckets over the API: the secret key makes, changes and deletes them.
import { Hono } from "hono";
import type { Step } from "../../../kernel/change.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Kernel, Wire } from "../../../kernel/module.ts";
import { eq, everyone } from "../../../kernel/predicate.ts";
import type { Row } from "../../../kernel/table.ts";
import { declaredPlace, madePlace, maxBytesOf, type Place } from "../bucket.ts";
import { findPlace } from "../find-object.ts";
import { bucketName } from "../name.ts";
import { emptyBucket } from "../remove-objects.ts";
import { buckets, objects, uploads } from "../tables.ts";
import { type Body, readBody, requireSecretKey, wrong } from "./request.ts";

const UNITS: Record<string, number> = { "": 1, B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };
const MAX_TYPES = 100;
const TYPE = /^[\w!#$&^.+-]+\/(?:\*|[\w!#$&^.+-]+)$/;
/** Declared buckets are as old as the code. */
const EPOCH = "1970-01-01T00:00:00.000Z";

export function bucketRoutes(kernel: Kernel): Hono<Wire> {
  const app = new Hono<Wire>();
  app.get("/bucket", async (c) => {
    if (c.var.actor.role !== "service_role") return c.json([]);
    return c.json(page(await allBuckets(kernel, c.var.actor), new URL(c.req.url).searchParams));
  });
  app.get("/bucket/:id", async (c) => {
    if (c.var.actor.role !== "service_role") throw new Refusal("NoSuchBucket");
    const name = c.req.param("id");
    const declared = declaredPlace(kernel, name);
    const where = eq("name", name);
    const [rows] = await kernel.read([{ from: buckets, where }], c.var.actor);
    const [row] = rows ?? [];
    if (declared) return c.json(shown(declared));
    if (!row) throw new Refusal("NoSuchBucket");
    return c.json(shown(madePlace(kernel, row), row));
  });
  app.post("/bucket", async (c) => {
    requireSecretKey(c);
    const body = await readBody(c);
    const name = bucketName(body.id ?? body.name);
    if (declaredPlace(kernel, name)) throw new Refusal("BucketAlreadyExists");
    const row = { name, ...rulesOf(kernel, body, true) };
    await kernel.commit([{ insert: buckets, rows: [row] }], c.var.actor).catch(taken);
    return c.json({ name });
  });
  app.put("/bucket/:id", async (c) => {
    requireSecretKey(c);
    const name = madeByApi(kernel, c.req.param("id"));
    const set = rulesOf(kernel, await readBody(c), false);
    const step: Step = { update: buckets, set, where: eq("name", name), else: "NoSuchBucket" };
    await kernel.commit([step], c.var.actor);
    return c.json({ message: "Successfully updated" });
  });
  app.post("/bucket/:id/empty", async (c) => {
    requireSecretKey(c);
    const place = await findPlace(kernel, c.req.param("id"), c.var.actor);
    await emptyBucket(kernel, place, c.var.actor);
    return c.json({ message: "Successfully emptied" });
  });
  app.delete("/bucket/:id", async (c) => {
    requireSecretKey(c);
    const name = madeByApi(kernel, c.req.param("id"));
    const where = eq("bucket_id", name);
    const empty = (of: typeof objects | typeof uploads): Step => ({
      expect: of,
      where,
      rows: 0,
      else: "BucketNotEmpty",
    });
    const gone: Step = { delete: buckets, where: eq("name", name), else: "NoSuchBucket" };
    await kernel.commit([empty(objects), empty(uploads), gone], c.var.actor);
    return c.json({ message: "Successfully deleted" });
  });
  return app;
}

function taken(error: unknown): never {
  const twice = error instanceof Refusal && error.code === "23505";
  throw twice ? new Refusal("BucketAlreadyExists") : error;
}

function madeByApi(kernel: Kernel, name: string): string {
  if (declaredPlace(kernel, name)) throw new Refusal("BucketIsDeclared");
  return name;
}

async function allBuckets(kernel: Kernel, actor: Wire["Variables"]["actor"]) {
  const [rows = []] = await kernel.read([{ from: buckets, where: everyone }], actor);
  const declared = kernel.buckets.flatMap(({ name }) => declaredPlace(kernel, name) ?? []);
  const made = rows.map((row) => shown(madePlace(kernel, row), row));
  return [...declared.map((place) => shown(place)), ...made];
}

type Shown = ReturnType<typeof shown>;

function page(all: Shown[], query: URLSearchParams): Shown[] {
  const column = query.get("sortColumn") ?? "name";
  if (column !== "id" && column !== "name" && column !== "created_at" && column !== "updated_at")
    throw wrong("sortColumn is id, name, created_at or updated_at");
  const search = query.get("search")?.toLowerCase() ?? "";
  const sign = query.get("sortOrder") === "desc" ? -1 : 1;
  const found = all
    .filter(({ name }) => name.toLowerCase().includes(search))
    .sort((a, b) => (a[column] < b[column] ? -sign : a[column] > b[column] ? sign : 0));
  const offset = Number(query.get("offset") ?? 0);
  const limit = Number(query.get("limit") ?? found.length);
  return found.slice(offset, offset + limit);
}

function shown(place: Place, row?: Row) {
  return {
    id: place.name,
    name: place.name,
    type: "STANDARD",
    owner: "",
    public: place.public === true,
    file_size_limit: row ? row.max_bytes : place.maxBytes,
    allowed_mime_types: place.types ?? null,
    created_at: String(row?.created_at ?? EPOCH),
    updated_at: String(row?.updated_at ?? EPOCH),
  };
}

/** What a body says of a bucket. What it does not name is as before, or the default. */
function rulesOf(kernel: Kernel, body: Body, fresh: boolean) {
  const { type, file_size_limit, allowed_mime_types } = body;
  if (type !== undefined && type !== null && type !== "STANDARD")
    throw wrong("only STANDARD buckets are offered");
  const open = body.public;
  if (open !== undefined && typeof open !== "boolean") throw wrong("public is to be true or false");
  return {
    ...(open === undefined && !fresh ? {} : { public: open === true }),
    ...(file_size_limit === undefined ? {} : { max_bytes: bytesOf(kernel, file_size_limit) }),
    ...(allowed_mime_types === undefined ? {} : { types: typesOf(allowed_mime_types) }),
  };
}

function bytesOf(kernel: Kernel, value: unknown): number | null {
  if (value === null) return null;
  const [, number, unit = ""] = /^\s*(\d+)\s*([KMG]?B)?\s*$/i.exec(String(value)) ?? [];
  const bytes = Number(number) * (UNITS[unit.toUpperCase()] ?? Number.NaN);
  if (!(bytes >= 0)) throw wrong("file_size_limit is a number of bytes, or such as 20MB");
  if (bytes > maxBytesOf(kernel)) throw new Refusal("EntityTooLarge");
  return bytes;
}

function typesOf(value: unknown): string[] | null {
  if (value === null) return null;
  const fits =
    Array.isArray(value) &&
    value.length <= MAX_TYPES &&
    value.every((type): type is string => typeof type === "string" && TYPE.test(type));
  if (!fits) throw wrong("allowed_mime_types is a list of media types");
  return value.length > 0 ? value : null;
}
