// V8's CPU profiler in workerd, by its inspector.

export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

const sampling_us = 200;

/** Profiles a Worker while `work` goes on. */
export async function profile(
  inspector: URL,
  worker: string,
  work: () => Promise<unknown>,
): Promise<CpuProfile> {
  const list = await (await fetch(new URL("/json", httpOf(inspector)))).json();
  const targets = list as { id: string; webSocketDebuggerUrl: string }[]; // as Chrome's protocol
  const target = targets.find(({ id }) => id.includes(worker));
  if (!target) throw new Error(`the inspector knows no ${worker}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((done, fail) => {
    socket.addEventListener("open", done);
    socket.addEventListener("error", () => fail(new Error("the inspector does not answer")));
  });
  const call = caller(socket);
  try {
    await call("Profiler.enable");
    await call("Profiler.setSamplingInterval", { interval: sampling_us });
    await call("Profiler.start");
    await work();
    const { profile } = (await call("Profiler.stop")) as { profile: CpuProfile };
    return profile;
  } finally {
    socket.close();
  }
}

function httpOf(url: URL): URL {
  return new URL(String(url).replace(/^ws/, "http"));
}

function caller(socket: WebSocket) {
  let last = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = JSON.parse(String(data));
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  return (method: string, params = {}): Promise<unknown> => {
    const id = ++last;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((done) => waiting.set(id, done));
  };
}

const waitingFrames = new Set(["(idle)", "(root)", "(program)"]);

/** Milliseconds of a profile by function and place, each by itself; the dearest first. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, number>();
  for (const [i, sample] of samples.entries()) {
    const { functionName = "", lineNumber = 0 } = frames.get(sample) ?? {};
    const place = functionName.startsWith("(") ? functionName : `${functionName}:${lineNumber + 1}`;
    times.set(place, (times.get(place) ?? 0) + (timeDeltas[i] ?? 0) / 1000);
  }
  return new Map([...times].sort(([, a], [, b]) => b - a));
}

/** Milliseconds in which the Worker's code ran. */
export function activeTime(profile: CpuProfile): number {
  const times = [...selfTimes(profile)].filter(([place]) => !waitingFrames.has(place));
  return times.reduce((sum, [, ms]) => sum + ms, 0);
}
