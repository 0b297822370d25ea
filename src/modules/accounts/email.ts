/** The longest address that can be delivered to (RFC 5321 §4.5.3.1.3), in characters. */
const MAX_LENGTH = 254;
const ADDRESS = /^[^\s@<>"(),:;\\[\]\p{C}]{1,64}@[^\s@<>"(),:;\\[\]\p{C}]+\.[^\s@.\p{C}]{2,}$/u;

/**
 * The one spelling of an address under which a person is known, limited and written to: trimmed,
 * NFKC, lower case. Null where it is no address.
 */
export function normalizeEmail(input: unknown): string | null {
  if (typeof input !== "string" || input.length > 2 * MAX_LENGTH) return null;
  const email = input.normalize("NFKC").trim().toLowerCase().normalize("NFKC");
  return email.length <= MAX_LENGTH && ADDRESS.test(email) ? email : null;
}
