// All that a module may tell the kernel about itself.
import type { Context, Hono } from "hono";
import type { Actor } from "./actor.ts";
import type { Blobs } from "./bucket.ts";
import type { Change, ModuleQuery, Touch } from "./change.ts";
import type { Clock } from "./clock.ts";
import type { Catalogue, Refusal } from "./errors.ts";
import type { Policy } from "./policy.ts";
import type { Predicate, Scalar } from "./predicate.ts";
import type { AnyTable, Kind, Row } from "./table.ts";

export interface Module {
  name: string;
  /** Modules whose tables this one's foreign keys point at; `accounts` is always there. */
  needs?: string[];
  tables?: AnyTable[];
  functions?: Fn[];
  operations?: Operation[];
  settlements?: Settlement[];
  listeners?: Listener[];
  buckets?: Bucket[];
  /** Refusals of this module's own. */
  errors?: Catalogue;
  /** Only one module has this: it turns what a request carries into an actor. */
  authenticate?: Authenticate;
  /** A wire of its own: the paths it answers under, and the app that answers them. */
  routes?: {
    path: string;
    app: (kernel: Kernel) => Hono<Wire>;
    /** Refusals of the edge (credentials, size, rate) in this wire's form; default: a problem. */
    refuse?: (refusal: Refusal, c: Context<Wire>) => Response | Promise<Response>;
    /** Bodies go to the wire as they arrive, whatever their size: it limits them itself. */
    streams?: boolean;
  };
  /** Removes what this module keeps for a time only; called every minute. */
  sweep?: (kernel: Kernel) => Promise<void>;
}

/** A place for files. Who may do what is decided by the row of the file. */
export interface Bucket {
  name: string;
  /** Everybody who knows the URL of a file may read it, whatever the policy says. */
  public?: boolean;
  /** Files stay when the person who put them there is deleted: they are others' as well. */
  shared?: boolean;
  /** Bytes of one file. */
  maxBytes?: number;
  /** What may be stored here: `image/png`, or `image/*`. Default: anything. */
  types?: string[];
  /**
   * Over `bucket_id, name, folder, owner_id, size, mime_type, created_at`: `name` is the whole
   * path, `folder` its first segment, or null for a file that lies in none.
   */
  policy: Policy;
  /** Told to whom the policy does not let write: what it asks for, in words. */
  hint?: string;
}

/** Who asks; `address` is their network. */
export type Caller = { actor: Actor; requestId: string; address: string };

/** What a module's routes find in Hono's context; bindings are how it comes there. */
export interface Wire {
  Variables: Caller;
  Bindings: Partial<Caller>;
}

export interface Credentials {
  bearer?: string | undefined;
  apikey?: string | undefined;
  /** The caller's network. */
  address: string;
}

export interface Authenticate {
  /** No database: identity comes from the token or key alone. Refuses with PGRST301 or PGRST303. */
  actor: (kernel: Kernel) => (credentials: Credentials) => Promise<Actor>;
  /** The rows that prove that the actor's session lives: none means `session_not_found`. */
  alive: { table: AnyTable; where: Predicate };
}

/** What the kernel gives a module's own wire. */
export interface Kernel {
  clock: Clock;
  /** A new UUIDv7. */
  id(): string;
  /** A secret by its name in wrangler.toml; it exists, or the Worker had not started. */
  secret(name: string): string;
  /** A plain setting, or its default. */
  setting(name: string): string | undefined;
  /** Bytes, by keys that the server made. */
  bucket: Blobs;
  /** Every module's. */
  buckets: readonly Bucket[];
  /** Goes on with this after the answer was sent. */
  after(work: Promise<unknown>): void;
  /** Rows for each query, in one round trip and one snapshot. */
  read(queries: ModuleQuery[], actor: Actor): Promise<Row[][]>;
  /** Commits all steps or none, in one round trip; the rows each step touched, as they are now. */
  commit(change: Change, actor: Actor): Promise<Row[][]>;
  /** Settles now those of these rows that are pending; what fails is left to the sweeper. */
  settle(on: AnyTable, keys: Scalar[]): Promise<void>;
}

