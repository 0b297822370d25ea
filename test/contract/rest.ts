// PostgREST's grammar, as the walk speaks it.
import type { Row } from "../../src/kernel/table.ts";
import { naming, probes, reaching } from "./rest-probes.ts";
import { ask, write } from "./rest-request.ts";
import type { Heard, Speaker } from "./speaker.ts";
import { credentials, origin, type World } from "./world.ts";

/** Headers whose values differ between any two answers. */
const VARYING = ["x-request-id", "x-d1-bookmark"];

export function restSpeaker(world: World): Speaker {
  return {
    name: "rest",
    say: async (caller, { method, path, headers = {}, body }) => {
      const request = new Request(`${origin}/rest/v1/${path}`, {
        method,
        headers: { ...credentials(caller, world), ...headers },
        ...(body !== undefined && { body }),
      });
      return hear(await world.app.fetch(request));
    },
    select: (table, key) => ask("GET", table, key),
    count: (table, key) => ask("HEAD", table, key, { prefer: "count=exact" }),
    insert: (table, row) => write("POST", table, {}, row, "return=representation"),
    upsert: (table, row) =>
      write("POST", table, {}, row, "return=representation,resolution=merge-duplicates"),
    update: (table, key, change) => write("PATCH", table, key, change, "return=representation"),
    delete: (table, key) => ask("DELETE", table, key, { prefer: "return=representation" }),
    probes,
    naming,
    reaching,
    unknownTable: ["PGRST205", "PGRST200", "PGRST106", "404", "406"],
  };
}

async function hear(response: Response): Promise<Heard> {
  // Not text(): workerd warns of each body that is no text by its name.
  const body = new TextDecoder().decode(await response.arrayBuffer());
  const headers = [...response.headers]
    .filter(([name]) => !VARYING.includes(name))
    .map(([name, value]) => `${name}: ${value}`);
  const json = /json/.test(response.headers.get("content-type") ?? "") && body !== "";
  const value: unknown = json ? JSON.parse(body) : undefined;
  const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  const refused = !response.ok && isRow(value) ? value : undefined;
  const plain = body.replace(/"instance":"urn:uuid:[^"]*"/, '"instance":""');
  return {
    status: response.status,
    rows: response.ok && Array.isArray(value) ? value.filter(isRow) : [],
    bytes: [response.status, ...headers, "", plain].join("\n"),
    ...(refused && { code: String(refused.code) }),
    ...(total !== undefined && { total: Number(total) }),
  };
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
