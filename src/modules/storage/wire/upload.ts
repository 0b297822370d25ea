/// <reference lib="esnext.typedarrays" />
// Uploads: the body itself, or a form that holds it.
import { type Context, Hono } from "hono";
import type { Actor } from "../../../kernel/actor.ts";
import { Refusal } from "../../../kernel/errors.ts";
import { parseJson } from "../../../kernel/json.ts";
import type { Kernel, Wire } from "../../../kernel/module.ts";
import { type Chunks, chunksOf } from "../body.ts";
import { isWritable } from "../conditional.ts";
import type { Address } from "../find-object.ts";
import { boundaryOf, readForm } from "../form-data.ts";
import { readGrant } from "../signed-url.ts";
import { type Upload, uploadObject } from "../upload-object.ts";
import { addressAfter, wrong } from "./request.ts";

const DEFAULT_CACHE = "max-age=3600";
const CACHE = /^[\w =,"-]{1,200}$/;
const MAX_METADATA_BYTES = 8 * 1024;
/** What is refused is still taken in so far: who is cut off while sending reads no answer. */
const MAX_DRAINED_BYTES = 32 * 1024 * 1024;

export function uploadRoutes(kernel: Kernel): Hono<Wire> {
  const app = new Hono<Wire>();
  app.put("/object/upload/sign/:bucket/*", async (c) => {
    const asked = addressAfter(c, "/object/upload/sign/");
    const grant = await readGrant(kernel, c.req.query("token"), { method: "PUT", ...asked });
    const to = { bucket: grant.bucket, name: grant.name };
    const { address } = c.var.actor;
    const actor: Actor = { role: "anon", id: null, session: null, ...grant.by, address };
    const object = await receive(kernel, c, to, grant.upsert ? "upsert" : "new", actor);
    return c.json({ Key: `${to.bucket}/${to.name}`, Id: object.id });
  });
  for (const method of ["POST", "PUT"] as const) {
    app.on(method, "/object/:bucket/*", async (c) => {
      const to = addressAfter(c, "/object/");
      const upsert = c.req.header("x-upsert")?.toLowerCase() === "true";
      const mode = method === "PUT" ? "replace" : upsert ? "upsert" : "new";
      const object = await receive(kernel, c, to, mode, c.var.actor);
      return c.json({ Id: object.id, Key: `${to.bucket}/${to.name}` });
    });
  }
  return app;
}

async function receive(
  kernel: Kernel,
  c: Context<Wire>,
  to: Address,
  mode: Upload["mode"],
  actor: Actor,
) {
  const body = chunksOf(c.req.raw.body ?? new Blob([]).stream());
  try {
    const read = await readUpload(c, body);
    return await uploadObject(kernel, { actor, to, mode, mayWrite: preconditionOf(c), ...read });
  } catch (error) {
    await drain(body);
    throw error;
  }
}

function preconditionOf(c: Context<Wire>): NonNullable<Upload["mayWrite"]> {
  return (old) => {
    const it = old && { ...old, modified: Date.parse(old.updated_at) };
    return isWritable(c.req.raw.headers, it);
  };
}

async function readUpload(c: Context<Wire>, body: Chunks) {
  const type = c.req.header("content-type") ?? "";
  const length = c.req.header("content-length");
  const bytes = length === undefined ? undefined : Number(length);
  const boundary = boundaryOf(type);
  if (boundary === undefined) {
    const details = {
      cache_control: cacheControl(c.req.header("cache-control")),
      user_metadata: metadataOf(fromBase64(c.req.header("x-metadata"))),
    };
    return { claimed: type, size: bytes, body, details: () => details };
  }
  const { fields, type: claimed, overhead, file } = await readForm(body, boundary);
  const details = () => ({
    cache_control: cacheControl(fields.get("cacheControl")),
    user_metadata: metadataOf(fields.get("metadata")),
  });
  details(); // what is wrong with what came first is refused first
  const likely = bytes === undefined ? undefined : Math.max(0, bytes - overhead);
  return { claimed, size: undefined, likely, body: file, details };
}

async function drain(body: Chunks): Promise<void> {
  try {
    for (let bytes = 0; bytes <= MAX_DRAINED_BYTES; ) {
      const { value, done } = await body.next();
      if (done) return;
      bytes += value.byteLength;
    }
  } catch {
    // The refusal is the answer; how the sending ended is none.
  }
}

/** As the client says it: a whole header, or seconds. */
export function cacheControl(said: string | undefined): string {
  if (said === undefined || said === "") return DEFAULT_CACHE;
  if (/^\d{1,10}$/.test(said)) return `max-age=${said}`;
  if (!CACHE.test(said)) throw wrong("cache-control is not one");
  return said;
}

function fromBase64(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(text);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrong("x-metadata is not Base64 of UTF-8");
  }
}

function metadataOf(text: string | undefined): Record<string, unknown> | null {
  if (text === undefined || text === "") return null;
  if (text.length > MAX_METADATA_BYTES) throw new Refusal("EntityTooLarge");
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong("metadata is to be a JSON object");
  return Object.fromEntries(Object.entries(value));
}
