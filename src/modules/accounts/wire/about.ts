import { Hono } from "hono";
import type { Wire } from "../../../kernel/module.ts";
import { keysOf } from "./keys.ts";
import type { Setup } from "./setup.ts";

/** What everybody may know: what is offered, and by which keys our tokens are verified. */
export function aboutRoutes({ kernel, settings }: Setup): Hono<Wire> {
  return new Hono<Wire>()
    .get("/settings", (c) =>
      c.json({
        external: { email: true, phone: false, anonymous_users: false },
        disable_signup: settings.signUpDisabled,
        mailer_autoconfirm: settings.autoconfirm,
        phone_autoconfirm: false,
        sms_provider: "",
        saml_enabled: false,
        mfa_enabled: false,
      }),
    )
    .get("/health", (c) =>
      c.json({
        version: "0.1.0",
        name: "Vertebra accounts",
        description: "Speaks GoTrue's API",
      }),
    )
    .get("/.well-known/jwks.json", async (c) => {
      const { published } = await keysOf(kernel);
      c.header("Cache-Control", "public, max-age=600");
      return c.json(published);
    });
}
