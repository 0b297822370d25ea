// Requests to PostgREST's routes.
import type { Declared, Row } from "../../src/kernel/table.ts";
import type { Ask } from "./speaker.ts";

export const COUNTED = { prefer: "count=exact" };
export const OBJECT = { accept: "application/vnd.pgrst.object+json" };
/** Forms other than JSON; the plan is for the service alone, to whom nothing is hidden. */
export const FORMS = [
  "text/csv",
  "application/geo+json",
  "application/vnd.pgrst.array+json;nulls=stripped",
  "application/vnd.pgrst.plan+json",
  "application/vnd.pgrst.plan+text",
].map((accept) => ({ accept }));

/** `id=eq.…` for each column of the key. */
export function where(key: Row): string {
  return Object.entries(key)
    .map(([column, value]) => `${column}=eq.${encodeURIComponent(String(value))}`)
    .join("&");
}

export function ask(
  method: string,
  table: Declared,
  query: Row | string = "",
  headers: Record<string, string> = {},
): Ask {
  const search = typeof query === "string" ? query : where(query);
  const profile = method === "GET" || method === "HEAD" ? "accept-profile" : "content-profile";
  return {
    method,
    path: search ? `${table.name}?${search}` : table.name,
    headers: { ...headers, ...(table.schema !== "public" && { [profile]: table.schema }) },
  };
}

export function write(
  method: string,
  table: Declared,
  query: Row | string,
  body: unknown,
  prefer = "",
): Ask {
  const headers = { "content-type": "application/json", ...(prefer && { prefer }) };
  return { ...ask(method, table, query, headers), body: JSON.stringify(body) };
}

/** The requests as one. */
export function inBatch(...requests: object[]): Ask {
  const headers = { "content-type": "application/json" };
  return { method: "POST", path: "batch", headers, body: JSON.stringify({ requests }) };
}
