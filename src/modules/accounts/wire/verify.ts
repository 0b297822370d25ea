// Links and codes, redeemed. Each is spent by one conditional statement in the batch of its effect.
import { type Context, Hono } from "hono";
import { plus } from "../../../kernel/change.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Wire } from "../../../kernel/module.ts";
import { and, eq, gt, lt, now } from "../../../kernel/predicate.ts";
import { normalizeEmail } from "../email.ts";
import { digest } from "../encoding.ts";
import { accountErrors } from "../errors.ts";
import { CODE_TRIES, type Purpose, purposeOf } from "../link.ts";
import { oneTimeTokens } from "../tables.ts";
import { type Body, invalid, readBody, readQuery, textField } from "./body.ts";
import { raise } from "./limits.ts";
import { codeHash } from "./links.ts";
import { redeem, redeemForCode } from "./redeem.ts";
import { asToken, type OneTimeToken, tokenByHash } from "./rows.ts";
import { type Asker, askerOf, type Setup } from "./setup.ts";

export function verifyRoutes(setup: Setup): Hono<Wire> {
  return (
    new Hono<Wire>()
      // Scanners of mail look before the person does; a look spends nothing.
      .get(
        "/verify",
        async (c): Promise<Response> =>
          c.req.method === "HEAD" ? c.body(null, 204) : followLink(setup, c),
      )
      .post("/verify", async (c) => {
        const body = await readBody(c);
        return c.json(await verify(setup, askerOf(c, setup.settings), body));
      })
  );
}

async function verify(setup: Setup, asker: Asker, body: Body) {
  const purpose = purposeOf(body.type);
  if (!purpose) throw invalid("type is not one that is sent");
  await raise(setup, asker, [setup.settings.limits.verify, asker.actor.address]);
  const hash = textField(body, "token_hash");
  const token = hash
    ? await findLink(setup, asker, purpose, hash)
    : await tryCode(setup, asker, purpose, body);
  return redeem(setup, asker, token);
}

async function followLink(setup: Setup, c: Context<Wire>): Promise<Response> {
  const asker = askerOf(c, setup.settings);
  c.header("Referrer-Policy", "no-referrer");
  await raise(setup, asker, [setup.settings.limits.verify, asker.actor.address]);
  const type = readQuery(c, "type");
  try {
    const purpose = purposeOf(type);
    const secret = readQuery(c, "token") ?? readQuery(c, "token_hash");
    if (!purpose || !secret) throw new Refusal("otp_expired");
    const token = await findLink(setup, asker, purpose, secret);
    if (token.code_challenge) {
      const code = await redeemForCode(setup, asker, token);
      return c.redirect(withQuery(asker.redirectTo, { code }), 303);
    }
    const { user: _, ...tokens } = await redeem(setup, asker, token);
    const fragment = Object.entries({ ...tokens, type: purpose }).map(([k, v]) => [k, String(v)]);
    return c.redirect(withFragment(asker.redirectTo, Object.fromEntries(fragment)), 303);
  } catch (error) {
    const known = error instanceof Refusal ? accountErrors[error.code] : undefined;
    if (!(error instanceof Refusal) || !known) throw error;
    const told = {
      error: "access_denied",
      error_code: error.code,
      error_description: known.message,
    };
    return c.redirect(withFragment(asker.redirectTo, told), 303);
  }
}

function withFragment(place: string, members: Record<string, string>): string {
  const url = new URL(place);
  url.hash = new URLSearchParams(members).toString();
  return url.href;
}

function withQuery(place: string, members: Record<string, string>): string {
  const url = new URL(place);
  for (const [name, value] of Object.entries(members)) url.searchParams.set(name, value);
  return url.href;
}

async function findLink(
  { kernel }: Setup,
  { actor }: Asker,
  purpose: Purpose,
  secret: string,
): Promise<OneTimeToken> {
  const [rows = []] = await kernel.read([tokenByHash(await digest(secret), purpose)], actor);
  const token = asToken(rows[0]);
  if (!token) throw new Refusal("otp_expired");
  return token;
}

/** Counts the try before it looks, so that many at once have no more tries than in turn. */
async function tryCode(setup: Setup, { actor }: Asker, purpose: Purpose, body: Body) {
  const code = textField(body, "token");
  if (!code) throw invalid("token or token_hash is missing");
  const email = normalizeEmail(textField(body, "email"));
  if (!email) throw new Refusal("otp_expired");
  const [rows = []] = await setup.kernel.commit(
    [
      {
        update: oneTimeTokens,
        set: { tries: plus(1) },
        where: and(
          eq("email", email),
          eq("purpose", purpose),
          lt("tries", CODE_TRIES),
          gt("code_expires_at", now),
        ),
      },
    ],
    actor,
  );
  for (const row of rows) {
    const token = asToken(row);
    const right =
      token && (await codeHash(setup, token.user_id, purpose, code)) === token.code_hash;
    if (right) return token;
  }
  throw new Refusal("otp_expired");
}
