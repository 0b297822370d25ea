// npm run contract: who may do what, found by trying, against what was decided.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { compare, type Matrices, parse, render, sentence } from "../test/contract/matrix.ts";
import { quiet, root, say } from "./local.ts";

const help = `npm run contract [-- --accept]

Tries every table with every verb as every caller, and compares what happened with the decisions in
test/modules/<module>/matrix.json: "yes" (any row), "own" (only the caller's own), "no".

+ a cell nobody has decided yet    - a decision about nothing    ! a decision that does not hold

--accept   write what happened as what is decided; then review the diff`;

const modulesDir = path.join(root, "test", "modules");

function fileOf(module: string): string {
  return path.join(modulesDir, module, "matrix.json");
}

function decided(): Matrices {
  const modules = readdirSync(modulesDir).filter((module) => existsSync(fileOf(module)));
  return Object.fromEntries(
    modules.map((module) => [module, parse(JSON.parse(readFileSync(fileOf(module), "utf8")))]),
  );
}

interface Report {
  testResults: { message: string; assertionResults: Assertion[] }[];
}

interface Assertion {
  meta: { matrices?: Matrices };
  failureMessages: string[] | null;
}

/** Runs the walk in workerd; its report carries what it found. */
function found(): Matrices {
  const folder = mkdtempSync(path.join(tmpdir(), "vertebra-contract-"));
  const file = path.join(folder, "report.json");
  try {
    const vitest = path.join(root, "node_modules", ".bin", "vitest");
    const test = ["test/contract/contract.test.ts", "-t", "every cell is decided"];
    const args = ["run", ...test, "--reporter=json", `--outputFile=${file}`];
    const env = quiet({ ...process.env });
    const { stderr } = spawnSync(process.execPath, [vitest, ...args], { cwd: root, env });
    if (!existsSync(file)) throw new Error(`the walk did not run:\n${stderr}`);
    return matricesOf(JSON.parse(readFileSync(file, "utf8")) as Report);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function matricesOf({ testResults }: Report): Matrices {
  const tests = testResults.flatMap((file) => file.assertionResults);
  const matrices = tests.find((test) => test.meta.matrices)?.meta.matrices;
  if (matrices) return matrices;
  const messages = tests.flatMap((test) => test.failureMessages ?? []);
  throw new Error([...testResults.map((file) => file.message), ...messages].join("\n"));
}

function accept(matrices: Matrices): void {
  for (const [module, matrix] of Object.entries(matrices)) {
    mkdirSync(path.dirname(fileOf(module)), { recursive: true });
    writeFileSync(fileOf(module), render(matrix));
  }
  const stale = Object.keys(decided()).filter((module) => !matrices[module]);
  for (const module of stale) rmSync(fileOf(module));
}

function main(args: string[]): void {
  const matrices = found();
  const differences = compare(decided(), matrices);
  for (const difference of differences) say(sentence(difference));
  if (differences.length === 0) say("Every decision holds.");
  else if (args.includes("--accept")) {
    accept(matrices);
    say(`${differences.length} cells accepted: review the diff of test/modules/*/matrix.json.`);
  } else {
    say(`${differences.length} cells differ. Accept them with: npm run contract -- --accept`);
    process.exitCode = 1;
  }
}

const args = process.argv.slice(2);
const unknown = args.find((arg) => !["--accept", "--help", "-h"].includes(arg));
if (unknown) {
  say(`${unknown} is not an option.\n\n${help}`);
  process.exitCode = 2;
} else if (args.includes("--help") || args.includes("-h")) say(help);
else main(args);
