// What requests of this wire say: paths, JSON bodies, and who they are.
import type { Context } from "hono";
import { Refusal } from "../../../kernel/errors.ts";
import { parseJson, readText } from "../../../kernel/json.ts";
import type { Wire } from "../../../kernel/module.ts";
import type { Address } from "../find-object.ts";
import { objectName } from "../name.ts";

const MAX_JSON_BYTES = 2 * 1024 * 1024;

/** The bucket and the file that stand in the path after `before`, or InvalidKey. */
export function addressAfter(c: Context<Wire>, before: string): Address {
  // From the URL itself: the router's path is decoded, and forgives what it cannot decode.
  const { pathname } = new URL(c.req.url);
  const path = pathname.slice(pathname.indexOf(before) + before.length);
  const [bucket = "", ...segments] = path.split("/").map(decoded);
  return { bucket, name: objectName(segments.join("/")) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal("InvalidKey");
  }
}

export type Body = Record<string, unknown>;

/** The body's JSON object; none is an empty one. */
export async function readBody(c: Context<Wire>): Promise<Body> {
  const text = await readText(c.req.raw, MAX_JSON_BYTES);
  const value = text === "" ? {} : parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw wrong("the body is to be a JSON object");
  return Object.fromEntries(Object.entries(value));
}

export function wrong(reason: string): Refusal {
  return new Refusal("InvalidRequest", { reason });
}

/** A member of the body that is text. */
export function textOf(body: Body, member: string, fallback?: string): string {
  const value = body[member] ?? fallback;
  if (typeof value !== "string") throw wrong(`${member} is to be a text`);
  return value;
}

/** A member of the body that is a whole number within bounds. */
export function countOf(body: Body, member: string, fallback: number, most: number): number {
  const value = body[member] ?? fallback;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw wrong(`${member} is to be a whole number`);
  return Math.min(value, most);
}

export function listOf(body: Body, member: string): string[] {
  const value = body[member];
  const texts = Array.isArray(value) && value.every((v): v is string => typeof v === "string");
  if (!texts) throw wrong(`${member} is to be a list of texts`);
  return value;
}

/** Only the secret key goes on. */
export function requireSecretKey(c: Context<Wire>): void {
  if (c.var.actor.role !== "service_role") throw new Refusal("SecretKeyNeeded");
}
