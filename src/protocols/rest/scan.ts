// A cursor over one text of a request. Whoever reads from it says what was expected when it fails.
import { Refusal } from "../../kernel/errors.ts";

/** How much of the text is shown when it cannot be read. */
export const SHOWN = 24;

export class Scan {
  /** What is read, for the refusal's sentence: `select`, or a filter's key. */
  readonly where: string;
  readonly text: string;
  /** What such a text looks like, for whoever wrote another one. */
  readonly hint: string;
  at = 0;

  constructor(where: string, text: string, hint: string) {
    this.where = where;
    this.text = text;
    this.hint = hint;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  next(literal: string): boolean {
    return this.text.startsWith(literal, this.at);
  }

  eat(literal: string): boolean {
    if (!this.next(literal)) return false;
    this.at += literal.length;
    return true;
  }

  /** What a sticky pattern matches here; undefined when it matches nothing, or nothing at all. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found) this.at += found.length;
    return found || undefined;
  }

  spaces(): void {
    this.take(/\s+/y);
  }

  expect(literal: string): void {
    if (!this.eat(literal)) throw this.fail(`"${literal}"`);
  }

  end(): void {
    if (!this.done) throw this.fail("the end");
  }

  fail(expected: string, hint = this.hint): Refusal {
    const rest = this.text.slice(this.at);
    const shown = rest.length > SHOWN ? `${rest.slice(0, SHOWN)}…` : rest;
    const found = rest === "" ? "the end" : `"${shown}"`;
    return unreadable(
      `${this.where}: expected ${expected} at character ${this.at + 1}, found ${found}`,
      hint,
    );
  }
}

/** The refusal of a request that does not follow the grammar. */
export function unreadable(reason: string, hint: string): Refusal {
  return new Refusal("PGRST100", { reason, hint });
}

/** The first of the names that stood before. */
export function repeated(names: string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
