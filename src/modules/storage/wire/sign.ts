// Signing: a URL that downloads a file, or uploads one, without any other credential.
import { type Context, Hono } from "hono";
import { Refusal } from "../../../kernel/errors.ts";
import type { Kernel, Wire } from "../../../kernel/module.ts";
import { and, eq, oneOf } from "../../../kernel/predicate.ts";
import { type Address, allowed, asObjects, findObject, findPlace } from "../find-object.ts";
import { objectName } from "../name.ts";
import { endless, type Grant, maxSeconds, sign, uploadSeconds } from "../signed-url.ts";
import { objects } from "../tables.ts";
import { admitUpload } from "../upload-object.ts";
import { addressAfter, type Body, countOf, listOf, readBody, textOf, wrong } from "./request.ts";

const MAX_PATHS = 1_000;
const NOT_SIGNED = "Either the object does not exist or you do not have access to it";

export function signRoutes(kernel: Kernel): Hono<Wire> {
  const app = new Hono<Wire>();
  const now_s = () => Math.floor(kernel.clock.now() / 1000);
  const signed = async (to: Address, rest: Pick<Grant, "expires" | "download">) => {
    const token = await sign(kernel, { method: "GET", ...to, ...rest });
    return `/object/sign/${pathOf(to)}?token=${token}`;
  };
  app.post("/object/sign/:bucket", async (c) => {
    const body = await readBody(c);
    const grant = { expires: now_s() + secondsOf(body), ...downloadOf(body) };
    const paths = listOf(body, "paths");
    if (paths.length > MAX_PATHS) throw wrong(`at most ${MAX_PATHS} files are signed at once`);
    const bucket = c.req.param("bucket");
    const there = await visible(kernel, c, bucket, paths);
    const each = paths.map(async (path) => {
      if (!there.has(path)) return { error: NOT_SIGNED, path, signedURL: null };
      return { error: null, path, signedURL: await signed({ bucket, name: path }, grant) };
    });
    return c.json(await Promise.all(each));
  });
  app.post("/object/sign/:bucket/*", async (c) => {
    const to = addressAfter(c, "/object/sign/");
    const body = await readBody(c);
    if (body.transform !== undefined) throw wrong("pictures are not transformed here");
    const grant = { expires: now_s() + secondsOf(body), ...downloadOf(body) };
    await findObject(kernel, to, c.var.actor);
    return c.json({ signedURL: await signed(to, grant) });
  });
  app.post("/object/upload/sign/:bucket/*", async (c) => {
    const to = addressAfter(c, "/object/upload/sign/");
    const { actor } = c.var;
    const upsert = c.req.header("x-upsert")?.toLowerCase() === "true";
    await admitUpload(kernel, { to, actor, mode: upsert ? "upsert" : "new" });
    const { role, id, session } = actor;
    const by = { role, id, session };
    const expires = now_s() + uploadSeconds;
    const token = await sign(kernel, { method: "PUT", ...to, expires, upsert, by });
    return c.json({ url: `/object/upload/sign/${pathOf(to)}?token=${token}`, token });
  });
  return app;
}

/** Which of these files the caller sees. */
async function visible(kernel: Kernel, c: Context<Wire>, bucket: string, paths: string[]) {
  const { actor } = c.var;
  const place = await findPlace(kernel, bucket, actor);
  const named = and(eq("bucket_id", bucket), oneOf("name", paths.filter(isName)));
  const where = and(named, allowed(place, actor, "select"));
  const [rows] = await kernel.read([{ from: objects, where, as: "caller" }], actor);
  return new Set(asObjects(rows).map(({ name }) => name));
}

function isName(path: string): boolean {
  try {
    return objectName(path) === path;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** As it is: the client encodes the whole URL, but for what would end the path. */
function pathOf({ bucket, name }: Address): string {
  return `${bucket}/${endless(name)}`;
}

function secondsOf(body: Body): number {
  const seconds = countOf(body, "expiresIn", Number.NaN, maxSeconds);
  if (seconds < 1) throw wrong("expiresIn is at least one second");
  return seconds;
}

/** Signed, it cannot be changed; unsigned, the reader may still ask for an attachment. */
function downloadOf(body: Body): { download?: string } {
  const { download } = body;
  if (download === undefined || download === null || download === false) return {};
  return { download: download === true ? "" : textOf(body, "download") };
}
