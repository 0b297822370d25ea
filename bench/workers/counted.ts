// The Worker with its questions counted: what it asks the database stands in its answers.
import "./counted/record.ts"; // before the Worker: it is given the bindings that this leaves

import worker from "../../src/index.ts";
import { settled, takeTrips } from "./counted/record.ts";
import { timeChecks } from "./counted/time-checks.ts";

export interface Report {
  status: number;
  headers: Record<string, string>;
  body: string;
  trips: ReturnType<typeof takeTrips>;
}

/** Bodies that are no text are reported by their length. */
const TEXT = /json|text|^$/;

export default {
  async fetch(request, env) {
    const checks = await timeChecks(request, Object(env));
    if (checks) return Response.json(checks);
    const quiet_ms = request.headers.get("x-bench-report");
    if (quiet_ms === null) return worker.fetch(request);
    takeTrips();
    const answer = await worker.fetch(request);
    const trips = takeTrips();
    // What is done after an answer belongs to no request: not to the next one either.
    await settled(Number(quiet_ms));
    const bytes = await answer.arrayBuffer();
    const text = TEXT.test(answer.headers.get("content-type") ?? "");
    const report: Report = {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: text ? new TextDecoder().decode(bytes) : `${bytes.byteLength} bytes`,
      trips,
    };
    return Response.json(report);
  },
} satisfies ExportedHandler;
