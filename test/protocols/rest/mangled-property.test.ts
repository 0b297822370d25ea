// Well-formed questions, broken: each is answered or refused in the catalogue's words, and neither
// SQL nor what is hidden is in any answer.
import { beforeAll, expect, test } from "vitest";
import { restErrors } from "../../../src/protocols/rest/errors.ts";
import { anna, nobodyYet } from "../../kernel/fixture.ts";
import fc from "../../random.ts";
import { wireOf } from "./fixture-api.ts";
import { question } from "./model-arbitraries.ts";
import { mangled, oddHeaders } from "./model-mangle.ts";
import { urlOf } from "./model-query.ts";
import { CANARY, createWorld, kernel } from "./model-world.ts";

const RUNS = Number(import.meta.env.VITE_MODEL_RUNS ?? 3_000);
const wires = {
  owner: wireOf(kernel, anna).call,
  guest: wireOf(kernel, nobodyYet).call,
};

beforeAll(createWorld);

const sql = [
  ...[
    /SQLITE_/,
    /D1_ERROR/,
    /\bselect .* from\b/i,
    /syntax error(?! in tsquery)/i,
    /no such \w+:/i,
    /near "/,
  ],
  ...[/json_(?:object|each|type|group_array|insert)/, /\b_fold_\w+/, /\b_search_\w+/, /\b_v\b/],
  ...[/\bsecret\b/, /\bhidden_shop\b/, /\b_guard\b/, /\b_tx\b/, /unrecognized token/, /\browid\b/],
];

/** What was sent may be said back; nothing else of the kind. */
function holdsNone(body: string, sent: string, about: string): void {
  expect(body, about).not.toContain(CANARY);
  for (const pattern of sql) {
    const found = pattern.exec(body)?.[0];
    if (found && !sent.includes(found.replaceAll("\\", "")))
      throw new Error(`${about}\n${found} in ${body}`);
  }
}

function decoded(path: string): string {
  return path.replaceAll("+", " ").replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

function isRefusal(status: number, body: string, about: string): string {
  const problem = JSON.parse(body);
  const { code } = problem;
  expect([typeof code, typeof problem.message, typeof problem.title], about).toEqual(
    Array(3).fill("string"),
  );
  const entry = { ...kernel.catalogue, ...restErrors }[code];
  expect(entry, about).toBeDefined();
  expect([status, problem.status], about).toEqual([problem.status, entry?.status]);
  return code;
}

test("whatever is sent is answered or refused", async () => {
  const seen = new Map<string, number>();
  const paths = mangled(question.map(({ table, query }) => urlOf(table, query)));
  const through = fc.constantFrom(...(Object.keys(wires) as (keyof typeof wires)[]));
  const property = fc.asyncProperty(through, paths, oddHeaders, async (wire, path, headers) => {
    const response = await wires[wire](path, { headers });
    const body = await response.text();
    const answer = `${response.status} ${body.slice(0, 300)}`;
    const about = `${wire} ${JSON.stringify(headers)} ${path}\n${answer}`;
    expect(response.status, about).toBeLessThan(500);
    holdsNone(body, `${path} ${decoded(path)} ${JSON.stringify(headers)}`, about);
    const code = response.ok ? "answered" : isRefusal(response.status, body, about);
    seen.set(code, (seen.get(code) ?? 0) + 1);
  });
  await fc.assert(property, { numRuns: RUNS });
  // Neither may be rare, or little was tried.
  expect(seen.get("answered") ?? 0).toBeGreaterThan(RUNS / 20);
  expect(seen.size).toBeGreaterThan(6);
}, 600_000);
