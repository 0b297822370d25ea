/// <reference lib="esnext.typedarrays" />
// URLs that carry their own right: what may be done, to which file, how it is shown and until when,
// under a MAC. Who holds such a URL needs nothing else.
import type { Role } from "../../kernel/actor.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";

const LABEL = "signed URLs of storage, 1";
/** Ten years. */
export const maxSeconds = 315_360_000;
export const uploadSeconds = 7_200;

export interface Grant {
  method: "GET" | "PUT";
  bucket: string;
  name: string;
  /** Seconds since 1970: the last one in which it holds. */
  expires: number;
  /** Shown as an attachment of this name; an empty one is the file's own. */
  download?: string;
  /** An upload may replace what is there. */
  upsert?: boolean;
  /** An upload is made by whoever signed it, as they may then, and while their session lives. */
  by?: { role: Role; id: string | null; session: string | null };
}

const keys = new WeakMap<Kernel, CryptoKey>();

/** A key of its own, so that no other MAC of this secret is ever a signature. */
async function keyOf(kernel: Kernel): Promise<CryptoKey> {
  const known = keys.get(kernel);
  if (known) return known;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const text = (value: string) => new TextEncoder().encode(value);
  const secret = text(kernel.secret("JWT_SECRET"));
  const root = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  const own = await crypto.subtle.sign("HMAC", root, text(LABEL));
  const key = await crypto.subtle.importKey("raw", own, algorithm, false, ["sign", "verify"]);
  keys.set(kernel, key);
  return key;
}

/** The token of a grant: its text, and the MAC of that text. */
export async function sign(kernel: Kernel, grant: Grant): Promise<string> {
  const body = new TextEncoder().encode(JSON.stringify(grant));
  const mac = await crypto.subtle.sign("HMAC", await keyOf(kernel), body);
  return `${base64Url(body)}.${base64Url(new Uint8Array(mac))}`;
}

/** What a token grants, for this method and file, now; InvalidSignature or ExpiredToken. */
export async function readGrant(
  kernel: Kernel,
  token: string | undefined,
  asked: Pick<Grant, "method" | "bucket" | "name">,
): Promise<Grant> {
  const [body, mac, ...rest] = (token ?? "").split(".").map(fromBase64Url);
  const key = await keyOf(kernel);
  // Compared by the platform, in constant time.
  const sound = body && mac && rest.length === 0;
  if (!sound || !(await crypto.subtle.verify("HMAC", key, mac, body)))
    throw new Refusal("InvalidSignature");
  const grant = JSON.parse(new TextDecoder().decode(body)) as Grant; // our own MAC says so
  // Clients encode the path of a signed URL once more, its `?` and `#` twice.
  const names = [grant.name, endless(grant.name)];
  const same =
    grant.method === asked.method && grant.bucket === asked.bucket && names.includes(asked.name);
  if (!same) throw new Refusal("InvalidSignature");
  if (kernel.clock.now() / 1000 >= grant.expires + 1) throw new Refusal("ExpiredToken");
  return grant;
}

/** A name without what would end its path. */
export function endless(name: string): string {
  return name.replaceAll("?", "%3F").replaceAll("#", "%23");
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Only the one spelling of the bytes is taken. */
function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return base64Url(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}
