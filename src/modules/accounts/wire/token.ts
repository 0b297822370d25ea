import { Hono } from "hono";
import { Refusal } from "../../../kernel/errors.ts";
import type { Wire } from "../../../kernel/module.ts";
import { and, eq, gt, member, now } from "../../../kernel/predicate.ts";
import { normalizeEmail } from "../email.ts";
import { digest } from "../encoding.ts";
import { oneTimeTokens, users } from "../tables.ts";
import { type Body, invalid, readBody, readQuery, textField } from "./body.ts";
import { verifyPassword } from "./hash.ts";
import { openSession, refuseBanned } from "./issue.ts";
import { failuresOf, overLimit, raise } from "./limits.ts";
import { voidLinks } from "./links.ts";
import { refresh } from "./refresh.ts";
import {
  asToken,
  asUser,
  crowdOf,
  ofHolder,
  sessionsFrom,
  tokenByHash,
  userByEmail,
  userOfToken,
} from "./rows.ts";
import { type Asker, askerOf, type Setup } from "./setup.ts";

type Grant = (setup: Setup, asker: Asker, body: Body) => Promise<object>;

const grants: Record<string, Grant> = {
  password: signIn,
  refresh_token: refresh,
  pkce: exchangeCode,
};

export function tokenRoutes(setup: Setup): Hono<Wire> {
  return new Hono<Wire>().post("/token", async (c) => {
    const type = readQuery(c, "grant_type") ?? "";
    const grant = Object.hasOwn(grants, type) ? grants[type] : undefined;
    if (!grant) throw new Refusal("unsupported_grant_type");
    return c.json(await grant(setup, askerOf(c, setup.settings), await readBody(c)));
  });
}

async function signIn(setup: Setup, asker: Asker, body: Body) {
  const { kernel, settings } = setup;
  if (body.phone) throw new Refusal("phone_provider_disabled");
  const [address, password] = [textField(body, "email"), textField(body, "password")];
  if (!address || !password) throw invalid("email or password is missing");
  const email = normalizeEmail(address);
  if (!email) throw new Refusal("invalid_credentials");
  const from = asker.actor.address;
  const { signInAccount, signInDevice, signInAddress, signInFailures, hashing } = settings.limits;
  const failures = await failuresOf(setup, [signInFailures, email]);
  const [people = [], devices = [], crowd, failed = []] = await kernel.read(
    [userByEmail(email), sessionsFrom(email, from), crowdOf(ofHolder(email)), failures.query],
    asker.actor,
  );
  // Where the person has signed in before, they have budgets that strangers cannot use up.
  const atHome = devices.length > 0;
  const giveBack = await raise(
    setup,
    asker,
    atHome ? [signInDevice, `${email}|${from}`] : [signInAccount, email],
    [signInAddress, from],
    [hashing, from],
  );
  if (!atHome && Number(failed[0]?.n ?? 0) >= signInFailures.quota)
    throw overLimit(signInFailures, kernel.clock.now());
  const user = asUser(people[0]);
  const right = await verifyPassword(password, user?.password_hash ?? null);
  if (!user || !right) {
    // From everywhere it takes as long, and counts where the person has never been.
    await kernel.commit([atHome ? voidLinks(kernel.id()) : failures.another], asker.actor);
    throw new Refusal("invalid_credentials");
  }
  refuseBanned(user, kernel.clock.now());
  if (!user.email_confirmed_at) throw new Refusal("email_not_confirmed");
  const unchanged = and(eq("id", user.id), eq("password_hash", user.password_hash));
  return openSession(setup, asker, {
    userId: user.id,
    method: "password",
    proof: [{ expect: users, where: unchanged, rows: 1, else: "invalid_credentials" }],
    after: [giveBack, failures.cleared],
    crowd,
  });
}

/** The code of a link that was bound to a challenge, for whoever holds the verifier. */
async function exchangeCode(setup: Setup, asker: Asker, body: Body) {
  const { kernel } = setup;
  const [code, verifier] = [textField(body, "auth_code"), textField(body, "code_verifier")];
  if (!code || !verifier) throw invalid("auth_code or code_verifier is missing");
  await raise(setup, asker, [setup.settings.limits.verify, asker.actor.address]);
  const hash = await digest(code);
  const ofLink = member("user_id", oneTimeTokens, "user_id", eq("token_hash", hash));
  const reads = [tokenByHash(hash, "pkce"), userOfToken(hash), crowdOf(ofLink)];
  const [tokens, people, crowd] = await kernel.read(reads, asker.actor);
  const [token, user] = [asToken(tokens?.[0]), asUser(people?.[0])];
  if (!token || !user) throw new Refusal("flow_state_not_found");
  const challenge = await digest(verifier);
  if (token.code_challenge !== challenge) throw new Refusal("bad_code_verifier");
  refuseBanned(user, kernel.clock.now());
  const good = and(eq("token_hash", hash), eq("code_challenge", challenge), gt("expires_at", now));
  return openSession(setup, asker, {
    userId: user.id,
    method: "otp",
    proof: [
      {
        delete: oneTimeTokens,
        where: good,
        rows: 1,
        else: "flow_state_not_found",
      },
    ],
    crowd,
  });
}
