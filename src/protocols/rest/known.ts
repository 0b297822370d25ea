// Clients say the same few things in a header, over and over: each is read once.

/** Bounds what callers can make an isolate keep. */
const MOST = 100;
const MOST_CHARACTERS = 200;

/** The same, and the same object, for a text that was read before; refusals are not kept. */
export function readOnce<T extends object>(read: (text: string) => T) {
  const known = new Map<string, T>();
  return (header: string | null): T => {
    const text = header ?? "";
    const found = known.get(text);
    if (found) return found;
    const made = Object.freeze(read(text));
    if (known.size === MOST) known.clear();
    if (text.length <= MOST_CHARACTERS) known.set(text, made);
    return made;
  };
}
