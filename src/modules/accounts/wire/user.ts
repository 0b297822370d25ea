import { Hono } from "hono";
import type { Wire } from "../../../kernel/module.ts";
import { viewUser } from "../user.ts";
import { invalid, readBody, readQuery } from "./body.ts";
import { endSessions } from "./person.ts";
import { type Asker, askerOf, type Setup } from "./setup.ts";
import { signedInPerson } from "./signed-in.ts";
import { updateUser } from "./update-user.ts";

const SCOPES = ["global", "local", "others"];

export function userRoutes(setup: Setup): Hono<Wire> {
  return new Hono<Wire>()
    .get("/user", async (c) => {
      const { user } = await signedInPerson(setup, askerOf(c, setup.settings));
      return c.json(viewUser(user));
    })
    .put("/user", async (c) => {
      const body = await readBody(c);
      return c.json(viewUser(await updateUser(setup, askerOf(c, setup.settings), body)));
    })
    .post("/logout", async (c) => {
      const scope = readQuery(c, "scope") ?? "global";
      if (!SCOPES.includes(scope)) throw invalid("scope must be global, local or others");
      await signOut(setup, askerOf(c, setup.settings), scope);
      return c.body(null, 204);
    });
}

async function signOut(setup: Setup, asker: Asker, scope: string): Promise<void> {
  const { user, session } = await signedInPerson(setup, asker);
  const which = { local: { only: session.id }, others: { not: session.id } }[scope] ?? {};
  await setup.kernel.commit([endSessions(setup, user.id, which)], asker.actor);
}
