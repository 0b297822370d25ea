// What a run found out, as bench/results.json keeps it.
import type { Case, Counts } from "./cases/case.ts";
import type { Installed } from "./install.ts";
import type { Measured } from "./measure.ts";
import type { Checks } from "./workers/counted/time-checks.ts";

export interface CaseResult {
  name: string;
  title: string;
  kind: Case["kind"];
  counts: Counts;
  /** The dearest of the variants looked at, and the one in the middle. */
  mostRowsRead: number;
  medianRowsRead: number;
  /** Where it was timed. */
  measured?: Measured;
}

export interface Growth {
  restaurants: number;
  cases: {
    name: string;
    mostRowsRead: number;
    medianRowsRead: number;
    per_second?: number;
    p50_ms?: number;
  }[];
}

export interface Budget {
  what: string;
  figure: string;
  limit: string;
  held: boolean;
  /** Why the figure does not tell. */
  doubt?: string;
}

export interface Results {
  made_at: string;
  commit: string;
  machine: {
    model: string;
    cpus: number;
    node: string;
    workerd: string;
    /** Before and after. */
    load: [number, number];
  };
  restaurants: number;
  repetitions: number;
  slice_ms: number;
  cases: CaseResult[];
  growth: Growth[];
  checks: Checks;
  start_up: { active_ms: number; npm_start_ms?: number };
  bundle: { bytes: number; gzip_bytes: number; sizes: Record<string, number> };
  installed: Installed;
  peers: string[];
  budgets: Budget[];
}
