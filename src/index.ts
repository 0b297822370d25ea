// The Worker. Lists, no logic.
import { env } from "cloudflare:workers";
import { readConfig } from "./config.ts";
import { systemClock } from "./kernel/clock.ts";
import { createKernel } from "./kernel/kernel.ts";
import { modules } from "./modules/index.ts";
import { edge } from "./protocols/http/edge.ts";
import { rest } from "./protocols/rest/index.ts";

const { db, limiter, secrets, settings } = readConfig(env);
const kernel = createKernel({ modules, db, secrets, settings, clock: systemClock });

const app = edge({
  kernel,
  limiter,
  mounts: [
    { path: "/rest/v1", app: rest(kernel) },
    ...modules.flatMap(({ routes }) =>
      routes ? [{ ...routes, app: routes.app(kernel.modules) }] : [],
    ),
  ],
});

export default {
  fetch: app.fetch,
  scheduled: () => kernel.sweep(),
} satisfies ExportedHandler;
