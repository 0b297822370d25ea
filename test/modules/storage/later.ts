// The same Worker, some seconds from now, or with another secret.
import { env } from "cloudflare:workers";
import { readConfig } from "../../../src/config.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createKernel } from "../../../src/kernel/kernel.ts";
import { modules } from "../../../src/modules/index.ts";
import { edge } from "../../../src/protocols/http/edge.ts";

export async function later(
  seconds: number,
  url: string,
  changes: Record<string, string> = {},
  method = "GET",
  body?: BodyInit,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { limiter, secrets, ...config } = readConfig(env);
  const clock = { now: () => systemClock.now() + seconds * 1000 };
  const kernel = createKernel({ modules, ...config, secrets: { ...secrets, ...changes }, clock });
  const mounts = modules.flatMap(({ routes }) =>
    routes ? [{ ...routes, app: routes.app(kernel.modules) }] : [],
  );
  const request = new Request(url, { method, headers, ...(body && { body }) });
  return edge({ kernel, limiter, mounts }).fetch(request);
}
