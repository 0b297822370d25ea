// Nothing lies about: every file is reached from somewhere, every export of the kernel is used.
import { code, importsOf, isIn, isTypeScript, type Rule, type SourceFile } from "./source.ts";

function reached(files: SourceFile[], roots: string[]): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const queue = [...roots];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (!file || seen.has(path)) continue;
    seen.add(path);
    for (const { path: next } of importsOf(file)) if (next) queue.push(next);
  }
  return seen;
}

function scriptsOf(files: SourceFile[]): string[] {
  const text = files.find((file) => file.path === "package.json")?.text ?? "{}";
  const scripts: Record<string, string> = JSON.parse(text).scripts ?? {};
  return Object.values(scripts).flatMap((command) => command.match(/scripts\/[\w-]+\.ts/g) ?? []);
}

/** What vitest.config.ts has run before tests. */
const setups = ["test/setup.ts", "test/migrated.ts"];
const isTest = (path: string) => /\.test\.ts$/.test(path) || setups.includes(path);
/** Built by wrangler, each into a Worker of its own. */
const isEntry = (path: string) => /^bench\/workers\/[\w-]+\.ts$/.test(path);
const isConfig = (path: string) => /^[\w.-]+\.config\.ts$/.test(path);

/** Files that neither the Worker, a command, a test nor a tool's configuration reaches. */
export const deadFiles: Rule = (files) => {
  const typed = files.filter(isTypeScript).map((file) => file.path);
  const tests = typed.filter(isTest);
  const alive = ["src/index.ts", ...scriptsOf(files), ...typed.filter(isConfig)];
  const entries = typed.filter(isEntry);
  const product = reached(files, alive);
  const all = reached(files, [...alive, ...entries, ...tests]);
  return typed.flatMap((path) => {
    if (path.endsWith(".d.ts") || all.has(path)) {
      const testOnly = path.startsWith("src/") && !path.endsWith(".d.ts") && !product.has(path);
      return testOnly ? [`${path} is reached by tests alone: it is no part of the product`] : [];
    }
    return [`${path} is reached by nothing: delete it`];
  });
};

const EXPORT = /^export\s+(?:async\s+)?(?:const|let|function\*?|class)\s+(\w+)/gm;
/** What declarations are written in is there before a module says it. */
const VOCABULARY = new Set(["src/kernel/table.ts", "src/kernel/predicate.ts"]);

/** Values that the kernel exports and no other file imports; types may explain a signature. */
export const deadExports: Rule = (files) => {
  const used = new Set(
    files
      .filter(isTypeScript)
      .flatMap((file) =>
        importsOf(file).flatMap(({ path, names }) => names.map((name) => `${path} ${name}`)),
      ),
  );
  const kernel = files.filter(isIn("src/kernel")).filter((file) => !VOCABULARY.has(file.path));
  return kernel.flatMap((file) =>
    [...code(file.text).matchAll(EXPORT)].flatMap(([, name]) => {
      const dead = !used.has(`${file.path} ${name}`) && !used.has(`${file.path} *`);
      return dead ? [`${file.path} exports ${name}, which no other file imports`] : [];
    }),
  );
};