/** A question that is not a table, at `/rpc/<name>`. */
export interface Fn {
  name: string;
  params: Record<string, { kind: Kind; fallback?: string | number | boolean | null }>;
  /** Answers with rows: composes with select, filters, order and embeds in one statement. */
  relation?: Relation;
  /** Answers with one JSON value, computed in JavaScript; takes no filters. */
  scalar?: (args: Row, kernel: Kernel, actor: Actor) => Promise<unknown> | unknown;
}

export interface RelationParts {
  source: string;
  param: (name: string) => string;
  given: (name: string) => boolean;
}

export interface Relation {
  /** Turns the arguments into the parameters of `sql`; pure. May refuse. */
  prepare?: (args: Row, now: number) => Row;
  /**
   * A select statement; `source` stands for the visible rows of `of` (take them with `source.*`),
   * `param(name)` for a parameter; `given(name)` tells whether the call names an argument.
   */
  sql: (part: RelationParts) => string;
  /** Columns it adds to those of `of`, or all of them without `of`. */
  columns: Record<string, Kind>;
  /** Those of `columns` that may be null. */
  nullable?: string[];
  /** The table whose rows it answers with: its policy is anded inside, its embeds work. */
  of?: AnyTable;
  /**
   * The column (never null) in whose ascending order `sql` gives its rows one by one: that order
   * is the default, and a page in it ends the statement as soon as it is full.
   */
  ordered?: string;
  /** It ends before it has found all there is: what it finds has no total, which is not told. */
  partial?: boolean;
  /** It answers with its first row by itself, or with null. */
  one?: boolean;
  /** Its rows sum up those of `of`: they have `columns` alone, and nothing embeds in them. */
  summary?: boolean;
}

/** The only way to insert into a table whose rows mean more than themselves. */
export interface Operation {
  on: AnyTable;
  /** Write-only fields, never stored: a parser per name returns the value or throws a Refusal. */
  inputs?: Record<string, (value: unknown) => unknown>;
  /** TypeScript types of inputs that are not just any JSON; `never`: what is sent is ignored. */
  inputTypes?: Record<string, string>;
  /** What must be read to decide; one round trip for all rows. */
  reads: (input: Row, actor: Actor) => ModuleQuery[];
  /**
   * Pure: the steps that make it so, or a Refusal thrown. The first inserts the row itself; before
   * it stand only `expect` steps, which then refuse before the effect.
   */
  decide: (
    input: Row,
    rows: Row[][],
    context: { actor: Actor; now: number; id: () => string; setting: Kernel["setting"] },
  ) => Change;
}

/**
 * Where the world outside must act: a row of `on` that meets `pending` is unfinished, whoever made
 * it. The table has `created_at`, and an index in whose order the oldest pending rows are found.
 */
export interface Settlement {
  on: AnyTable;
  pending: Predicate;
  /** Acts, or throws; idempotent by the row's key, since it may be asked again after it acted. */
  call: (row: Row, kernel: Kernel) => Promise<unknown>;
  /** What must be read to settle. */
  reads?: (row: Row, outcome: unknown) => ModuleQuery[];
  /**
   * Pure: the steps that end the pending. A step whose guard fails has it read and decided again;
   * that the row is still pending is guarded by the kernel.
   */
  settle: (
    row: Row,
    outcome: unknown,
    rows: Row[][],
    context: { now: number; id: () => string },
  ) => Change;
}

/** Hears what was committed, from the change log: at least once, in order, after the commit. */
export interface Listener {
  /** Its cursor's name; a listener by a new name hears what is committed from then on. */
  name: string;
  on: AnyTable;
  verbs: Told["verb"][];
  /** Idempotent. What it throws at is told again, later each time, after what follows it. */
  tell: (change: Told, kernel: Kernel) => Promise<void>;
}

/** One change of a row: its visible columns, but for large ones, before and after it. */
export interface Told {
  seq: number;
  verb: Touch["verb"];
  /** The primary key as text; a JSON array where it has several columns. */
  key: string;
  new: Row | null;
  old: Row | null;
}
