import { Hono } from "hono";
import type { Kernel, Wire } from "../../../kernel/module.ts";
import { settingsOf } from "../setting.ts";
import { aboutRoutes } from "./about.ts";
import { adminRoutes } from "./admin.ts";
import { mailingRoutes } from "./mailing.ts";
import { refuse } from "./refusals.ts";
import { named } from "./setup.ts";
import { signUpRoutes } from "./sign-up.ts";
import { tokenRoutes } from "./token.ts";
import { userRoutes } from "./user.ts";
import { verifyRoutes } from "./verify.ts";

/** GoTrue's API, under the path that index.ts names. */
export function accountsApp(kernel: Kernel): Hono<Wire> {
  const setup = {
    kernel,
    settings: settingsOf((name) => kernel.setting(name)),
  };
  const app = new Hono<Wire>();
  app.onError(refuse);
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
  });
  for (const path of ["/signup", "/token", "/recover", "/resend", "/verify"])
    app.use(path, named(setup));
  const groups = [aboutRoutes, signUpRoutes, tokenRoutes, userRoutes, mailingRoutes, verifyRoutes];
  for (const routes of [...groups, adminRoutes]) app.route("/", routes(setup));
  return app;
}
