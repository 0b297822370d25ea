// What is searched for: PostgreSQL's four grammars, read into a tree.
import { Refusal } from "../../kernel/errors.ts";
import type { Search } from "../../kernel/plan/search-query.ts";

const MAX_LEVELS = 20;
const SHOWN = 100;

/** `plfts.a b` wants both words, `phfts.a b` one after the other; `wfts` is read by `web`. */
export function parseSearch(op: string, text: string): Search {
  if (op === "fts") return new Reader(text).read();
  if (op === "wfts") return web(text);
  return op === "phfts" ? phrase(text) : { all: text.split(/\s+/).map(phrase) };
}

const phrase = (text: string): Search => ({ phrase: [text] });

/** `thin "olive oil" or -butter`: never malformed. */
function web(text: string): Search {
  const tokens = text.match(/-?"[^"]*"?|\S+/g) ?? [];
  const some: Search[][] = [[]];
  for (const [i, token] of tokens.entries()) {
    const between = some.at(-1)?.length && i < tokens.length - 1;
    if (token.toLowerCase() === "or" && between) some.push([]);
    else some.at(-1)?.push(token.startsWith("-") ? { not: phrase(token) } : phrase(token));
  }
  return { some: some.map((all) => ({ all })) };
}

/** to_tsquery's grammar: `!` binds closest, then `<->`, `&`, `|`. */
class Reader {
  private at = 0;
  private depth = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Of no words at all: what finds nothing. */
  read(): Search {
    if (this.text.trim() === "") return { some: [] };
    const tree = this.some();
    return this.take(/\s*$/y) === undefined ? this.fail() : tree;
  }

  private some(): Search {
    if (++this.depth > MAX_LEVELS) {
      throw new Refusal("filter_too_large", { max: MAX_LEVELS, what: "levels of a search" });
    }
    const some = [this.all()];
    while (this.take(/\s*\|/y) !== undefined) some.push(this.all());
    this.depth--;
    return { some };
  }

  private all(): Search {
    const all = [this.sequence()];
    while (this.take(/\s*&/y) !== undefined) all.push(this.sequence());
    return { all };
  }

  private sequence(): Search {
    let left: Search = this.unary();
    for (let next = this.take(/\s*<(?:-|\d+)>/y); next; next = this.take(/\s*<(?:-|\d+)>/y)) {
      const right = this.unary();
      if (!("phrase" in left && "phrase" in right) || left.prefix || !/<[-1]>/.test(next)) {
        throw new Refusal("PGRST127", { feature: "<-> between more than words" });
      }
      left = { ...right, phrase: [...left.phrase, ...right.phrase] };
    }
    return left;
  }

  private unary(): Search {
    const nots = (this.take(/[\s!]*/y) ?? "").replace(/\s/g, "").length;
    let tree = this.take(/\(/y) === undefined ? this.operand() : this.group();
    for (let i = 0; i < nots % 2; i++) tree = { not: tree };
    return tree;
  }

  private group(): Search {
    const tree = this.some();
    return this.take(/\s*\)/y) === undefined ? this.fail() : tree;
  }

  private operand(): Search {
    const inQuotes = this.take(/'(?:[^'\\]|\\.|'')*'/sy);
    const bare = inQuotes ?? this.take(/(?:[^\s&|!()<:'\\]|\\.)+/sy) ?? this.fail();
    const text = inQuotes ? bare.slice(1, -1).replaceAll("''", "'") : bare;
    const label = this.take(/:[*A-Da-d]*/y) ?? "";
    if (label === ":") this.fail();
    if (/[A-D]/i.test(label)) throw new Refusal("PGRST127", { feature: "weights of a search" });
    const word = text.replace(/\\(.)/gs, "$1");
    return label ? { phrase: [word], prefix: true } : { phrase: [word] };
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private fail(): never {
    throw new Refusal("42601", { query: JSON.stringify(this.text.slice(0, SHOWN).toWellFormed()) });
  }
}
