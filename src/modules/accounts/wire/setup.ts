import type { Context } from "hono";
import type { Actor } from "../../../kernel/actor.ts";
import type { Kernel, Wire } from "../../../kernel/module.ts";
import { allowedRedirect } from "../redirect.ts";
import type { Settings } from "../setting.ts";
import { readQuery } from "./body.ts";

/** What every endpoint works with. */
export interface Setup {
  kernel: Kernel;
  settings: Settings;
}

/** Who asks, from where, and where answers to them lead. */
export interface Asker {
  actor: Actor;
  /** The origin that tokens and links name. */
  base: string;
  userAgent: string | null;
  /** Where a link should lead; always an allowed place. */
  redirectTo: string;
}

export function askerOf(c: Context<Wire>, { siteUrl, redirectUrls, apiUrl }: Settings): Asker {
  return {
    actor: c.var.actor,
    base: apiUrl ?? new URL(c.req.url).origin,
    userAgent: c.req.header("user-agent")?.slice(0, 255) ?? null,
    redirectTo: allowedRedirect(readQuery(c, "redirect_to"), siteUrl, redirectUrls),
  };
}
