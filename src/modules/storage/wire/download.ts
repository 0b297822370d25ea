// Reading files: with one's own rights, by a public URL, or by a signed one.
import { type Context, Hono } from "hono";
import { service } from "../../../kernel/actor.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Kernel, Wire } from "../../../kernel/module.ts";
import { outcomeOf } from "../conditional.ts";
import { isInline } from "../content-type.ts";
import { disposition } from "../disposition.ts";
import {
  type Address,
  type Found,
  findAnyObject,
  findReadable,
  type StoredObject,
} from "../find-object.ts";
import { fileName, maxNameBytes } from "../name.ts";
import { readGrant } from "../signed-url.ts";
import { described } from "./file.ts";
import { addressAfter, wrong } from "./request.ts";

/** As it stands in a header: what a file's own name may take. */
const MAX_DOWNLOAD_NAME = 3 * maxNameBytes;

type Find = (c: Context<Wire>, address: Address) => Promise<Found>;

export function downloadRoutes(kernel: Kernel): Hono<Wire> {
  const app = new Hono<Wire>();
  const own: Find = (c, address) => findReadable(kernel, address, c.var.actor);
  const open: Find = async (c, address) => {
    const { place, object } = await findAnyObject(kernel, address, c.var.actor);
    if (!place.public) throw new Refusal("NoSuchBucket");
    if (!object) throw new Refusal("NoSuchKey");
    return { place, object };
  };
  const info = (before: string, find: Find) =>
    app.get(`${before}:bucket/*`, async (c) =>
      c.json(described((await find(c, addressAfter(c, before))).object)),
    );
  const file = (before: string, find: Find) =>
    app.get(`${before}:bucket/*`, async (c) => {
      const address = addressAfter(c, before);
      if (find === own) c.header("Vary", "Authorization, apikey", { append: true });
      return serve(kernel, c, () => find(c, address), { download: c.req.query("download") });
    });
  app.get("/object/sign/:bucket/*", async (c) => {
    const address = addressAfter(c, "/object/sign/");
    const grant = await readGrant(kernel, c.req.query("token"), { method: "GET", ...address });
    const asked = c.req.query("download");
    const signed = grant.download;
    if (signed !== undefined && asked !== undefined && asked !== signed)
      throw new Refusal("InvalidSignature");
    const find = () => signedObject(kernel, grant);
    const seconds = grant.expires - Math.floor(kernel.clock.now() / 1000);
    return serve(kernel, c, find, { download: signed ?? asked, seconds });
  });
  info("/object/info/public/", open);
  info("/object/info/authenticated/", own);
  info("/object/info/", own);
  file("/object/public/", open);
  file("/object/authenticated/", own);
  file("/object/", own);
  return app;
}

/** Who signed it saw it; whoever holds the URL may read it, as long as it is there. */
async function signedObject(kernel: Kernel, { bucket, name }: Address): Promise<Found> {
  const { place, object } = await findAnyObject(kernel, { bucket, name }, service());
  if (!object) throw new Refusal("NoSuchKey");
  return { place, object };
}

/** How a file is shown. */
interface Shown {
  /** As an attachment, of this name unless it is empty. */
  download: string | undefined;
  /** So long its URL still holds. */
  seconds?: number;
}

async function serve(
  kernel: Kernel,
  c: Context<Wire>,
  find: () => Promise<Found>,
  shown: Shown,
): Promise<Response> {
  if (encodeURIComponent(shown.download ?? "").length > MAX_DOWNLOAD_NAME)
    throw wrong("the name of the download is too long");
  for (let tries = 1; ; tries++) {
    const { place, object } = await find();
    // To everybody: any cache may keep it.
    const shared = place.public === true && shown.seconds === undefined;
    const { etag, size } = object;
    const modified = Date.parse(object.updated_at);
    const outcome = outcomeOf(c.req.method, c.req.raw.headers, { etag, modified, size });
    if (outcome.status === 412) throw new Refusal("PreconditionFailed");
    if (outcome.status === 416) throw new Refusal("InvalidRange", { size });
    for (const [name, value] of headersOf(object, shown, shared)) c.header(name, value);
    if (outcome.status === 304) return c.body(null, 304);
    const part = outcome.status === 206 ? outcome : { offset: 0, length: size };
    if (outcome.status === 206) {
      const last = part.offset + part.length - 1;
      c.header("Content-Range", `bytes ${part.offset}-${last}/${size}`);
    }
    c.header("Content-Length", String(part.length));
    c.header("Content-Type", object.mime_type);
    if (c.req.method === "HEAD" || size === 0) return c.body(null, outcome.status);
    const bytes = await kernel.bucket.get(
      object.version,
      outcome.status === 206 ? part : undefined,
    );
    if (bytes) return c.body(bytes, outcome.status);
    // Replaced between its row and its bytes: there is a new row to read.
    if (tries > 1) throw new Refusal("NoSuchKey");
  }
}

function headersOf(
  object: StoredObject,
  { download, seconds }: Shown,
  shared: boolean,
): [string, string][] {
  const inline = download === undefined && isInline(object.mime_type, object.name);
  const name = download || fileName(object.name);
  return [
    ["ETag", object.etag],
    ["Last-Modified", new Date(object.updated_at).toUTCString()],
    ["Cache-Control", shared ? object.cache_control : privately(object.cache_control, seconds)],
    ["Accept-Ranges", "bytes"],
    ["Content-Disposition", disposition(inline ? "inline" : "attachment", name)],
    ["X-Content-Type-Options", "nosniff"],
    ["Content-Security-Policy", "sandbox"],
    ["Cross-Origin-Resource-Policy", "cross-origin"],
  ];
}

/** What not everybody may read, no shared cache keeps, and no cache longer than its URL holds. */
function privately(said: string, seconds: number | undefined): string {
  const others = said.split(",").map((directive) => directive.trim());
  const kept = others.filter((d) => d !== "" && !/^(?:public|private|s-maxage=.*)$/i.test(d));
  if (seconds === undefined) return ["private", ...kept].join(", ");
  const age = kept.map((d) => /^max-age="?(\d+)/i.exec(d)?.[1]).find((s) => s !== undefined);
  const rest = kept.filter((d) => !/^max-age=/i.test(d));
  return ["private", `max-age=${Math.min(Number(age ?? seconds), seconds)}`, ...rest].join(", ");
}
