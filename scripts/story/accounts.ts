import type { SupabaseClient } from "@supabase/supabase-js";
import {
  type Chapter,
  expects,
  type Fact,
  fact,
  granted,
  type Stage,
  type Step,
} from "../stage.ts";

export interface Person {
  id: string;
  client: SupabaseClient;
}

export const ada = fact<Person>("Ada");
export const kim = fact<Person>("Kim");
export const eve = fact<Person>("Eve");

export const accounts: Chapter = {
  arrives: [signsUp("Ada", ada)],
  cooks: [signsUp("Kim", kim)],
  stranger: [signsUp("Eve", eve)],
};

/** Somebody new at each telling, so that it can be told again to the same stack. */
function signsUp(name: string, person: Fact<Person>): Step {
  return {
    says: "signs up",
    async does(stage) {
      const client = stage.newClient();
      const email = `${name.toLowerCase()}-${crypto.randomUUID().slice(0, 8)}@example.com`;
      const credentials = { email, password: `${crypto.randomUUID()} is long` };
      const signedIn = (await confirmsByMail(stage))
        ? letIn(stage, client, credentials)
        : client.auth.signUp({ ...credentials, options: { data: { name } } });
      const { user, session } = await granted<Session>(signedIn);
      expects(session !== null, "a session", "a sign-up without one");
      expects(user.email === email, `the address ${email}`, user);
      person.is(stage, { id: user.id, client });
      return `${email}, signed in for ${Math.round(session.expires_in / 60)} minutes`;
    },
  };
}

interface Session {
  user: { id: string; email: string };
  session: { expires_in: number } | null;
}

async function confirmsByMail(stage: Stage): Promise<boolean> {
  const answer = await stage.fetch(`${stage.url}/auth/v1/settings`);
  const { mailer_autoconfirm } = (await answer.json()) as { mailer_autoconfirm: boolean };
  return !mailer_autoconfirm;
}

/** Nobody reads the mail of example.com: the back office vouches for the address. */
async function letIn(
  { office }: Stage,
  client: SupabaseClient,
  credentials: { email: string; password: string },
) {
  await granted(office.auth.admin.createUser({ ...credentials, email_confirm: true }));
  return client.auth.signInWithPassword(credentials);
}
