// How far embeds go. A list in a list multiplies rows, and so does going back over the foreign key
// one has just come by: siblings of siblings are a million rows where there are a thousand.
import { Refusal } from "../errors.ts";
import type { Item } from "../intent.ts";
import type { Schema } from "../schema.ts";
import type { Declared } from "../table.ts";
import type { Relationship } from "./relationship.ts";

/** Rows of an embed that is written out again for every row with the same parent. */
const MAX_REPEATED_ROWS = 100;
const MAX_DEPTH = 8;
/** Lists in lists, not counting the answer itself. */
const MAX_LISTS = 3;
/** In one select list, those inside each other included. SQLite joins 64 tables at most. */
const MAX_EMBEDS = 32;
/** Lists of one select list that are written out again for every row with the same parent. */
const MAX_REPEATED_LISTS = 3;

/** What lies between the rows of an answer and those of an embed in it. */
export interface Chain {
  depth: number;
  lists: number;
  /** How often it went back over the foreign key it had just come by. */
  returns: number;
  last?: Relationship;
  /** May it start from, or lead to, more than one row? */
  several: boolean;
  /** Did several rows lead to one parent? Then what is below it is written out for each. */
  repeated: boolean;
}

export const fromRows: Chain = {
  depth: 0,
  lists: 0,
  returns: 0,
  several: true,
  repeated: false,
};
export const fromOneRow: Chain = { ...fromRows, several: false };

/** The chain with one more embed; `embed_too_large` or `filter_too_large` where it goes too far. */
export function further(chain: Chain, to: Relationship): Chain {
  const { last } = chain;
  const back = last?.constraint === to.constraint && (last.towards !== to.towards || to.through);
  const longer: Chain = {
    depth: chain.depth + 1,
    lists: chain.lists + (to.single ? 0 : 1),
    returns: chain.returns + (back ? 1 : 0),
    last: to,
    several: chain.several || !to.single,
    repeated: chain.repeated || (chain.several && to.towards !== "children"),
  };
  if (longer.depth > MAX_DEPTH) {
    throw new Refusal("filter_too_large", { max: MAX_DEPTH, what: "embeds" });
  }
  if (longer.lists > MAX_LISTS) throw tooMany(MAX_LISTS, "lists nest");
  if (longer.returns > 1) {
    const reason = `'${to.table.name}' goes back over ${to.constraint} once too often.`;
    throw new Refusal("embed_too_large", { reason });
  }
  return longer;
}

/** Looks at all embeds of a select list: `embed_too_large` where they are too many together. */
export function boundEmbeds(schema: Schema, from: Declared, select: Item[], start: Chain): void {
  let [embeds, repeated] = [0, 0];
  const walk = (table: Declared, items: Item[], chain: Chain) => {
    for (const item of items) {
      if (!("embed" in item)) continue;
      if (++embeds > MAX_EMBEDS) throw tooMany(MAX_EMBEDS, "embeds are asked for");
      const { relation, hint, query } = item.embed;
      const to = schema.relationship(table, relation, hint);
      if (chain.repeated && !to.single && ++repeated > MAX_REPEATED_LISTS) {
        throw tooMany(MAX_REPEATED_LISTS, "lists stand below a row that others share");
      }
      walk(to.table, query.select, further(chain, to));
    }
  };
  walk(from, select, start);
}

function tooMany(max: number, what: string): Refusal {
  return new Refusal("embed_too_large", { reason: `More than ${max} ${what}.` });
}

/** How many rows an embed at the end of the chain may have. */
export function mostRows(chain: Chain, maxRows: number): number {
  return chain.repeated ? Math.min(MAX_REPEATED_ROWS, maxRows) : maxRows;
}
