// A server for as long as `npm start` runs: one that ends is followed by another.
import type { ChildProcess } from "node:child_process";
import { watch } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { root, say } from "./local.ts";
import { hasEnded, launch, untilHealthy, whenAskedToEnd } from "./stack.ts";

const poll_ms = 250;

/** Resolves when the first server answers; rejects where it does not. Asked to end, all end. */
export async function keepServing(url: string, port: number, persist: string): Promise<void> {
  let asked = false;
  const serve = (): ChildProcess => {
    const child = launch(port, persist, "inherit");
    return child.once("exit", () => asked && process.exit(0));
  };
  let server = serve();
  whenAskedToEnd(() => {
    asked = true;
    if (hasEnded(server)) process.exit(0);
    server.kill("SIGTERM");
  });
  await untilHealthy(url, server);
  void replaceEnded(url, server, () => {
    server = serve();
    return server;
  });
}

/**
 * What a module throws as it loads ends `wrangler dev` for good: the next change of src/ starts
 * another, once for each change, however it ends.
 */
async function replaceEnded(url: string, first: ChildProcess, serve: () => ChildProcess) {
  let changes = 0;
  watch(path.join(root, "src"), { recursive: true }, () => changes++).unref();
  for (let server = first, answered = true, seen = 0; ; ) {
    while (!hasEnded(server)) await setTimeout(poll_ms);
    say("The server has ended; the reason is above. The next change in src/ starts it again.");
    // A change made while a server starts in vain may be the correction; one it served is not.
    if (answered) seen = changes;
    while (changes === seen) await setTimeout(poll_ms);
    seen = changes;
    server = serve();
    answered = await untilHealthy(url, server).then(
      () => true,
      () => false,
    );
    if (answered) say("The server runs again.");
  }
}
