// The wire of an engine for one caller, without the door before it.
import type { Actor } from "../../../src/kernel/actor.ts";
import { problemOf, Refusal } from "../../../src/kernel/errors.ts";
import type { Engine } from "../../../src/kernel/execute.ts";
import { rest } from "../../../src/protocols/rest/index.ts";

export function alone(engine: Engine, actor: Actor): (request: Request) => Promise<Response> {
  const { serve, errors } = rest(engine);
  const refused = (error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    const problem = problemOf(error, { ...engine.catalogue, ...errors });
    const { allow } = error.params;
    const headers = allow === undefined ? {} : { allow: String(allow) };
    return Response.json(problem, { status: problem.status, headers });
  };
  return async (request) => {
    try {
      return await serve(request, { actor });
    } catch (error) {
      return refused(error);
    }
  };
}
