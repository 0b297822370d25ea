// npm test: types, lint and every test; no server, browser or network needed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { quiet, root, say } from "./local.ts";

const help = `npm test [-- filters]    types, lint and tests; ends with "N passed, N failed"

filters    names of test files, for vitest; then only the tests run`;

interface Tally {
  passed: number;
  failed: number;
}

const filters = process.argv.slice(2);

function main(): void {
  const checks = filters.length > 0 ? [] : [...typeChecks(), lint()];
  const tests = runTests();
  const passed = tests.passed + checks.filter((ok) => ok).length;
  const failed = tests.failed + checks.filter((ok) => !ok).length;
  say(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

function typeChecks(): boolean[] {
  const projects = [".", "scripts", "test"].filter((p) =>
    existsSync(path.join(root, p, "tsconfig.json")),
  );
  return projects.map((project) => run(`types of ${project}`, "tsc", ["-p", project]));
}

function lint(): boolean {
  return run("lint", "biome", ["check", "."]);
}

function run(title: string, tool: string, args: string[]): boolean {
  const ok = node(tool, args) === 0;
  say(`${ok ? "ok" : "FAILED"}  ${title}`);
  return ok;
}

/** Runs an installed tool with this very Node; answers with its exit code. */
function node(tool: string, args: string[]): number {
  const bin = path.join(root, "node_modules", ".bin", tool);
  const env = quiet({ ...process.env });
  const { status } = spawnSync(process.execPath, [bin, ...args], {
    cwd: root,
    env,
    stdio: "inherit",
  });
  return status ?? 1;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/** All tests, counted; a file that does not get to its tests, or a bad end, is one failure. */
function runTests(): Tally {
  const folder = mkdtempSync(path.join(tmpdir(), "vertebra-test-"));
  const file = path.join(folder, "report.json");
  try {
    const args = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const code = node("vitest", ["run", ...args, ...filters]);
    if (!existsSync(file)) return { passed: 0, failed: 1 };
    const report = JSON.parse(readFileSync(file, "utf8")) as VitestReport;
    const broken = report.testResults.filter(
      (file) =>
        file.status === "failed" && !file.assertionResults.some((r) => r.status === "failed"),
    );
    const failed = report.numFailedTests + broken.length;
    return { passed: report.numPassedTests, failed: failed || (code === 0 ? 0 : 1) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (filters.includes("--help") || filters.includes("-h")) say(help);
else main();
