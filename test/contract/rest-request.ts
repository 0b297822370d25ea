// Requests to PostgREST's routes.
import type { Declared, Row } from "../../src/kernel/table.ts";
import type { Ask } from "./speaker.ts";

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
