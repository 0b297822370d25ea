// Credentials, from the headers alone. A bearer decides; an apikey by itself authenticates too.
import type { MiddlewareHandler } from "hono";
import type { Actor } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Credentials, Wire } from "../../kernel/module.ts";

export interface Authenticator {
  authenticate(credentials: Credentials): Promise<Actor>;
}

/** Where URLs would leak a token: histories, logs, referrers. */
const IN_QUERY = new Set(["access_token", "apikey"]);
/** Whether a URL may name one, spelled as it will: most do not, and need not be taken apart. */
const MAY_NAME = /[?&][^=&]*(?:%|access_token|apikey)/i;

/** Sets `c.var.actor`, or refuses with 401. */
export function authenticated(kernel: Authenticator): MiddlewareHandler<Wire> {
  return async (c, next) => {
    const { url } = c.req;
    const names = MAY_NAME.test(url) ? [...new URL(url).searchParams.keys()] : [];
    if (names.some((name) => IN_QUERY.has(name.toLowerCase()))) {
      throw new Refusal("PGRST303", { reason: "it came in the URL; send it in a header" });
    }
    const bearer = bearerOf(c.req.header("authorization"));
    const apikey = c.req.header("apikey");
    const address = c.get("address");
    c.set("actor", await kernel.authenticate({ bearer, apikey, address }));
    await next();
  };
}

function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, scheme = "", token = ""] = /^\s*(\S*)\s*(.*?)\s*$/.exec(header) ?? [];
  if (scheme.toLowerCase() !== "bearer") throw new Refusal("unsupported_scheme");
  if (!/^[\w.~+/=-]+$/.test(token)) throw new Refusal("PGRST301");
  return token;
}
