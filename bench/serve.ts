// A Worker in workerd, reached at workerd's own socket: nothing of Node's stands between.
import { readdirSync, readFileSync } from "node:fs";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions as optionsOf } from "wrangler";
import { configPath, quiet } from "../scripts/local.ts";

export interface Served {
  name: string;
  url: URL;
  /** Of workerd. */
  pid: number;
  stop(): Promise<void>;
}

export interface Profiled extends Served {
  /** Where a profiler may connect. */
  inspector(): Promise<URL>;
}

/** What differs from a deployment: people can sign up here, and as often as it takes. */
const settings = { AUTOCONFIRM: "true", LIMIT_SCALE: "1000000", FILES_PER_USER: "0" };

/** Serves a built Worker on a store of its own, with the bindings of wrangler.toml. */
export function serve(
  name: string,
  code: string,
  store: string,
  secrets: Record<string, string>,
): Promise<Served> {
  return start(name, { [`${name}.js`]: code }, store, secrets);
}

/** The same with an inspector, which costs something; the first file is the Worker. */
export async function serveProfiled(
  name: string,
  files: Record<string, string>,
  store: string,
  secrets: Record<string, string>,
): Promise<Profiled> {
  return start(name, files, store, secrets, { inspectorPort: 0 });
}

async function start(
  name: string,
  files: Record<string, string>,
  store: string,
  secrets: Record<string, string>,
  more: { inspectorPort?: number } = {},
): Promise<Profiled> {
  quiet(process.env);
  const { workerOptions } = optionsOf(configPath);
  const bindings = { ...Object(workerOptions.bindings), ...settings, ...secrets };
  const modules = Object.entries(files).map(([path, contents]) => ({
    type: "ESModule",
    path,
    contents,
  }));
  const before = new Set(workerds());
  const options = {
    host: "127.0.0.1",
    port: 0,
    resourcePersistencePath: store,
    telemetry: { enabled: false },
    cf: false,
    log: new Log(LogLevel.ERROR),
    ...more,
    workers: [
      {
        ...workerOptions,
        name,
        bindings,
        modules,
        unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      },
    ],
  };
  // Wrangler describes a Worker in Miniflare's older words, which Miniflare still understands.
  type Older = Parameters<typeof convertV4MiniflareOptions>[0];
  const miniflare = new Miniflare(convertV4MiniflareOptions(options as unknown as Older));
  await miniflare.ready;
  const [pid] = workerds().filter((process) => !before.has(process));
  if (pid === undefined) throw new Error("workerd is not a child of this process");
  return {
    name,
    url: await miniflare.unsafeGetDirectURL(name),
    pid,
    inspector: () => miniflare.getInspectorURL(),
    stop: () => miniflare.dispose(),
  };
}

/** The workerd processes that this one has started. */
function workerds(): number[] {
  const tasks = readdirSync("/proc/self/task");
  const children = tasks.flatMap((task) => wordsIn(`/proc/self/task/${task}/children`).map(Number));
  return children.filter((pid) => wordsIn(`/proc/${pid}/comm`)[0] === "workerd");
}

function wordsIn(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split(/\s+/).filter(Boolean);
  } catch {
    return []; // it has ended
  }
}
