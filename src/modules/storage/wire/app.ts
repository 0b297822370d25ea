import { Hono } from "hono";
import type { Kernel, Wire } from "../../../kernel/module.ts";
import { bucketRoutes } from "./buckets.ts";
import { changeRoutes } from "./change.ts";
import { downloadRoutes } from "./download.ts";
import { listRoutes } from "./list.ts";
import { refuse } from "./refusals.ts";
import { signRoutes } from "./sign.ts";
import { uploadRoutes } from "./upload.ts";

/** The Storage API, under the path that index.ts names. The words of its paths come first. */
export function storageApp(kernel: Kernel): Hono<Wire> {
  const app = new Hono<Wire>();
  app.onError(refuse);
  const groups = [bucketRoutes, listRoutes, changeRoutes, signRoutes, downloadRoutes, uploadRoutes];
  for (const routes of groups) app.route("/", routes(kernel));
  return app;
}
