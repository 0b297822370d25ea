// What the walk needs of a protocol. One file per protocol implements it; the walk knows no other.
import type { Declared, Row } from "../../src/kernel/table.ts";
import type { Seed } from "./seed.ts";
import type { Caller, World } from "./world.ts";

/** A request in the protocol's own words. */
export interface Ask {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** All that a caller learns from an answer. */
export interface Heard {
  status: number;
  /** The refusal's code. */
  code?: string;
  rows: Row[];
  /** How many rows there are, where it was asked. */
  total?: number;
  /** Every byte but those that differ between equal requests: status, headers, body. */
  bytes: string;
}

/** A request that tries to learn of a row its caller may not see. */
export interface Probe {
  ask: Ask;
  /** Texts of the hidden row; with others in their place the answer must be the same. */
  twins: string[];
}

/** Whom a probe is about, and who asks. */
export interface Subject {
  world: World;
  hidden: Seed;
  caller: Caller;
  /** Texts that occur in the hidden row and in no row the caller sees. */
  unique: string[];
  /** The key of a row of the same table that the caller sees. */
  seen: Row | undefined;
  /** A row that the caller could make, in its own name. */
  own: Row;
  /** May the caller make rows like the hidden one? Then a key that is taken tells so. */
  mayInsert: boolean;
}

export interface Speaker {
  name: string;
  say(caller: Caller, ask: Ask): Promise<Heard>;
  select(table: Declared, key: Row): Ask;
  count(table: Declared, key: Row): Ask;
  insert(table: Declared, row: Row): Ask;
  upsert(table: Declared, row: Row): Ask;
  update(table: Declared, key: Row, change: Row): Ask;
  delete(table: Declared, key: Row): Ask;
  /** Everything this protocol's grammar can try. */
  probes(subject: Subject): Probe[];
  /** Requests that name a column, in every place where one can stand. */
  naming(world: World, table: Declared, column: string): Ask[];
  /** Requests that name a table, in every place where one can stand. */
  reaching(world: World, name: string): Ask[];
  /** The refusals (codes; statuses, where an answer has no body) of tables that do not exist. */
  unknownTable: string[];
}
