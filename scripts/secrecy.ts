// What is somebody's own is theirs alone: every module says which of its tables are.
import type { SupabaseClient } from "@supabase/supabase-js";
import { type Chapter, expects, type Fact, type Stage, type Step } from "./stage.ts";
import { eve, type Person } from "./story/accounts.ts";
import { many } from "./words.ts";

/** Rows that a stranger and a guest ask for in vain, and that their owner sees. */
export function ownedBy(owner: Fact<Person>, ...tables: string[]) {
  const step = (asker: (stage: Stage) => SupabaseClient): Step => ({
    says: `asks for ${tables.map((table) => table.replaceAll("_", " ")).join(", ")}`,
    async does(stage) {
      const counts = await Promise.all(
        tables.map((table) => unseen(stage, table, owner.of(stage).client, asker(stage))),
      );
      tables.forEach((table, i) => void stage.kept.rows.set(table, counts[i] ?? 0));
      const rows = counts.reduce((sum, n) => sum + n, 0);
      return `0 of ${many(rows, "row")}`;
    },
  });
  return {
    stranger: [step((stage) => eve.of(stage).client)],
    guest: [step((stage) => stage.guest)],
  } satisfies Chapter;
}

/** The rows of a table that its owner sees, and the other does not: neither all nor by name. */
async function unseen(
  stage: Stage,
  table: string,
  owner: SupabaseClient,
  other: SupabaseClient,
): Promise<number> {
  const mine = await owner.from(table).select("id");
  const ids = (mine.data ?? []).map(({ id }) => id);
  expects(ids.length > 0, `rows in ${table} that their owner sees`, mine.error ?? mine.data);
  for (const asked of [other.from(table).select(), other.from(table).select().in("id", ids)]) {
    const { data, error } = await asked;
    expects(data?.length === 0, `no row of ${table}`, error ?? data);
    stage.kept.attempts++;
  }
  return ids.length;
}
