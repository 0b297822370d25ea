// What the holder of the secret key may do with people.
import { type Context, Hono } from "hono";
import type { Step } from "../../../kernel/change.ts";
import { iso } from "../../../kernel/clock.ts";
import { Refusal } from "../../../kernel/errors.ts";
import type { Wire } from "../../../kernel/module.ts";
import { and, eq, isNull, oneOf } from "../../../kernel/predicate.ts";
import { parseDuration } from "../duration.ts";
import { emailChangedNotice, passwordChangedNotice } from "../mail.ts";
import { outbox, sessions, users } from "../tables.ts";
import { emailApp, type User, viewUser } from "../user.ts";
import {
  type Body,
  booleanField,
  emailField,
  invalid,
  objectField,
  readBody,
  textField,
} from "./body.ts";
import { hashPassword } from "./hash.ts";
import { voidLinks } from "./links.ts";
import { listUsers } from "./list-users.ts";
import { acceptMetadata, acceptPassword, endSessions, erased, refuseTaken } from "./person.ts";
import { asUser, userById } from "./rows.ts";
import type { Setup } from "./setup.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function adminRoutes(setup: Setup): Hono<Wire> {
  const app = new Hono<Wire>();
  app.use("/admin/*", async (c, next) => {
    const { role } = c.var.actor;
    if (role === "anon") throw new Refusal("no_authorization", { credentials: "the secret key" });
    if (role !== "service_role") throw new Refusal("not_admin");
    await next();
  });
  app.post("/admin/users", async (c) => {
    return c.json(viewUser(await createUser(setup, c, await readBody(c))));
  });
  app.get("/admin/users", (c) => listUsers(setup, c));
  app.get("/admin/users/:id", async (c) => {
    return c.json(viewUser(await findUser(setup, c, c.req.param("id"))));
  });
  app.put("/admin/users/:id", async (c) => {
    const body = await readBody(c);
    const user = await findUser(setup, c, c.req.param("id"));
    return c.json(viewUser(await changeUser(setup, c, user, body)));
  });
  app.delete("/admin/users/:id", async (c) => {
    const user = await findUser(setup, c, c.req.param("id"));
    await setup.kernel.commit(erasure(setup, user), c.var.actor);
    return c.json({});
  });
  return app;
}

async function findUser({ kernel }: Setup, c: Context<Wire>, id: string): Promise<User> {
  if (!UUID.test(id)) throw new Refusal("user_not_found");
  const [rows = []] = await kernel.read([userById(id.toLowerCase())], c.var.actor);
  const user = asUser(rows[0]);
  if (!user) throw new Refusal("user_not_found");
  return user;
}

/** Phones and foreign hashes are not kept, and nobody should believe that they were. */
function refuseUnkept(body: Body): void {
  if (body.phone) throw new Refusal("phone_provider_disabled");
  if (body.password_hash) throw invalid("password_hash is not accepted; send the password");
  if ((body.role ?? "authenticated") !== "authenticated")
    throw invalid("role must be authenticated");
}

async function createUser(
  { kernel, settings }: Setup,
  c: Context<Wire>,
  body: Body,
): Promise<User> {
  refuseUnkept(body);
  const email = emailField(body);
  const id = textField(body, "id")?.toLowerCase();
  if (id && !UUID.test(id)) throw invalid("id must be a UUID");
  const user_metadata = acceptMetadata({}, objectField(body, "user_metadata") ?? {});
  const about = { email, user_metadata };
  const password = body.password ? acceptPassword(body, about, settings) : null;
  const now = kernel.clock.now();
  const person = {
    id: id ?? kernel.id(),
    email,
    password_hash: password && (await hashPassword(password)),
    email_confirmed_at: booleanField(body, "email_confirm") ? iso(now) : null,
    user_metadata,
    app_metadata: acceptMetadata(emailApp, objectField(body, "app_metadata") ?? {}),
    banned_until: bannedUntil(body, now) ?? null,
  };
  const made = kernel.commit([{ insert: users, rows: [person] }], c.var.actor);
  const [rows = []] = await refuseTaken(made, "email_exists");
  const user = asUser(rows[0]);
  if (!user) throw new Refusal("internal");
  return user;
}

/** A new password, address or ban ends what was begun under the old. */
async function changeUser(setup: Setup, c: Context<Wire>, user: User, body: Body): Promise<User> {
  const { kernel, settings } = setup;
  refuseUnkept(body);
  const now = kernel.clock.now();
  const set: Record<string, object | string | null> = {};
  const after: Step[] = [];
  const tell = (mail: { recipient: string }) => after.push({ insert: outbox, rows: [{ ...mail }] });
  const email = body.email ? emailField(body) : user.email;
  if (email !== user.email) {
    Object.assign(set, { email, new_email: null });
    after.push(voidLinks(user.id));
    if (user.email) tell(emailChangedNotice(user.email, settings.siteUrl));
  }
  if (body.password) {
    set.password_hash = await hashPassword(acceptPassword(body, { ...user, email }, settings));
    after.push(voidLinks(user.id), endSessions(setup, user.id));
    tell(passwordChangedNotice(String(email), settings.siteUrl));
  }
  if (booleanField(body, "email_confirm"))
    set.email_confirmed_at = user.email_confirmed_at ?? iso(now);
  for (const name of ["user_metadata", "app_metadata"] as const) {
    const changes = objectField(body, name);
    if (changes) set[name] = acceptMetadata(user[name], changes);
  }
  const banned = bannedUntil(body, now);
  if (banned !== undefined) set.banned_until = banned;
  if (banned) after.push(endSessions(setup, user.id));
  if (Object.keys(set).length === 0) return user;
  // Only what was merged must still be as it was read: a ban does not lose to a busy person.
  const merged = set.user_metadata || set.app_metadata ? [eq("updated_at", user.updated_at)] : [];
  const where = and(eq("id", user.id), isNull("deleted_at"), ...merged);
  const change: Step[] = [{ update: users, set, where, rows: 1, else: "conflict" }, ...after];
  const answers = await refuseTaken(kernel.commit(change, c.var.actor), "email_exists");
  return asUser(answers[0]?.[0]) ?? user;
}

/** Until when `ban_duration` bans; null lifts a ban, undefined leaves it. */
function bannedUntil(body: Body, now: number): string | null | undefined {
  const duration = textField(body, "ban_duration");
  if (!duration) return undefined;
  if (duration === "none") return null;
  const ms = parseDuration(duration);
  if (ms === null) throw invalid("ban_duration must be like 24h, or none");
  return iso(now + ms);
}

/** Everything about the person goes; the empty row stays for what other tables keep about it. */
function erasure({ kernel }: Setup, { id, email, new_email }: User): Step[] {
  const where = and(eq("id", id), isNull("deleted_at"));
  const set = erased(kernel.clock.now());
  const addresses = [email, new_email].filter((address) => address !== null);
  return [
    { update: users, set, where, rows: 1, else: "user_not_found" },
    voidLinks(id),
    { delete: sessions, where: eq("user_id", id) },
    { delete: outbox, where: oneOf("recipient", addresses) },
  ];
}
