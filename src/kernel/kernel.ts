// The kernel, put together: declarations in, an engine for protocols and a view for modules out.
import { type Actor, guest, service } from "./actor.ts";
import { createAliveness } from "./alive.ts";
import { createBlobs } from "./bucket.ts";
import type { Change, ModuleQuery } from "./change.ts";
import { type Clock, iso } from "./clock.ts";
import { fillingOf, type Parts } from "./commit.ts";
import { Refusal } from "./errors.ts";
import { createEngine, type Engine } from "./execute.ts";
import { uuidv7 } from "./id.ts";
import type { Credentials, Kernel, Module } from "./module.ts";
import { queryStatement, stepStatements } from "./plan/change.ts";
import { createPlanner } from "./plan/plan.ts";
import { createSchema } from "./schema.ts";
import { refusalOf } from "./sqlite-errors.ts";
import { createStore } from "./store.ts";
import { sweepStatements } from "./sweep.ts";

export interface KernelOptions {
  modules: Module[];
  db: D1Database;
  files: R2Bucket;
  secrets: Record<string, string>;
  settings: Record<string, string | undefined>;
  clock: Clock;
  /** Keeps the Worker alive for this; without it, nothing waits. */
  waitUntil?: (work: Promise<unknown>) => void;
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
  const { modules, clock, settings, secrets, waitUntil } = options;
  const schema = createSchema(modules);
  const store = createStore(options.db);
  const id = () => uuidv7(clock.now());
  const alive = createAliveness(schema.authenticate);
  const kernel: Kernel = {
    clock,
    id,
    secret(name) {
      const secret = secrets[name];
      if (!secret) throw new Error(`the secret ${name} is not declared`);
      return secret;
    },
    setting: (name) => settings[name],
    bucket: createBlobs(options.files),
    buckets: modules.flatMap((m) => m.buckets ?? []),
    after: (work) => waitUntil?.(work),
    ...access({ store, clock, id, alive }, schema.tables),
  };
  const planner = createPlanner(schema);
  const actorOf = schema.authenticate?.actor(kernel);
  return {
    ...createEngine({ schema, planner, store, alive, clock, id, kernel }),
    authenticate: async (credentials) => actorOf?.(credentials) ?? guest(credentials.address),
    async ping() {
      await store.read([{ sql: "select 1", params: [] }], { at: "first-unconstrained" });
    },
    async sweep() {
      const writing = { actor: service(), now: iso(clock.now()), nonce: id() };
      await store.commit(sweepStatements(clock.now()), writing);
      for (const module of modules) await module.sweep?.(kernel);
    },
    modules: kernel,
  };
}

/** Reads and commits with a module's own authority; as the caller only while its session lives. */
function access(
  { store, clock, id, alive }: Pick<Parts, "store" | "clock" | "id" | "alive">,
  tables: ReturnType<typeof createSchema>["tables"],
): Pick<Kernel, "read" | "commit"> {
  const refusing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw refusalOf(error, tables) ?? error;
    }
  };
  const asCaller = (of: Change | ModuleQuery[]) => of.some((o) => "as" in o && o.as === "caller");
  return {
    read: (queries, actor) =>
      refusing(async () => {
        const now = iso(clock.now());
        const statements = queries.map((query) => queryStatement(query, actor, now));
        const bind = { values: [], actor, now, rows: "" };
        const question = asCaller(queries) ? alive.question(bind, true) : [];
        const all = [...statements, ...question];
        const { rows } = await store.read(all, { at: "first-primary" });
        if (question.length > 0) alive.heed(actor, rows.at(-1) ?? [], Date.parse(now));
        return statements.map((statement, i) => statement.rows(rows[i] ?? []));
      }),
    commit: (change, actor) =>
      refusing(async () => {
        const filling = fillingOf({ clock, id }, actor, true);
        const { now } = filling;
        const steps = change.map((step) => stepStatements(step, filling));
        const bind = { values: [], actor, now, rows: "" };
        const before = asCaller(change) ? alive.guard(bind) : [];
        const written = await store.commit(steps.flat(), { actor, now, nonce: id(), before });
        if (written.stored !== undefined) throw new Refusal("answer_lost");
        let at = 0;
        return steps.map((statements) => {
          at += statements.length;
          return statements.at(-1)?.rows(written.rows[at - 1] ?? []) ?? [];
        });
      }),
  };
}
