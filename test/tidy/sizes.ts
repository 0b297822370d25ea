// How large things may be.
import { code, importsOf, isIn, isTypeScript, type Rule, type SourceFile } from "./source.ts";

export const numbers = {
  file: 400,
  fileMedian: 80,
  function: 70,
  functionP90: 40,
  line: 100,
  // The aim is 8 and about 3,000 lines: the first two may go down, never up.
  importsP90: 13,
  kernelLines: 3_520,
  // The grammar of reads and writes, compiled: as large as what can be said.
  planLines: 3_900,
  // What goes on after a commit: settling, telling, sweeping.
  afterLines: 600,
  ups: 2,
};

const lengthOf = (file: SourceFile) => file.text.split("\n").length - 1;
const hasCode = (file: SourceFile) => isTypeScript(file);

/** The value below which `share` of the others lie. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

export const fileSizes: Rule = (files) => {
  const long = files
    .filter((file) => hasCode(file) && lengthOf(file) > numbers.file)
    .map((file) => `${file.path} has ${lengthOf(file)} lines of at most ${numbers.file}`);
  const median = quantile(files.filter(isIn("src")).map(lengthOf), 0.5);
  if (median > numbers.fileMedian) long.push(`src: files have ${median} lines in the median`);
  const lines = (of: SourceFile[]) => of.reduce((sum, file) => sum + lengthOf(file), 0);
  const plan = files.filter(isIn("src/kernel/plan"));
  const after = files.filter(isIn("src/kernel/after"));
  const kernel = lines(files.filter(isIn("src/kernel"))) - lines(plan) - lines(after);
  if (kernel > numbers.kernelLines) long.push(`src/kernel has ${kernel} lines beside its folders`);
  if (lines(after) > numbers.afterLines) long.push(`src/kernel/after has ${lines(after)} lines`);
  if (lines(plan) > numbers.planLines) long.push(`src/kernel/plan has ${lines(plan)} lines`);
  return long;
};

export const lineLengths: Rule = (files) =>
  files.filter(hasCode).flatMap((file) =>
    file.text.split("\n").flatMap((line, i) => {
      const length = [...line].length;
      return length > numbers.line ? [`${file.path}:${i + 1} has ${length} columns`] : [];
    }),
  );

export interface FunctionSize {
  path: string;
  line: number;
  lines: number;
}

const OPENS =
  /^(\s*)(?:.*=> \{|.*\bfunction\b.*[{(]|(?:async )?[\w#]+\(.*\)(?:: .*)? \{|(?:async )?[\w#]+\()$/;
const NO_FUNCTION = /^\s*(?:if|for|while|switch|catch|else|return|do|try)\b/;

/** Functions of formatted code: from the line that opens one to the brace under its start. */
export function functionsOf(file: SourceFile): FunctionSize[] {
  const lines = code(file.text).split("\n");
  return lines.flatMap((line, i) => {
    const indent = OPENS.exec(line)?.[1];
    if (indent === undefined || NO_FUNCTION.test(line)) return [];
    const end = lines.findIndex(
      (l, at) => at > i && l.startsWith(`${indent}}`) && !/[{(]\s*$/.test(l),
    );
    // A call over several lines opens with a name too, but no brace closes it.
    const call = lines.findIndex(
      (l, at) => at > i && l.startsWith(`${indent})`) && !l.endsWith("{"),
    );
    if (end < 0 || (call >= 0 && call < end)) return [];
    return [{ path: file.path, line: i + 1, lines: end - i + 1 }];
  });
}

export const functionSizes: Rule = (files) => {
  const all = files.filter(isIn("src", "scripts", "bench")).flatMap(functionsOf);
  const long = all
    .filter((f) => f.lines > numbers.function)
    .map((f) => `${f.path}:${f.line} has a function of ${f.lines} lines`);
  const p90 = quantile(
    all.map((f) => f.lines),
    0.9,
  );
  return p90 > numbers.functionP90 ? [...long, `functions have ${p90} lines at p90`] : long;
};

export const imports: Rule = (files) => {
  const src = files.filter(isIn("src"));
  // A wire is a folder deeper than its module: DESIGN.md puts it there.
  const ups = (path: string) => (/^src\/modules\/[^/]+\/wire\//.test(path) ? 3 : numbers.ups);
  const far = src.flatMap((file) =>
    importsOf(file)
      .filter(({ from }) => from.split("../").length - 1 > ups(file.path))
      .map(({ from }) => `${file.path} reaches too far: ${from}`),
  );
  const counts = src.map((file) => new Set(importsOf(file).map(({ from }) => from)).size);
  const p90 = quantile(counts, 0.9);
  return p90 > numbers.importsP90 ? [...far, `src: files have ${p90} imports at p90`] : far;
};
