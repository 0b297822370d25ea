// What is measured: the same question to each server, in its own words.
import type { World } from "../data/world.ts";
import type { PeerWorld } from "../peers/pocketbase.ts";

/** Restaurants of which cases say what they cost. */
export const counted_among = 10_000;

export interface Ask {
  method: string;
  /** Path and query. */
  path: string;
  headers?: Record<string, string>;
  /** Objects are sent as JSON. */
  body?: string | Buffer | object;
}

/** Who asks: with the publishable key alone, or with a person's token as well. */
export type Caller = "guest" | "customer" | "staff";

/** What one request costs the database, as D1 counts it. */
export interface Counts {
  /** Questions to the database, each one statement or one batch. */
  trips: number;
  statements: number;
  rowsRead: number;
  rowsWritten: number;
}

export interface Case {
  /** Its name on the command line. */
  name: string;
  title: string;
  kind: "read" | "write" | "account" | "file";
  caller: Caller;
  /** The nth request; different ones are about different rows. */
  ask: (n: number, world: World) => Ask;
  /** The same of the server written by hand. */
  byHand?: (n: number, world: World) => Ask;
  /** The same of PocketBase. */
  pocketbase?: (n: number, world: PeerWorld) => Ask;
  /** How many different requests there are; the last is followed by the first. */
  variants: number;
  /** Each request may be made once. */
  once?: true;
  /** Each answer holds what the next request on its connection needs. */
  carries?: { first: (connection: number, world: World) => string; next: (body: string) => string };
  /** What must be made for it beforehand. */
  needs?: "quotes" | "sessions";
  /** What the bare Worker does beside the database; absent: it is not compared with one. */
  limit?: "database" | "download";
  /** Part of `--quick`. */
  quick?: true;
  /** The counts of the first variant among so many restaurants; a missing one is not looked at. */
  expects: Partial<Counts>;
  /** Rows that it reads at most, however many there are. */
  mostRowsRead?: number;
  /** The same, of the variant in the middle. */
  medianRowsRead?: number;
  /**
   * Rows of a watched table; the indexes that they stand in, searches' too but for the key's; what
   * is written beside them.
   */
  writes?: { rows: number; indexes: number; beside: number };
}
