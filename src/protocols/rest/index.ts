// PostgREST's routes. What they mean is in parse.ts, what they answer in render.ts.
import { type Context, Hono } from "hono";
import { type Catalogue, Refusal } from "../../kernel/errors.ts";
import type { Engine } from "../../kernel/execute.ts";
import type { Wire } from "../../kernel/module.ts";
import { restErrors } from "./errors.ts";
import {
  type Parsed,
  parseCall,
  parseDelete,
  parseInsert,
  parsePut,
  parseRead,
  parseUpdate,
} from "./parse.ts";
import { parseBatch } from "./parse-batch.ts";
import { render, renderBatch, renderPlan } from "./render.ts";

const CALL_METHODS = "OPTIONS,GET,HEAD,POST";
const TABLE_ONLY = new Set(["PUT", "PATCH", "DELETE"]);

/** The wire at its path, with what it alone refuses. */
export function rest(engine: Engine): { path: string; app: Hono<Wire>; errors: Catalogue } {
  const app = new Hono<Wire>();

  const serve = async (c: Context<Wire>, parsing: Promise<Parsed>) => {
    const parsed = await parsing;
    const actor = c.get("actor"); // c.var copies all that the context holds
    if (parsed.wanted.form.startsWith("plan")) {
      return renderPlan(await engine.explain(parsed.intent, actor), parsed);
    }
    const answer = await engine.execute(parsed.intent, actor, parsed.execution);
    return render(answer, parsed, actor);
  };
  const call = (c: Context<Wire>, name: string) =>
    serve(c, parseCall(c.req.raw, name, engine.functionParams(name)));

  app.get("/rpc/:name", (c) => call(c, c.req.param("name")));
  app.post("/rpc/:name", (c) => call(c, c.req.param("name")));
  app.all("/rpc/:name", (c) => {
    const name = c.req.param("name");
    if (!engine.functionParams(name)) throw new Refusal("PGRST202", { name, args: "" });
    return otherwise(c, CALL_METHODS, TABLE_ONLY.has(c.req.method) ? "PGRST101" : "PGRST117");
  });

  app.post("/batch", async (c) => {
    const batch = await parseBatch(c.req.raw);
    const { steps, execution, prefer } = batch;
    const dryRun = prefer.tx === "rollback";
    const answers = await engine.batch(steps, c.var.actor, execution, dryRun);
    return renderBatch(answers, batch, c.var.actor);
  });
  app.all("/batch", (c) => otherwise(c, "OPTIONS,POST", "method_not_allowed"));

  app.get("/:table", (c) => serve(c, parseRead(c.req.raw, c.req.param("table"))));
  app.post("/:table", (c) => serve(c, parseInsert(c.req.raw, c.req.param("table"))));
  app.put("/:table", (c) => serve(c, parsePut(c.req.raw, c.req.param("table"))));
  app.patch("/:table", (c) => serve(c, parseUpdate(c.req.raw, c.req.param("table"))));
  app.delete("/:table", (c) => serve(c, parseDelete(c.req.raw, c.req.param("table"))));
  app.all("/:table", (c) => {
    const profile = c.req.header("accept-profile") ?? c.req.header("content-profile");
    const offers = engine.offers(c.req.param("table"), profile || "public");
    return otherwise(c, tableMethods(offers), "PGRST117");
  });

  app.all("*", () => {
    throw new Refusal("PGRST125");
  });
  return { path: "/rest/v1", app, errors: restErrors };
}

/** What a table is asked with: no method that is nobody's. */
function tableMethods({ verbs, merges }: ReturnType<Engine["offers"]>): string {
  const methods = {
    GET: verbs.has("select"),
    HEAD: verbs.has("select"),
    POST: verbs.has("insert"),
    PUT: merges,
    PATCH: verbs.has("update"),
    DELETE: verbs.has("delete"),
  };
  const offered = Object.entries(methods).filter(([, is]) => is);
  return ["OPTIONS", ...offered.map(([method]) => method)].join();
}

function otherwise(c: Context<Wire>, allowed: string, code: string): Response {
  c.header("Allow", allowed);
  if (c.req.method === "OPTIONS") return c.body(null, 200);
  throw new Refusal(code, { method: c.req.method });
}
