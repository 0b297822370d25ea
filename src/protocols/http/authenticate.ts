// Credentials, from the headers alone. A bearer decides; an apikey by itself authenticates too.
import type { Actor } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Credentials } from "../../kernel/module.ts";

export interface Authenticator {
  authenticate(credentials: Credentials): Promise<Actor>;
}

/** Where URLs would leak a token: histories, logs, referrers. */
const IN_QUERY = new Set(["access_token", "apikey"]);
/** Whether a URL may name one, spelled as it will: most do not, and need not be taken apart. */
const MAY_NAME = /[?&][^=&]*(?:%|access_token|apikey)/i;

/** Who asks; refuses with 401. */
export function actorOf(
  kernel: Authenticator,
  { headers, url }: Request,
  address: string,
): Promise<Actor> {
  const names = MAY_NAME.test(url) ? [...new URL(url).searchParams.keys()] : [];
  if (names.some((name) => IN_QUERY.has(name.toLowerCase()))) {
    throw new Refusal("PGRST303", { reason: "it came in the URL; send it in a header" });
  }
  const bearer = bearerOf(headers.get("authorization") ?? undefined);
  const apikey = headers.get("apikey") ?? undefined;
  return kernel.authenticate({ bearer, apikey, address });
}

function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const said = header.trim();
  if (!/^bearer(?:\s|$)/i.test(said)) throw new Refusal("unsupported_scheme");
  const token = said.slice("bearer".length).trim();
  if (!/^[\w.~+/=-]+$/.test(token)) throw new Refusal("PGRST301");
  return token;
}
