// Workers as `npm run deploy` would send them, built by wrangler itself and sent nowhere.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { configPath, quiet, root } from "../scripts/local.ts";

const wrangler = path.join(root, "node_modules", "wrangler", "wrangler-dist", "cli.js");

/** Runs wrangler in the root; its output, where it fails, is the error. */
export function runWrangler(args: string[]): Promise<void> {
  const child = spawn(process.execPath, ["--no-warnings", wrangler, ...args], {
    cwd: root,
    env: quiet({ ...process.env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) =>
      code === 0 ? done() : fail(new Error(`wrangler ${args[0]}: ${output}`)),
    );
  });
}

export interface Built {
  /** The one module that is deployed. */
  code: string;
  /** Bytes of it, by the package or folder they came from; the largest first. */
  sizes: Record<string, number>;
}

interface Metafile {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
}

/** Builds an entry file, or the product's own where none is named. */
export async function build(folder: string, entry?: string): Promise<Built> {
  const outdir = path.join(folder, entry ? path.basename(entry, ".ts") : "index");
  const metafile = path.join(outdir, "meta.json");
  const what = ["--dry-run", "--outdir", outdir, "--metafile", metafile];
  await runWrangler(["deploy", ...(entry ? [entry] : []), "--config", configPath, ...what]);
  const { outputs } = JSON.parse(readFileSync(metafile, "utf8")) as Metafile;
  const name = Object.keys(outputs).find((file) => file.endsWith(".js")) ?? "";
  const sizes: Record<string, number> = {};
  for (const [file, { bytesInOutput }] of Object.entries(outputs[name]?.inputs ?? {})) {
    const from = originOf(file);
    sizes[from] = (sizes[from] ?? 0) + bytesInOutput;
  }
  const sorted = Object.entries(sizes).sort(([, a], [, b]) => b - a);
  return {
    code: readFileSync(path.join(outdir, path.basename(name)), "utf8"),
    sizes: Object.fromEntries(sorted),
  };
}

/** `node_modules/hono/dist/a.js` is of hono, `src/modules/b/c.ts` of src/modules/b. */
function originOf(file: string): string {
  const [, dependency] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  if (dependency) return dependency;
  const [, own] = /(src\/(?:modules\/[^/]+|protocols\/[^/]+|kernel|[^/]+))/.exec(file) ?? [];
  return own ?? "wrangler";
}
