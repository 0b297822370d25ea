// Credentials, from the headers alone. A bearer decides; an apikey by itself authenticates too.
import type { MiddlewareHandler } from "hono";
import { type Actor, networkOf } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Credentials, Wire } from "../../kernel/module.ts";

export interface Authenticator {
  authenticate(credentials: Credentials): Promise<Actor>;
}

/** Where URLs would leak a token: histories, logs, referrers. */
const IN_QUERY = /[?&](?:access_token|apikey)=/i;

/** Sets `c.var.actor`, or refuses with 401. */
export function authenticated(kernel: Authenticator): MiddlewareHandler<Wire> {
  return async (c, next) => {
    if (IN_QUERY.test(c.req.url)) {
      throw new Refusal("PGRST303", { reason: "it came in the URL; send it in a header" });
    }
    const bearer = bearerOf(c.req.header("authorization"));
    const apikey = c.req.header("apikey");
    c.set("actor", await kernel.authenticate({ bearer, apikey, address: addressOf(c.req.raw) }));
    await next();
  };
}

/** The caller's network. Only Cloudflare's own header is believed; without it, nobody is far. */
export function addressOf(request: Request): string {
  const address = request.headers.get("cf-connecting-ip");
  return address ? networkOf(address) : "local";
}

function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, scheme = "", token = ""] = /^\s*(\S*)\s*(.*?)\s*$/.exec(header) ?? [];
  if (scheme.toLowerCase() !== "bearer") throw new Refusal("unsupported_scheme");
  if (!/^[\w.~+/=-]+$/.test(token)) throw new Refusal("PGRST301");
  return token;
}
