// Signatures under a key for each purpose: what was signed for one says nothing for another.
import { fromBase64Url, toBase64Url } from "./base64url.ts";

const encoder = new TextEncoder();
const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };

export interface Signer {
  /** HMAC-SHA-256 of a text, as Base64url. */
  sign(text: string): Promise<string>;
  /** Is it the text's signature? Takes as long for every wrong one. */
  verify(text: string, signature: string): Promise<boolean>;
}

/** Its key is derived (HKDF) from the secret, which is asked for when something is first signed. */
export function createSigner(purpose: string, secret: () => string): Signer {
  // The value is kept, not the promise: no request waits for another that may be cancelled.
  let made: CryptoKey | undefined;
  const key = async () => {
    made ??= await derive(purpose, secret());
    return made;
  };
  return {
    async sign(text) {
      const bytes = await crypto.subtle.sign("HMAC", await key(), encoder.encode(text));
      return toBase64Url(new Uint8Array(bytes));
    },
    async verify(text, signature) {
      const bytes = fromBase64Url(signature);
      if (!bytes) return false;
      return crypto.subtle.verify("HMAC", await key(), bytes, encoder.encode(text));
    },
  };
}

async function derive(purpose: string, secret: string): Promise<CryptoKey> {
  const raw = encoder.encode(secret);
  const from = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveKey"]);
  const info = encoder.encode(purpose);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return crypto.subtle.deriveKey(how, from, hmac, false, ["sign", "verify"]);
}
