// The Worker. Lists, no logic.
import { env, waitUntil } from "cloudflare:workers";
import { readConfig } from "./config.ts";
import { systemClock } from "./kernel/clock.ts";
import { createKernel } from "./kernel/kernel.ts";
import { modules } from "./modules/index.ts";
import { edge } from "./protocols/http/edge.ts";
import { rest } from "./protocols/rest/index.ts";

const { limiter, ...config } = readConfig(env);
const kernel = createKernel({ modules, ...config, clock: systemClock, waitUntil });

const app = edge({
  kernel,
  limiter,
  mounts: [
    rest(kernel),
    ...modules.flatMap(({ routes }) =>
      routes ? [{ ...routes, app: routes.app(kernel.modules) }] : [],
    ),
  ],
});

export default {
  fetch: (request) => app.fetch(request),
  scheduled: () => kernel.sweep(),
} satisfies ExportedHandler;
