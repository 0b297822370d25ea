// What is not written here, and what is written instead.
import { code, isIn, isTypeScript, linesWith, type Rule, type SourceFile } from "./source.ts";

export interface Ban {
  name: string;
  pattern: RegExp | RegExp[];
  instead: string;
  where: (file: SourceFile) => boolean;
}

const src = isIn("src");
const typed = (file: SourceFile) => isTypeScript(file) && !file.path.startsWith("test/tidy");
const product = isIn("src", "scripts", "bench");
const outside =
  (...paths: string[]) =>
  (file: SourceFile) =>
    src(file) && !paths.includes(file.path);

export const bans: Ban[] = [
  {
    name: "an interactive transaction",
    pattern: /\.transaction\(/,
    instead: "commit(change): D1 has batches only",
    where: src,
  },
  {
    name: "zod by name",
    pattern: /import\s*\{[^}]*\bz\b[^}]*\}\s*from\s*"zod"/,
    instead: 'import * as z from "zod", which is a quarter of the size',
    where: typed,
  },
  {
    name: "the time of day",
    pattern: /\bDate\.now\(|new Date\(\)|\bperformance\.now\(/,
    instead: "clock.now(), so that tests can hold it still",
    where: outside("src/kernel/clock.ts"),
  },
  {
    name: "a random UUID",
    pattern: /\brandomUUID\b/,
    instead: "kernel.id(), which sorts by time",
    where: src,
  },
  {
    name: "weak randomness",
    pattern: /\bMath\.random\b/,
    instead: "crypto.getRandomValues()",
    where: product,
  },
  {
    name: "the environment",
    pattern: /(?<![\w.])env\.|\bc\.env\b|\bprocess\.env\b/,
    instead: "an argument; config.ts parses the environment once",
    where: outside("src/index.ts", "src/config.ts"),
  },
  {
    name: "a multipart body",
    pattern: /\.formData\(/,
    instead: "a reader that does not hold the whole body in memory",
    where: src,
  },
  {
    name: "the console",
    pattern: /\bconsole\./,
    instead: "a thrown error, which protocols/http/log.ts writes down",
    where: outside("src/protocols/http/log.ts"),
  },
  {
    name: "any",
    pattern: /\bas any\b|<any>|\bany\[\]/, // the rule's pattern, no any
    instead: "unknown, and a check",
    where: typed,
  },
  {
    name: "a silenced type error",
    pattern: /@ts-(?:ignore|nocheck)/,
    instead: "types that are true, or @ts-expect-error where an error is the point",
    where: typed,
  },
  {
    name: "the database's clock",
    pattern: /\bunixepoch\(|\bcurrent_timestamp\b|(?:time|date|day)\(\s*(?:'[^']*',\s*)?'now'/i,
    instead: "a parameter taken from the clock",
    where: (file) => src(file) || file.path.endsWith(".sql"),
  },
  {
    name: "a default secret",
    pattern: [
      /(?:SECRET|_KEY|PASSWORD|TOKEN)\w*["'\])]*\s*(?:\?\?|\|\|)=?\s*["'`][^"'`]/,
      /\bvtb_(?:secret|publishable)_[A-Za-z0-9]{8}/,
    ],
    instead: "a refusal to start",
    where: (file) => product(file) || file.path.endsWith(".toml"),
  },
];

// Comments that silence the compiler, and reasons, are comments: these rules read the whole text.
const inComments = new Set(["a silenced type error"]);

export const banned: Rule = (files) =>
  bans.flatMap((ban) =>
    files.filter(ban.where).flatMap((file) => {
      const text = inComments.has(ban.name) ? file.text : code(file.text);
      const lines = [ban.pattern].flat().flatMap((pattern) => linesWith(text, pattern));
      return lines.map((line) => `${file.path}:${line} has ${ban.name}; write ${ban.instead}`);
    }),
  );

const NEEDS_REASON = [
  { name: "a skipped test", pattern: /\b(?:test|it|describe)(?:\.\w+)*\.(?:skip|skipIf|todo)\(/ },
  { name: "a lonely test", pattern: /\b(?:test|it|describe)(?:\.\w+)*\.only\(/ },
  { name: "a type assertion", pattern: /[\w)\]}"`]\s+as\s+(?!const\b)[A-Z{(["'a-z]/ },
];

/** Skips and assertions say why, on their own line or the one above. */
export const reasons: Rule = (files) =>
  files.filter(isTypeScript).flatMap((file) => {
    const lines = file.text.split("\n");
    const stripped = code(file.text).split("\n");
    return NEEDS_REASON.flatMap(({ name, pattern }) => {
      if (name === "a type assertion" && !src(file)) return [];
      return stripped.flatMap((line, i) => {
        const names =
          /^\s*(?:import|export)\b.*\bfrom\b|^\s*(?:import|export) \{|^\s+(?:type )?\w+ as \w+,$/;
        if (!pattern.test(line.replace(/`[^`]*`|"[^"]*"/g, '""')) || names.test(line)) return [];
        if (/\/\/ \S+ \S+/.test(lines[i] ?? "") || /^\s*\/\/ /.test(lines[i - 1] ?? "")) return [];
        return [`${file.path}:${i + 1} has ${name} without a reason on its line`];
      });
    });
  });

/** What is left to do is an issue, not a comment. */
export const todos: Rule = (files) =>
  files
    .filter((file) => isTypeScript(file) && !file.path.startsWith("test/tidy"))
    .flatMap((file) =>
      file.text.split("\n").flatMap((line, i) => {
        const open = /\b(?:TODO|FIXME|XXX|HACK)\b(?!.*:\s*\S+ \S+ \S+)/.test(line); // its pattern
        return open ? [`${file.path}:${i + 1} has a TODO without a reason`] : []; // its sentence
      }),
    );

const SQL =
  /^\s*(?:select\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|with\s+\S+\s+as\s)/i;

/** A module's SQL takes values as parameters: `${source}`, `${param(…)}` and rows stand in it. */
export const interpolation: Rule = (files) =>
  files.filter(isIn("src/modules")).flatMap((file) =>
    [...code(file.text).matchAll(/`((?:\\[\s\S]|[^`\\])*)`/g)].flatMap((template) => {
      const text = template[1] ?? "";
      if (!SQL.test(text)) return [];
      const parts = [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, part]) => (part ?? "").trim());
      const foreign = parts.filter(
        (part) => !/^(?:source|param\("\w+"\)|(?:visible|every)\(.*\))$/.test(part),
      );
      const line = file.text.slice(0, template.index).split("\n").length;
      return foreign.map((part) => `${file.path}:${line} puts ${part} into SQL; use param(name)`);
    }),
  );
