// PostgREST's routes. What they mean is in parse.ts, what they answer in render.ts.
import type { Actor } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Engine } from "../../kernel/execute.ts";
import type { Caller } from "../../kernel/module.ts";
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

const PATH = "/rest/v1";
const CALL_METHODS = ["OPTIONS", "GET", "HEAD", "POST"];
const TABLE_ONLY = new Set(["PUT", "PATCH", "DELETE"]);

type Parser = (request: Request, table: string) => Parsed | Promise<Parsed>;

/** What each method does with a table. */
const PARSERS: Record<string, Parser | undefined> = {
  GET: parseRead,
  HEAD: parseRead,
  POST: parseInsert,
  PUT: parsePut,
  PATCH: parseUpdate,
  DELETE: parseDelete,
};

/** The wire at its path, with what it alone refuses. */
export function rest(engine: Engine) {
  const answered = async (parsing: Parsed | Promise<Parsed>, actor: Actor) => {
    const parsed = parsing instanceof Promise ? await parsing : parsing;
    if (parsed.wanted.form.startsWith("plan")) {
      return renderPlan(await engine.explain(parsed.intent, actor), parsed);
    }
    const answer = await engine.execute(parsed.intent, actor, parsed.execution);
    return render(answer, parsed, actor);
  };

  const call = (request: Request, name: string, actor: Actor) => {
    const params = engine.functionParams(name);
    const { method } = request;
    if (CALL_METHODS.includes(method) && method !== "OPTIONS") {
      return answered(parseCall(request, name, params), actor);
    }
    if (!params) throw new Refusal("PGRST202", { name, args: "" });
    return otherwise(method, CALL_METHODS, TABLE_ONLY.has(method) ? "PGRST101" : "PGRST117");
  };

  const batch = async (request: Request, actor: Actor) => {
    const { method } = request;
    if (method !== "POST") return otherwise(method, ["OPTIONS", "POST"], "method_not_allowed");
    const asked = await parseBatch(request);
    const { steps, execution, prefer } = asked;
    const answers = await engine.batch(steps, actor, execution, prefer.tx === "rollback");
    return renderBatch(answers, asked, actor);
  };

  const table = (request: Request, name: string, actor: Actor) => {
    const { method, headers } = request;
    const parse = PARSERS[method];
    if (parse) return answered(parse(request, name), actor);
    const profile = headers.get("accept-profile") ?? headers.get("content-profile");
    return otherwise(method, tableMethods(engine.offers(name, profile || "public")), "PGRST117");
  };

  const serve = (request: Request, { actor }: Pick<Caller, "actor">) => {
    const [first = "", second, ...more] = segmentsOf(request.url);
    if (first === "rpc" && second && more.length === 0) return call(request, second, actor);
    if (!first || second !== undefined) throw new Refusal("PGRST125");
    return first === "batch" ? batch(request, actor) : table(request, first, actor);
  };
  return { path: PATH, serve, errors: restErrors };
}

/** What stands between the slashes behind this wire's path. */
function segmentsOf(url: string): string[] {
  const [path = ""] = url.slice(url.indexOf(PATH) + PATH.length).split(/[?#]/, 1);
  const segments = path.slice(1).split("/");
  return path.includes("%") ? segments.map(decoded) : segments;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // as it stands, it is the name of nothing
  }
}

/** What a table is asked with: no method that is nobody's. */
function tableMethods({ verbs, merges }: ReturnType<Engine["offers"]>): string[] {
  const methods = {
    GET: verbs.has("select"),
    HEAD: verbs.has("select"),
    POST: verbs.has("insert"),
    PUT: merges,
    PATCH: verbs.has("update"),
    DELETE: verbs.has("delete"),
  };
  const offered = Object.entries(methods).filter(([, is]) => is);
  return ["OPTIONS", ...offered.map(([method]) => method)];
}

function otherwise(method: string, allowed: string[], code: string): Response {
  const allow = allowed.join();
  if (method === "OPTIONS") return new Response(null, { status: 200, headers: { Allow: allow } });
  throw new Refusal(code, { method, allow });
}
