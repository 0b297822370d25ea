// The story of a first order, told through an unmodified client: the demo prints it, and a test
// tells it too. Each module's part stands in a file of its own.
import { performance } from "node:perf_hooks";
import type { Entry } from "./page.ts";
import { type Chapter, type Stage, type Step, scenes, Unexpected } from "./stage.ts";
import { accounts } from "./story/accounts.ts";
import { favourites } from "./story/favourites.ts";
import { ordering } from "./story/ordering.ts";
import { payments } from "./story/payments.ts";
import { restaurants } from "./story/restaurants.ts";
import { storage } from "./story/storage.ts";

/** By the names of their modules; a module that goes takes its line and its file along. */
export const story: Record<string, Chapter> = {
  accounts,
  storage,
  restaurants,
  favourites,
  ordering,
  payments,
};

/** One step as it went, and who it is about. */
export interface Told extends Entry {
  who: string;
}

/** A step that came to another end than the story needs. */
export class Broken extends Error {
  readonly says: string;
  readonly who: string;
  readonly expected: string;
  readonly came: unknown;
  constructor(who: string, says: string, error: unknown) {
    const unexpected = error instanceof Unexpected ? error : new Unexpected("an answer", error);
    super(`${who}, who ${says}: expected ${unexpected.expected}`, { cause: error });
    this.who = who;
    this.says = says;
    this.expected = unexpected.expected;
    this.came = unexpected.came;
  }
}

/** Tells the story step by step; the first that fails is the last. */
export async function* tell(stage: Stage): AsyncGenerator<Told> {
  for (const [who, { says, does }] of steps()) {
    const start = performance.now();
    try {
      const told = await does(stage);
      const { came, list } = typeof told === "string" ? { came: told, list: [] } : told;
      yield { who, says, came, list, ms: performance.now() - start };
    } catch (error) {
      throw new Broken(who, says, error);
    }
  }
}

function steps(): [who: string, step: Step][] {
  return Object.entries(scenes).flatMap(([scene, who]) =>
    Object.values(story).flatMap((chapter) =>
      (chapter[scene as keyof typeof scenes] ?? []).map((step): [string, Step] => [who, step]),
    ),
  );
}
