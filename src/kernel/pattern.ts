// LIKE patterns. SQLite's own LIKE folds ASCII only and fails above 50 bytes, so a pattern is
// compiled by its form to =, a range, substr or instr, and only the rest to GLOB.

export type PatternForm = "any" | "exact" | "prefix" | "suffix" | "contains" | "glob";

type Piece = string | typeof any | typeof one;
const any = Symbol("any run of characters");
const one = Symbol("any one character");

/** Splits a pattern into literal runs and wildcards; `\` makes the next character literal. */
function pieces(pattern: string): Piece[] {
  const out: Piece[] = [];
  let literal = "";
  const flush = () => {
    if (literal !== "") out.push(literal);
    literal = "";
  };
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern.charAt(i);
    if (c === "\\" && i + 1 < pattern.length) literal += pattern.charAt(++i);
    else if (c === "%" || c === "_") {
      flush();
      const wildcard = c === "_" ? one : any;
      if (wildcard === one || out.at(-1) !== any) out.push(wildcard);
    } else literal += c;
  }
  flush();
  return out;
}

/** The cheapest form that says the same as the pattern. */
export function patternForm(pattern: string): PatternForm {
  const shape = pieces(pattern).map((p) => (p === any ? "%" : p === one ? "_" : "x"));
  const forms: Record<string, PatternForm> = {
    "": "exact",
    x: "exact",
    "%": "any",
    "x%": "prefix",
    "%x": "suffix",
    "%x%": "contains",
  };
  return forms[shape.join("")] ?? "glob";
}

/** The literal text of a pattern whose form is not glob. */
export function patternText(pattern: string): string {
  return pieces(pattern)
    .filter((p) => typeof p === "string")
    .join("");
}

/** The pattern in GLOB's language; its own wildcards in the text become one-character classes. */
export function patternGlob(pattern: string): string {
  return pieces(pattern)
    .map((p) => {
      if (typeof p !== "string") return p === any ? "*" : "?";
      return p.replace(/[*?[]/g, "[$&]");
    })
    .join("");
}

/** Does `text` match, as PostgreSQL's LIKE would say? One character is one code point. */
export function patternMatches(pattern: string, text: string): boolean {
  const want: (string | typeof any | typeof one)[] = [];
  for (const piece of pieces(pattern)) {
    if (typeof piece === "string") want.push(...piece);
    else want.push(piece);
  }
  const have = [...text];
  let [w, h, star, mark] = [0, 0, -1, 0];
  while (h < have.length) {
    if (w < want.length && (want[w] === one || want[w] === have[h])) {
      w++;
      h++;
    } else if (w < want.length && want[w] === any) {
      star = w++;
      mark = h;
    } else if (star >= 0) {
      w = star + 1;
      h = ++mark;
    } else return false;
  }
  while (want[w] === any) w++;
  return w === want.length;
}

/** A text above all texts that start with `prefix` and below all later ones, by code points. */
export function prefixEnd(prefix: string): string {
  const points = Array.from(prefix, (c) => c.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last === 0x10ffff) continue;
    const next = last + 1 === 0xd800 ? 0xe000 : last + 1;
    return String.fromCodePoint(...points, next);
  }
  return prefix + "\u{10ffff}".repeat(8);
}

/** Folds for `ilike` on columns declared `fold`: NFKC, then lower case. */
export function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** Folds for `ilike` on all other columns, as SQLite's `lower()` does: A to Z only. */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (s) => s.toLowerCase());
}

/** Folds the text of a pattern and leaves its wildcards: NFKC makes some letters look like them. */
export function foldPattern(pattern: string, folded: (text: string) => string): string {
  return pieces(pattern)
    .map((p) => {
      if (typeof p !== "string") return p === any ? "%" : "_";
      return folded(p).replace(/[%_\\]/g, "\\$&");
    })
    .join("");
}
