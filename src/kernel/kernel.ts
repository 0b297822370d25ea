// The kernel, put together: declarations in, an engine for protocols and a view for modules out.
import { type Actor, guest } from "./actor.ts";
import { settleKeys } from "./after/settle.ts";
import { sweep } from "./after/sweep.ts";
import { createTeller } from "./after/tell.ts";
import { createAliveness } from "./alive.ts";
import { createBlobs } from "./bucket.ts";
import type { Change, ModuleQuery } from "./change.ts";
import { type Clock, iso } from "./clock.ts";
import { commit, fillingOf, type Parts } from "./commit.ts";
import { Refusal } from "./errors.ts";
import { createEngine, type Engine } from "./execute.ts";
import { uuidv7 } from "./id.ts";
import type { Credentials, Kernel, Module } from "./module.ts";
import { queryStatement, stepStatements, touchesOf } from "./plan/change.ts";
import { createCursors } from "./plan/cursor-token.ts";
import { createPlanner } from "./plan/plan.ts";
import { createSchema } from "./schema.ts";
import { createSigner } from "./signature.ts";
import { refusalOf } from "./sqlite-errors.ts";
import { createStore } from "./store.ts";

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
  /** Finishes what was begun, removes what is kept for a time only; to be called every minute. */
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
    ...access(() => parts),
  };
  const planner = createPlanner(schema, settings.MAX_ROWS);
  const openCursor = createCursors(createSigner("cursors", () => kernel.secret("JWT_SECRET")));
  const teller = createTeller({ schema, store, clock, id, kernel });
  const parts: Parts = { schema, planner, store, alive, teller, clock, id, openCursor, kernel };
  const actorOf = schema.authenticate?.actor(kernel);
  return {
    ...createEngine(parts),
    authenticate: (of) => actorOf?.(of) ?? Promise.resolve(guest(of.address)),
    async ping() {
      await store.read([{ sql: "select 1", params: [] }], { at: "first-unconstrained" });
    },
    sweep: () => sweep(parts),
    modules: kernel,
  };
}

/** Reads and commits with a module's own authority; as the caller only while its session lives. */
function access(parts: () => Parts): Pick<Kernel, "read" | "commit" | "settle"> {
  const refusing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw refusalOf(error, parts().schema.tables) ?? error;
    }
  };
  const asCaller = (of: Change | ModuleQuery[]) => of.some((o) => "as" in o && o.as === "caller");
  return {
    read: (queries, actor) =>
      refusing(async () => {
        const { store, clock, alive } = parts();
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
        const filling = fillingOf(parts(), actor, true);
        const steps = change.map((step) => stepStatements(step, filling));
        const bind = { values: [], actor, now: filling.now, rows: "" };
        const manner = { asModule: !asCaller(change), touches: touchesOf(change) };
        const written = await commit(parts(), steps.flat(), bind, {}, manner);
        if (written.stored !== undefined) throw new Refusal("answer_lost");
        let at = 0;
        return steps.map((statements) => {
          at += statements.length;
          return statements.at(-1)?.rows(written.rows[at - 1] ?? []) ?? [];
        });
      }),
    async settle(on, keys) {
      const settlement = parts().schema.settlements.get(on);
      if (settlement) await settleKeys(parts(), settlement, keys);
    },
  };
}
