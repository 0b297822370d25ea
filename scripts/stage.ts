// What the steps of the story stand on: who asks whom, and what one step leaves to the next.
import { createClient, type SupabaseClient } from "@supabase/supabase-js";

export interface Keys {
  PUBLISHABLE_KEY: string;
  SECRET_KEY: string;
}

export interface Stage {
  url: string;
  /** With the publishable key, and nobody signed in. */
  guest: SupabaseClient;
  /** With the secret key: the app's own back office. */
  office: SupabaseClient;
  /** A client as an app makes it, whose session nobody else shares. */
  newClient(): SupabaseClient;
  /** The platform's, counted. */
  fetch: typeof fetch;
  requests(): number;
  /** Ada's rows that others asked for and were not shown, and how often they asked. */
  kept: { rows: Map<string, number>; attempts: number };
}

export function stageAt(url: string, keys: Keys): Stage {
  let requests = 0;
  const counted: typeof fetch = (input, init) => {
    requests++;
    return fetch(input, init);
  };
  const clientWith = (key: string) =>
    createClient(url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: { fetch: counted },
    });
  return {
    url,
    guest: clientWith(keys.PUBLISHABLE_KEY),
    office: clientWith(keys.SECRET_KEY),
    newClient: () => clientWith(keys.PUBLISHABLE_KEY),
    fetch: counted,
    requests: () => requests,
    kept: { rows: new Map(), attempts: 0 },
  };
}

/** In this order, each under the name of whoever it is about; what others do is done to them. */
export const scenes = {
  arrives: "Ada, a customer",
  chooses: "Ada, a customer",
  orders: "Ada, a customer",
  pays: "Ada, a customer",
  cooks: "Kim, in the kitchen",
  repeats: "Ada, once more",
  regrets: "Ada, once more",
  stranger: "Eve, a stranger who is signed in",
  guest: "A guest, who has the publishable key alone",
} as const;

/** What one module has to tell: its steps, by scene. */
export type Chapter = Partial<Record<keyof typeof scenes, Step[]>>;

/** One line of the story. A step checks by itself what it tells. */
export interface Step {
  /** What somebody does, as the rest of a sentence about them. */
  says: string;
  does(stage: Stage): Promise<Came>;
}

/** What came back; the lines of a list stand below it. */
export type Came = string | { came: string; list: string[][] };

/** What a step finds out and later ones need. */
export interface Fact<T> {
  of(stage: Stage): T;
  is(stage: Stage, value: T): void;
}

export function fact<T>(name: string): Fact<T> {
  const found = new WeakMap<Stage, { value: T }>();
  return {
    of(stage) {
      const it = found.get(stage);
      if (!it) throw new Unexpected(name, "no earlier step that found it");
      return it.value;
    },
    is: (stage, value) => void found.set(stage, { value }),
  };
}

/** A step came to another end than the story needs. */
export class Unexpected extends Error {
  readonly expected: string;
  readonly came: unknown;
  constructor(expected: string, came: unknown) {
    super(`expected ${expected}`);
    this.expected = expected;
    this.came = came;
  }
}

export function expects(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new Unexpected(expected, came);
}

interface Answer {
  data: unknown;
  error: unknown;
}

/** The data of an answer, which is no refusal. */
export async function granted<T>(asked: PromiseLike<Answer>): Promise<T> {
  const { data, error } = await asked;
  if (error || data === null) throw new Unexpected("an answer", error ?? "null");
  return data as T; // as the step that asked describes it
}

/** The one refusal that is due, by its code. */
export async function refused(asked: PromiseLike<Answer>, code: string): Promise<void> {
  const { data, error } = await asked;
  expects(Object(error).code === code, `the refusal ${code}`, error ?? data);
}
