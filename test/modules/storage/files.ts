// Small true files of many kinds, and what tests of storage ask in common.
import { env, exports } from "cloudflare:workers";
import type { SupabaseClient } from "@supabase/supabase-js";
import { expect } from "vitest";

export const url = "http://vertebra.test";
export const storageUrl = `${url}/storage/v1`;

/** Bytes of a Latin-1 text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** A PNG of one pixel; the text makes it another file. */
export function png(text = ""): Uint8Array<ArrayBuffer> {
  const pixel =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBg" +
    "AAAABQABpfZFQAAAAABJRU5ErkJggg==";
  return bytes(atob(pixel) + text);
}

/** A picture that has begun to come, and ends when it is told to. */
export function slow(text = "") {
  let end = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(png("x".repeat(5_000) + text));
      end = () => controller.close();
    },
  });
  return { body, end: () => end() };
}

/** Until one upload is on its way. */
export async function underWay(): Promise<void> {
  await expect.poll(() => column("storage__uploads", "id")).toHaveLength(1);
}

/** A request without the client, for what it would never send. */
export async function call(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: BodyInit,
): Promise<Response> {
  const address = path.startsWith("http") ? path : storageUrl + path;
  return exports.default.fetch(new Request(address, { method, headers, ...(body && { body }) }));
}

/** The client's own credentials, for such requests. */
export async function credentials(client: SupabaseClient): Promise<Record<string, string>> {
  const { data } = await client.auth.getSession();
  const token = data.session?.access_token;
  return {
    apikey: env.VTB_PUBLISHABLE_KEY,
    ...(token && { authorization: `Bearer ${token}` }),
  };
}

export const secret = { apikey: env.VTB_SECRET_KEY, authorization: `Bearer ${env.VTB_SECRET_KEY}` };

/** Every key in R2, sorted. */
export async function keys(): Promise<string[]> {
  const out: string[] = [];
  let cursor: string | undefined;
  do {
    const list = await env.FILES.list(cursor === undefined ? {} : { cursor });
    out.push(...list.objects.map(({ key }) => key));
    cursor = list.truncated ? list.cursor : undefined;
  } while (cursor !== undefined);
  return out.sort();
}

/** A column of all rows of a table, sorted. */
export async function column(table: string, name: string): Promise<string[]> {
  const { results } = await env.DB.prepare(`select ${name} as v from ${table}`).all<{
    v: string;
  }>();
  return results.map(({ v }) => v).sort();
}

/** What each person keeps and has on its way, as it is counted and as it is. */
export async function usages(): Promise<{ counted: unknown[]; true: unknown[] }> {
  const rows = `select owner_id, size from storage__objects
    union all select owner_id, reserved from storage__uploads`;
  const counted =
    "select owner_id, files, bytes from storage__usage where files <> 0 or bytes <> 0";
  const reckoned = `select owner_id, count(*) as files, sum(size) as bytes from (${rows})
    where owner_id is not null group by owner_id`;
  const all = [counted, reckoned].map((sql) => env.DB.prepare(`${sql} order by owner_id`));
  const [a, b] = await env.DB.batch(all);
  return { counted: a?.results ?? [], true: b?.results ?? [] };
}

/** A promise's refusal as this wire says it: status and code. */
export function refusal(error: unknown): string {
  const { status, code, statusCode } = Object(error);
  return `${status} ${code} ${statusCode}`;
}
