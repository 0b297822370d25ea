import type { Context, MiddlewareHandler } from "hono";
import { type Actor, isLoopback } from "../../../kernel/actor.ts";
import { Refusal } from "../../../kernel/errors.ts";
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
  /** The origin that tokens and links name; refuses where it is not known. */
  base(): string;
  userAgent: string | null;
  /** Where a link should lead; always an allowed place. */
  redirectTo: string;
}

/** As `user_agent` is declared. */
const USER_AGENT_BYTES = 512;

export function askerOf(c: Context<Wire>, { siteUrl, redirectUrls, apiUrl }: Settings): Asker {
  const { origin, hostname } = new URL(c.req.url);
  const near = isLoopback(hostname);
  return {
    actor: c.var.actor,
    base() {
      const base = apiUrl ?? (near ? origin : undefined);
      if (!base) throw new Refusal("api_url_missing", { seconds: 60 });
      return base;
    },
    userAgent: cut(c.req.header("user-agent") ?? "", USER_AGENT_BYTES) || null,
    redirectTo: allowedRedirect(readQuery(c, "redirect_to"), siteUrl, redirectUrls, near),
  };
}

/** What makes tokens or links does nothing before it knows what they are to name. */
export function named({ settings }: Setup): MiddlewareHandler<Wire> {
  return async (c, next) => {
    askerOf(c, settings).base();
    await next();
  };
}

/** So many bytes of a text, and no half character. */
function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
