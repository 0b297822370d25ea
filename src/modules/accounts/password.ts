// What a password must be, and how its hash is written. The hashing itself is in wire/hash.ts.
import { commonPasswords } from "./common-passwords.ts";
import { fromBase64, toBase64 } from "./encoding.ts";

/** OWASP's N=2^14, r=8, p=5: 16 MiB and about 100 ms, under the platform's N*r*p <= 2^20. */
export const SCRYPT = {
  log2N: 14,
  r: 8,
  p: 5,
  salt_bytes: 16,
  hash_bytes: 32,
} as const;

/** The longest password read, in characters; longer ones are refused and never cut. */
export const PASSWORD_MAX = 1000;

/** A piece of the person's address shorter than this says nothing. */
const TELLING_PART = 4;
/** What must be left of a password besides a piece of the person's address. */
const OWN_WORDS_REST = 6;

/** One spelling for what keyboards and systems write differently; null where it is too long. */
export function normalizePassword(password: string): string | null {
  if (password.length > 2 * PASSWORD_MAX) return null;
  const spelled = password.normalize("NFKC");
  return [...spelled].length <= PASSWORD_MAX ? spelled : null;
}

export type Weakness = "length" | "characters" | "pwned";

/** What no keyboard shows: spaces, controls, and what is drawn as nothing. */
const UNSEEN = /[\s\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/** Why `password` is no password for who is `known` so (address, names); empty when it is one. */
export function weaknesses(password: string, known: string[], min: number): Weakness[] {
  const spelled = normalizePassword(password);
  if (spelled === null) return ["length"];
  const found: Weakness[] = [];
  if ([...spelled].length < min) found.push("length");
  if (spelled.includes("\0") || spelled.replace(UNSEEN, "") === "") found.push("characters");
  const forms = formsOf(spelled.toLowerCase());
  if (forms.some((form) => isGuessable(form, known))) found.push("pwned");
  return found;
}

/** The sentence that explains them. */
export function explainWeakness(found: Weakness[], min: number): string {
  const sentences = {
    length: `it must have ${min} to ${PASSWORD_MAX} characters`,
    characters: "it must have characters that can be seen, and no NUL",
    pwned: "it is common or made of the address or name, and so among the first to be guessed",
  };
  return found.map((reason) => sentences[reason]).join("; ");
}

const LEET: Record<string, string> = {
  "0": "o",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
};

/** What guessers try in its place: without ornaments at the ends, and with letters for digits. */
function formsOf(password: string): string[] {
  const trimmed = password.trim();
  const plain = [password, trimmed, trimmed.replace(/[\d\p{P}\p{S}\s]+$/u, "")];
  const lettered = plain.map((form) => form.replace(/[034578@$]/g, (c) => LEET[c] ?? c));
  const ones = ["i", "l"].flatMap((one) => lettered.map((form) => form.replace(/[1!|]/g, one)));
  return [...new Set([...plain, ...lettered, ...ones])];
}

function isGuessable(password: string, known: string[]): boolean {
  if (commonPasswords.has(password)) return true;
  const parts = known.flatMap((text) => {
    const word = text.normalize("NFKC").toLowerCase();
    return [word, word.split("@")[0] ?? "", ...word.split(/[@.+_\s-]/)];
  });
  return parts
    .filter((part) => part.length >= TELLING_PART && password.includes(part))
    .some((part) => password.replaceAll(part, "").length < OWN_WORDS_REST);
}

/** The stored form (PHC): parameters, salt and hash, in unpadded Base64. */
export function formatHash(salt: Uint8Array, hash: Uint8Array): string {
  const { log2N, r, p } = SCRYPT;
  return `$scrypt$ln=${log2N},r=${r},p=${p}$${toBase64(salt)}$${toBase64(hash)}`;
}

export interface ParsedHash {
  log2N: number;
  r: number;
  p: number;
  salt: Uint8Array;
  hash: Uint8Array;
}

/** Reads a stored hash; null where it is none. */
export function parseHash(stored: string): ParsedHash | null {
  const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
    stored,
  );
  if (!match) return null;
  const [, log2N, r, p, salt = "", hash = ""] = match;
  return {
    log2N: Number(log2N),
    r: Number(r),
    p: Number(p),
    salt: fromBase64(salt),
    hash: fromBase64(hash),
  };
}
