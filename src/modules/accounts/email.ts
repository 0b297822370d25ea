/** The longest address that can be delivered to (RFC 5321 §4.5.3.1.3), in characters. */
const MAX_LENGTH = 254;
const LOCAL_LENGTH = 64;
/** What stands between dots: something, and none of what has a meaning in an address. */
const PART = /^[^\s@<>"(),:;\\[\]\p{C}]+$/u;

/**
 * The one spelling of an address under which a person is known, limited and written to: trimmed,
 * NFKC, lower case. Null where it is no address.
 */
export function normalizeEmail(input: unknown): string | null {
  if (typeof input !== "string" || input.length > 2 * MAX_LENGTH) return null;
  const email = input.normalize("NFKC").trim().toLowerCase().normalize("NFKC");
  return email.length <= MAX_LENGTH && isAddress(email) ? email : null;
}

function isAddress(email: string): boolean {
  const [local = "", domain = "", ...more] = email.split("@");
  const labels = domain.split(".");
  return (
    more.length === 0 &&
    local.length <= LOCAL_LENGTH &&
    [...local.split("."), ...labels].every((part) => PART.test(part)) &&
    labels.every((label) => !/^-|-$/.test(label)) &&
    labels.length > 1 &&
    (labels.at(-1) ?? "").length > 1
  );
}
