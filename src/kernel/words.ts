// What a text is to the search index: words in lower case without diacritics, and single
// characters where a script writes no spaces, so that 寿司 is found in 回転寿司屋.

/** What a plain ASCII text is made of, FTS5's own tokenizer sees as we do. */
const PLAIN = /^[ -~\s]*$/;
/** No decomposition separates these from the letters that people type for them. */
const LETTERS: Record<string, string> = {
  ...{ đ: "d", ð: "d", ø: "o", ł: "l", ħ: "h", ŧ: "t", ı: "i" },
  ...{ ß: "ss", æ: "ae", œ: "oe", þ: "th", ς: "σ" },
};
const SPECIAL = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "gu");
const ACCENTED = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{Mn}+/gu;
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]\p{M}*/gu;
const NO_WORD = /[^\p{L}\p{N}\p{M}]+/u;

/** A text's words, in order. Of what is indexed and of what is looked for, alike. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize("NFKC").toLowerCase().normalize("NFD").replace(ACCENTED, "$1");
  const letters = plain.normalize("NFC").replace(SPECIAL, (letter) => LETTERS[letter] ?? letter);
  return letters.replace(UNSPACED, " $& ").split(NO_WORD).filter(Boolean);
}

/** What the index keeps beside a text; null where the text itself is as good. */
export function searchText(text: string): string | null {
  return PLAIN.test(text) ? null : wordsOf(text).join(" ");
}
