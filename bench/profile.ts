// Where a case's time goes: V8's CPU profile of Vertebra under its load, by function and file.
import path from "node:path";
import { build } from "./build.ts";
import type { Case } from "./cases/case.ts";
import { closeLane, drive, laneOf } from "./drive.ts";
import { type CpuProfile, profile } from "./inspect.ts";
import { table } from "./report/tables.ts";
import { type Progress, wantedBy } from "./run.ts";
import { Stage } from "./stage.ts";

const warm_up_ms = 3_000;
const profiled_ms = 15_000;
const rows = 45;

export interface Profiled {
  profile: CpuProfile;
  /** Microseconds per request, the dearest first. */
  text: string;
}

export async function profileCase(
  of: Case,
  restaurants: number,
  folder: string,
  progress: Progress,
): Promise<Profiled> {
  progress("building and loading");
  const vertebra = await build(folder);
  const counted = await build(folder, path.join(import.meta.dirname, "workers", "counted.ts"));
  const stage = new Stage(folder, { vertebra, counted });
  const world = await stage.load(restaurants, wantedBy([of]), progress);
  const server = await stage.profiled(world);
  try {
    const lane = laneOf(server, of, world, of.ask);
    progress(`profiling: ${of.title}`);
    await drive(lane, { ms: warm_up_ms });
    let requests = 0;
    const found = await profile(await server.inspector(), server.name, async () => {
      requests = (await drive(lane, { ms: profiled_ms })).requests;
    });
    closeLane(lane);
    return { profile: found, text: spentIn(found, vertebra.code, requests) };
  } finally {
    await server.stop();
  }
}

/** Two tables: by file and by function, each by itself. */
function spentIn({ nodes, samples, timeDeltas }: CpuProfile, code: string, requests: number) {
  const origins = originsIn(code);
  const places = new Map(
    nodes.map(({ id, callFrame: { functionName, lineNumber, url } }) => {
      const ours = url.endsWith("vertebra.js");
      const file = ours ? (origins[lineNumber] ?? "?") : url || "native";
      return [id, { file, name: functionName || "(anonymous)", line: lineNumber + 1 }];
    }),
  );
  const [byFile, byFunction] = [new Map<string, number>(), new Map<string, number>()];
  for (const [i, sample] of samples.entries()) {
    const { file = "?", name = "?", line = 0 } = places.get(sample) ?? {};
    if (name === "(idle)") continue;
    const us = (timeDeltas[i] ?? 0) / requests;
    byFile.set(file, (byFile.get(file) ?? 0) + us);
    const place = file === "native" ? name : `${name}  ${file} :${line}`;
    byFunction.set(place, (byFunction.get(place) ?? 0) + us);
  }
  const shown = (of: Map<string, number>) =>
    [...of]
      .sort(([, a], [, b]) => b - a)
      .slice(0, rows)
      .map(([name, us]) => [name, us.toFixed(1)]);
  return [
    table(["file", "µs per request"], shown(byFile)),
    table(["function", "µs per request"], shown(byFunction)),
  ].join("\n\n");
}

/** The file that each line of the bundle came from: esbuild says so above its code. */
function originsIn(code: string): string[] {
  let origin = "?";
  return code.split("\n").map((line) => {
    origin = /^\/\/ (\S+\.(?:ts|js|mjs))$/.exec(line)?.[1]?.replace("node_modules/", "") ?? origin;
    return origin;
  });
}
