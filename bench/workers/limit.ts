// The limit: no framework, no policy, no parsing of what is asked. It sends the statements that
// Vertebra was seen to send for the same request, with ids of its own, and answers the same bytes.
import type { Recipe, Template } from "../recipe.ts";

interface Env {
  DB: D1Database;
  FILES: R2Bucket;
}

const recipes = new Map<string, Recipe>();

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/recipes") {
      const sent = await request.json<Record<string, Recipe>>();
      for (const [name, recipe] of Object.entries(sent)) recipes.set(name, recipe);
      return new Response(null, { status: 204 });
    }
    const recipe = recipes.get(request.headers.get("x-case") ?? "");
    const variant = recipe?.variants[Number(request.headers.get("x-variant"))];
    if (!recipe || !variant) return new Response("no such case", { status: 404 });
    const ids = variant.ids > 0 ? Array.from({ length: variant.ids }, newId) : [];
    if (request.body) await request.json();
    let answer = "";
    let version: string | undefined;
    const session = env.DB.withSession(recipe.at);
    for (const [t, texts] of recipe.trips.entries()) {
      const statements = texts.map((sql, i) =>
        session.prepare(sql).bind(...paramsOf(variant.params[t]?.[i] ?? [], ids)),
      );
      const [first] = statements;
      const results =
        statements.length === 1 && first
          ? [await first.all<Row>()]
          : await session.batch<Row>(statements);
      if (recipe.download) version = results[0]?.results[0]?.version;
      if (recipe.answer?.trip === t) answer = bodyOf(results[recipe.answer.statement], recipe);
    }
    const { status, type } = recipe;
    if (recipe.download) {
      const file = await env.FILES.get(version ?? "");
      return new Response(file?.body ?? null, { status, headers: { "content-type": type } });
    }
    if (type === "") return new Response(null, { status });
    return new Response(recipe.answer ? answer : (recipe.body ?? null), {
      status,
      headers: { "content-type": type },
    });
  },
} satisfies ExportedHandler<Env>;

interface Row {
  j: string | null;
  /** The key of a file's bytes. */
  version?: string;
}

/** SQLite has built each row as JSON; they are joined. */
function bodyOf(result: D1Result<Row> | undefined, { answer }: Recipe): string {
  const rows = result?.results ?? [];
  const texts = rows.slice(0, answer?.shows ?? rows.length).map(({ j }) => j);
  return `[${texts.join(",")}]`;
}

function paramsOf(templates: Template[], ids: string[]): (string | number | null)[] {
  return templates.map((template) => {
    if (template === null || typeof template !== "object") return template;
    let text = template.parts[0] ?? "";
    for (const [i, id] of template.ids.entries()) text += ids[id] + (template.parts[i + 1] ?? "");
    return text;
  });
}

let counter = 0;
let seed: string | undefined;

/** Ascending, as Vertebra's are: random ones would cost SQLite more, and others less. */
function newId(): string {
  seed ??= crypto.randomUUID().slice(24); // not before the first request: workerd forbids it
  const ms = Date.now().toString(16).padStart(12, "0");
  const n = (counter++ & 0xffffff).toString(16).padStart(6, "0");
  const tail = `7${n.slice(0, 3)}-8${n.slice(3)}-${seed}`;
  return `${ms.slice(0, 8)}-${ms.slice(8)}-${tail}`;
}
