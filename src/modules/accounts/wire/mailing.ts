// Asking for mail. What is answered never tells whether there is anybody to write to.
import { Hono } from "hono";
import type { Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Wire } from "../../../kernel/module.ts";
import { eq } from "../../../kernel/predicate.ts";
import type { Purpose } from "../link.ts";
import { confirmation, emailChange, type Mail, reauthentication, recovery } from "../mail.ts";
import { outbox, users } from "../tables.ts";
import { isBanned, type User } from "../user.ts";
import { type Body, challengeField, emailField, invalid, readBody } from "./body.ts";
import { type Counted, isOver, raise } from "./limits.ts";
import { mintLink, voidLinks } from "./links.ts";
import { asToken, asUser, holderOfWanted, liveLink, userByEmail } from "./rows.ts";
import { type Asker, askerOf, type Setup } from "./setup.ts";
import { signedInPerson } from "./signed-in.ts";

export function mailingRoutes(setup: Setup): Hono<Wire> {
  return new Hono<Wire>()
    .post("/recover", async (c) => {
      const body = await readBody(c);
      await sendLink(setup, askerOf(c, setup.settings), "recovery", body);
      return c.json({});
    })
    .post("/resend", async (c) => {
      const body = await readBody(c);
      const { type } = body;
      if (type !== "signup" && type !== "email_change")
        throw invalid("type is not one that is resent");
      await sendLink(setup, askerOf(c, setup.settings), type, body);
      return c.json({});
    })
    .get("/reauthenticate", async (c) => {
      if (c.req.method === "HEAD") return c.body(null, 204);
      await sendNonce(setup, askerOf(c, setup.settings));
      return c.json({});
    });
}

type Letter = (to: string, link: string, code: string) => Mail;
const letters: Partial<Record<Purpose, { letter: Letter; sentAt: keyof User }>> = {
  signup: { letter: confirmation, sentAt: "confirmation_sent_at" },
  recovery: { letter: recovery, sentAt: "recovery_sent_at" },
  email_change: { letter: emailChange, sentAt: "email_change_sent_at" },
};

async function sendLink(setup: Setup, asker: Asker, purpose: Purpose, body: Body): Promise<void> {
  const { kernel } = setup;
  const email = emailField(body);
  const challenge = challengeField(body);
  // Those who ask and those who are written to have budgets of their own, where they may differ.
  const elsewhere = purpose === "email_change";
  await limitMail(setup, asker, elsewhere ? `resend|${email}` : `${purpose}|${email}`);
  const reads = [userByEmail(email), liveLink(email, purpose), holderOfWanted(email)];
  const [rows = [], links = [], holders = []] = await kernel.read(reads, asker.actor);
  const user = asUser(rows[0]);
  const banned = user && isBanned(user, kernel.clock.now());
  const to = user && !banned ? recipientOf(user, purpose, holders.length > 0) : null;
  const budget = `email_change|${to ?? `nobody|${email}`}`;
  const { mailAccount } = setup.settings.limits;
  const spent = elsewhere && (await isOver(setup, asker, [mailAccount, budget]));
  // Without a recipient the same work is done for nobody, so that it takes as long.
  const steps = await linkSteps(setup, asker, {
    userId: user?.id ?? kernel.id(),
    purpose,
    email: to ?? email,
    // Whoever asks again without a challenge may not be who asked first with one.
    challenge: challenge ?? asToken(links[0])?.code_challenge ?? null,
  });
  await kernel.commit(to && !spent ? steps : [voidLinks(kernel.id())], asker.actor);
}

/** The address that a link of this purpose goes to; null where there is nothing to prove. */
function recipientOf(user: User, purpose: Purpose, taken: boolean): string | null {
  if (purpose === "signup") return user.email_confirmed_at ? null : user.email;
  if (purpose === "email_change") return taken ? null : user.new_email;
  return user.email;
}

interface Sending {
  userId: string;
  purpose: Purpose;
  email: string;
  challenge: string | null;
}

/** A fresh link, its mail, and when it was sent. */
export async function linkSteps(setup: Setup, asker: Asker, sending: Sending): Promise<Step[]> {
  const { letter = confirmation, sentAt = "confirmation_sent_at" } = letters[sending.purpose] ?? {};
  const { steps, link, code } = await mintLink(setup, asker, sending);
  const set = { [sentAt]: iso(setup.kernel.clock.now()) };
  return [
    ...steps,
    { update: users, set, where: eq("id", sending.userId) },
    { insert: outbox, rows: [{ ...letter(sending.email, link, code) }] },
  ];
}

async function sendNonce(setup: Setup, asker: Asker): Promise<void> {
  const { user } = await signedInPerson(setup, asker);
  if (!user.email)
    throw new Refusal("validation_failed", {
      reason: "there is no address to write to",
    });
  await limitMail(setup, asker, `reauthentication|${user.email}`);
  const { code, steps } = await mintLink(setup, asker, {
    userId: user.id,
    purpose: "reauthentication",
    email: user.email,
  });
  const mail = reauthentication(user.email, code);
  await setup.kernel.commit([...steps, { insert: outbox, rows: [{ ...mail }] }], asker.actor);
}

/**
 * Mail is limited for those it reaches, by its purpose, and for those who have it sent: asking for
 * one kind of mail uses up no budget of another.
 */
export async function limitMail(setup: Setup, asker: Asker, ...budgets: string[]): Promise<void> {
  const { mailAccount, mailAddress } = setup.settings.limits;
  const accounts = budgets.map((budget): Counted => [mailAccount, budget]);
  await raise(setup, asker, ...accounts, [mailAddress, asker.actor.address]);
}
