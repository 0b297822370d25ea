// The tree as the rules see it: files with their text. Rules are plain functions over such lists,
// so that they can be tried on small examples.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  path: string;
  text: string;
}

/** Sentences that each name a place and what to do there. */
export type Rule = (files: SourceFile[]) => string[];

const root = path.join(import.meta.dirname, "..", "..");

/** Everything that is or will be in the repository, as git sees it. */
export function readTree(): SourceFile[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const paths = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n");
  return paths
    .filter((p) => /\.(?:ts|json|toml|md|sql)$/.test(p) && p !== "package-lock.json")
    .filter((p) => existsSync(path.join(root, p)))
    .map((p) => ({ path: p, text: readFileSync(path.join(root, p), "utf8") }));
}

export function isTypeScript(file: SourceFile): boolean {
  return file.path.endsWith(".ts");
}

export const isIn =
  (...folders: string[]) =>
  (file: SourceFile): boolean =>
    isTypeScript(file) && folders.some((folder) => file.path.startsWith(`${folder}/`));

const COMMENT_OR_STRING =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** The text without its comments; lines stay where they are. */
export function code(text: string): string {
  return text.replace(COMMENT_OR_STRING, (found, string) => string ?? found.replace(/[^\n]/g, " "));
}

/** Lines that match, by number. */
export function linesWith(text: string, pattern: RegExp): number[] {
  return text.split("\n").flatMap((line, i) => (pattern.test(line) ? [i + 1] : []));
}

export interface Import {
  /** As written. */
  from: string;
  /** A file of the tree, where the import is relative. */
  path: string | undefined;
  names: string[];
}

const FROM = /\b(?:import|export)\s+(?:type\s+)?([\w$*{},\s]*?)\s*from\s*"([^"]+)"/.source;
const IMPORT = new RegExp(`${FROM}|${/\bimport\s*\(?\s*"([^"]+)"/.source}`, "g");

/** What a file imports or re-exports, statically or not. */
export function importsOf(file: SourceFile): Import[] {
  return [...code(file.text).matchAll(IMPORT)].map(([, clause = "", named, bare]) => {
    const from = named ?? bare ?? "";
    const relative = from.startsWith(".");
    return {
      from,
      path: relative ? path.posix.join(path.posix.dirname(file.path), from) : undefined,
      names: clause
        .split(/[{},]/)
        .map(
          (n) =>
            n
              .replace(/^\s*type\s/, "")
              .trim()
              .split(/\s+as\s+/)[0] ?? "",
        )
        .filter(Boolean),
    };
  });
}
