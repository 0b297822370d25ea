// URLs that carry their own right: what may be done, to which file, how it is shown and until when,
// under a signature. Who holds such a URL needs nothing else.
import type { Role } from "../../kernel/actor.ts";
import { fromBase64Url, toBase64Url } from "../../kernel/base64url.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { createSigner, type Signer } from "../../kernel/signature.ts";

const PURPOSE = "signed URLs of storage";
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

const signers = new WeakMap<Kernel, Signer>();

function signerOf(kernel: Kernel): Signer {
  const signer = signers.get(kernel) ?? createSigner(PURPOSE, () => kernel.secret("JWT_SECRET"));
  signers.set(kernel, signer);
  return signer;
}

/** The token of a grant: its text, and the signature of that text. */
export async function sign(kernel: Kernel, grant: Grant): Promise<string> {
  const text = toBase64Url(new TextEncoder().encode(JSON.stringify(grant)));
  return `${text}.${await signerOf(kernel).sign(text)}`;
}

/** What a token grants, for this method and file, now; InvalidSignature or ExpiredToken. */
export async function readGrant(
  kernel: Kernel,
  token: string | undefined,
  asked: Pick<Grant, "method" | "bucket" | "name">,
): Promise<Grant> {
  const [text = "", signature = "", ...rest] = (token ?? "").split(".");
  const own = rest.length === 0 && (await signerOf(kernel).verify(text, signature));
  const body = own ? fromBase64Url(text) : null;
  if (!body) throw new Refusal("InvalidSignature");
  const grant = JSON.parse(new TextDecoder().decode(body)) as Grant; // our own signature says so
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
