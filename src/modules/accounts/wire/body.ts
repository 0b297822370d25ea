// Reading what a client sent: only JSON objects, only the types that are meant.
import type { Context } from "hono";
import { Refusal } from "../../../kernel/errors.ts";
import { parseJson, readText } from "../../../kernel/json.ts";
import type { Wire } from "../../../kernel/module.ts";
import { normalizeEmail } from "../email.ts";
import { readChallenge } from "../link.ts";

export type Body = Record<string, unknown>;

/** The most that any endpoint here reads. */
const MAX_BYTES = 64 * 1024;

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** The body as an object; empty where nothing was sent. */
export async function readBody(c: Context<Wire>): Promise<Body> {
  const text = await readText(c.req.raw, MAX_BYTES);
  const type = c.req.header("content-type") ?? "";
  if (text !== "" && !JSON_TYPE.test(type))
    throw new Refusal("unsupported_media_type", {
      type: type || "of no named type",
      accepted: "application/json",
    });
  const value = text === "" ? {} : parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal("validation_failed", {
      reason: "the body must be a JSON object",
    });
  }
  return value as Body; // a JSON object has string keys and unknown values
}

/** A query parameter; refuses one that is given twice, where either could be meant. */
export function readQuery(c: Context<Wire>, name: string): string | undefined {
  const given = c.req.queries(name) ?? [];
  if (given.length > 1) throw invalid(`${name} is given twice`);
  return given[0] || undefined;
}

/** A text field; null and absence are the same. */
export function textField(body: Body, name: string): string | undefined {
  const value = body[name] ?? undefined;
  if (value !== undefined && typeof value !== "string") throw invalid(`${name} must be a string`);
  return value;
}

export function objectField(body: Body, name: string): Body | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw invalid(`${name} must be an object`);
  return value as Body; // a JSON object has string keys and unknown values
}

export function booleanField(body: Body, name: string): boolean | undefined {
  const value = body[name] ?? undefined;
  if (value !== undefined && typeof value !== "boolean") throw invalid(`${name} must be a boolean`);
  return value;
}

/** The address in the body, normalised; refuses what is none. */
export function emailField(body: Body): string {
  if (!body.email)
    throw body.phone ? new Refusal("phone_provider_disabled") : invalid("email is missing");
  const email = normalizeEmail(textField(body, "email"));
  if (!email) throw new Refusal("email_address_invalid");
  return email;
}

/** The PKCE challenge a client wants its link bound to; only S256 is offered (RFC 9700 §2.1.1). */
export function challengeField(body: Body): string | null {
  if (!body.code_challenge) return null;
  const challenge = readChallenge(body.code_challenge, body.code_challenge_method);
  if (!challenge) throw invalid("code_challenge must be S256");
  return challenge;
}

export function invalid(reason: string): Refusal {
  return new Refusal("validation_failed", { reason });
}
