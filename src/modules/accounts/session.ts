// Sessions and their refresh tokens. A refresh token is session id + counter + MAC; rotation raises
// the counter, so the newest token is known from the row alone and none is ever stored.
import { fromBase64Url, toBase64Url } from "../../kernel/base64url.ts";
import type { Settings } from "./setting.ts";

/** Access tokens live this long; revocation does not wait for it. */
export const ACCESS_TOKEN_S = 15 * 60;
/** A sign-in this recent proves presence enough to change the password. */
export const FRESH_MS = 24 * 60 * 60 * 1000;

export interface Session {
  id: string;
  user_id: string;
  key: string;
  counter: number;
  rotated_at: string;
  ends_at: string;
  ended_at: string | null;
  amr: { method: string; timestamp: number }[];
  created_at: string;
}

/** What a presented counter means, in the light of the session's row. */
export type Verdict = "rotate" | "repeat" | "reuse" | "ended" | "expired";

/**
 * The previous token within the grace is a lost response or a parallel tab: it gets the current
 * token again. Any older one was copied.
 */
export function judge(session: Session, counter: number, now: number, limits: Lifetimes): Verdict {
  if (session.ended_at !== null) return "ended";
  const rotated = Date.parse(session.rotated_at);
  if (now >= Date.parse(session.ends_at) || now >= rotated + limits.idle_ms) return "expired";
  if (counter === session.counter) return "rotate";
  const graced = counter === session.counter - 1 && now < rotated + limits.grace_ms;
  return graced ? "repeat" : "reuse";
}

export type Lifetimes = Pick<Settings, "idle_ms" | "grace_ms">;

const ID_BYTES = 16;
const COUNTER_BYTES = 4;
const MAC_BYTES = 28;

export interface RefreshToken {
  session: string;
  counter: number;
  mac: Uint8Array;
}

/** What the MAC is over, besides its key. */
export function refreshMessage(session: Pick<Session, "id" | "key">, counter: number): string {
  return `refresh|${session.id}|${session.key}|${counter}`;
}

/** 48 bytes as 64 characters of Base64url, so that no bit of a character is left over. */
export function encodeRefreshToken(session: string, counter: number, mac: Uint8Array): string {
  const bytes = new Uint8Array(ID_BYTES + COUNTER_BYTES + MAC_BYTES);
  const hex = session.replaceAll("-", "");
  for (let i = 0; i < ID_BYTES; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  new DataView(bytes.buffer).setUint32(ID_BYTES, counter);
  bytes.set(mac.subarray(0, MAC_BYTES), ID_BYTES + COUNTER_BYTES);
  return toBase64Url(bytes);
}

/** Reads a refresh token, without believing it; null where it is none. */
export function decodeRefreshToken(token: unknown): RefreshToken | null {
  if (typeof token !== "string" || token.length !== 64) return null;
  const bytes = fromBase64Url(token);
  if (!bytes) return null;
  const hex = Array.from(bytes.subarray(0, ID_BYTES), (b) => b.toString(16).padStart(2, "0")).join(
    "",
  );
  return {
    session: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    counter: new DataView(bytes.buffer).getUint32(ID_BYTES),
    mac: bytes.subarray(ID_BYTES + COUNTER_BYTES),
  };
}

/** The part of a MAC that a token carries. */
export function macPart(mac: Uint8Array): Uint8Array {
  return mac.subarray(0, MAC_BYTES);
}
