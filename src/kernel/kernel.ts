// The kernel, put together: declarations in, an engine for protocols and a view for modules out.
import { type Actor, guest, service } from "./actor.ts";
import { createAliveness } from "./alive.ts";
import { type Clock, iso } from "./clock.ts";
import { fillingOf } from "./commit.ts";
import { Refusal } from "./errors.ts";
import { createEngine, type Engine } from "./execute.ts";
import { uuidv7 } from "./id.ts";
import type { Credentials, Kernel, Module } from "./module.ts";
import { createPlanner } from "./plan.ts";
import { queryStatement, stepStatements } from "./plan-change.ts";
import { createSchema } from "./schema.ts";
import { refusalOf } from "./sqlite-errors.ts";
import { createStore, type Store } from "./store.ts";
import { sweepStatements } from "./sweep.ts";

export interface KernelOptions {
  modules: Module[];
  db: D1Database;
  secrets: Record<string, string>;
  settings: Record<string, string | undefined>;
  clock: Clock;
}

export interface AssembledKernel extends Engine {
  authenticate(credentials: Credentials): Promise<Actor>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** Removes what is kept for a time only; to be called every now and then. */
  sweep(): Promise<void>;
  /** What modules' own wires are given. */
  modules: Kernel;
}

export function createKernel(options: KernelOptions): AssembledKernel {
  const { modules, clock, settings, secrets } = options;
  const schema = createSchema(modules);
  const store = createStore(options.db);
  const id = () => uuidv7(clock.now());
  const kernel: Kernel = {
    clock,
    id,
    secret(name) {
      const secret = secrets[name];
      if (!secret) throw new Error(`the secret ${name} is not declared`);
      return secret;
    },
    setting: (name) => settings[name],
    ...access(store, clock, id, schema.tables),
  };
  const alive = createAliveness(schema.authenticate);
  const planner = createPlanner(schema);
  const actorOf = schema.authenticate?.actor(kernel);
  return {
    ...createEngine({ schema, planner, store, alive, clock, id, kernel }),
    authenticate: async (credentials) => actorOf?.(credentials) ?? guest(credentials.address),
    async ping() {
      await store.read([{ sql: "select 1", params: [] }], { at: "first-unconstrained" });
    },
    async sweep() {
      const [actor, now] = [service(), iso(clock.now())];
      await store.commit(sweepStatements(clock.now()), { actor, now, nonce: id() });
      for (const { sweep } of modules) if (sweep) await kernel.commit(sweep(now), actor);
    },
    modules: kernel,
  };
}

/** Reads and commits with a module's own authority. */
function access(
  store: Store,
  clock: Clock,
  id: () => string,
  tables: ReturnType<typeof createSchema>["tables"],
): Pick<Kernel, "read" | "commit"> {
  const refusing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw refusalOf(error, tables) ?? error;
    }
  };
  return {
    read: (queries, actor) =>
      refusing(async () => {
        const now = iso(clock.now());
        const statements = queries.map((query) => queryStatement(query, actor, now));
        const { rows } = await store.read(statements, { at: "first-primary" });
        return statements.map((statement, i) => statement.rows(rows[i] ?? []));
      }),
    commit: (change, actor) =>
      refusing(async () => {
        const filling = fillingOf({ clock, id }, actor, true);
        const steps = change.map((step) => stepStatements(step, filling));
        const written = await store.commit(steps.flat(), { actor, now: filling.now, nonce: id() });
        if (written.stored !== undefined) throw new Refusal("answer_lost");
        let at = 0;
        return steps.map((statements) => {
          at += statements.length;
          return statements.at(-1)?.rows(written.rows[at - 1] ?? []) ?? [];
        });
      }),
  };
}
