// Moving, copying and removing.
import { Hono } from "hono";
import type { Kernel, Wire } from "../../../kernel/module.ts";
import { copyObject } from "../copy-object.ts";
import { findPlace } from "../find-object.ts";
import { moveObject } from "../move-object.ts";
import { objectName } from "../name.ts";
import { maxRemoved, removeObjects } from "../remove-objects.ts";
import type { Details } from "../upload-object.ts";
import { removed } from "./file.ts";
import { type Body, listOf, readBody, textOf, wrong } from "./request.ts";
import { cacheControl } from "./upload.ts";

export function changeRoutes(kernel: Kernel): Hono<Wire> {
  const app = new Hono<Wire>();
  app.post("/object/move", async (c) => {
    const [from, to] = endsOf(await readBody(c));
    await moveObject(kernel, from, to, c.var.actor);
    return c.json({ message: "Successfully moved" });
  });
  app.post("/object/copy", async (c) => {
    const body = await readBody(c);
    const [from, to] = endsOf(body);
    const upsert = c.req.header("x-upsert")?.toLowerCase() === "true";
    const details = detailsOf(body);
    const object = await copyObject(kernel, { from, to, upsert, details }, c.var.actor);
    return c.json({ Key: `${to.bucket}/${to.name}`, Id: object.id, ...removed(object) });
  });
  app.delete("/object/:bucket", async (c) => {
    const names = listOf(await readBody(c), "prefixes");
    if (names.length > maxRemoved) throw wrong(`at most ${maxRemoved} files are removed at once`);
    const place = await findPlace(kernel, c.req.param("bucket"), c.var.actor);
    const gone = await removeObjects(kernel, place, names, c.var.actor);
    return c.json(gone.map(removed));
  });
  return app;
}

function endsOf(body: Body) {
  const bucket = textOf(body, "bucketId");
  const from = { bucket, name: objectName(textOf(body, "sourceKey")) };
  const target = textOf(body, "destinationBucket", bucket);
  return [from, { bucket: target, name: objectName(textOf(body, "destinationKey")) }] as const;
}

/** What a copy says of itself, where it does not take over what the original says. */
function detailsOf(body: Body): Partial<Details> | undefined {
  if (body.copyMetadata !== false) return undefined;
  const metadata = Object.fromEntries(Object.entries(body.metadata ?? {}));
  const cache = metadata.cacheControl;
  return {
    user_metadata: null,
    ...(cache !== undefined && { cache_control: cacheControl(String(cache)) }),
  };
}
