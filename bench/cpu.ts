// What a process has used of the machine, as the kernel of the machine accounts for it.
import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds of CPU of all threads of a process since it began. */
export function cpuTime(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const ns = readdirSync(folder).reduce((sum, thread) => {
    try {
      return sum + Number(readFileSync(`${folder}/${thread}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      return sum; // the thread has ended
    }
  }, 0);
  return ns / 1e6;
}

/** Processes that want to run, in the mean of the last minute. */
export function load(): number {
  return Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]);
}
