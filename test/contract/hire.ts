// How the staff person comes to be staff of the owner's rows: the policies' conditions say it.
import type { Predicate } from "../../src/kernel/predicate.ts";
import { type Declared, declarationOf, type Row } from "../../src/kernel/table.ts";
import { type Seeds, stored, write } from "./seed.ts";
import type { Speaker } from "./speaker.ts";
import type { World } from "./world.ts";

/** Makes the rows that `member` conditions look for, so that they hold for the staff person. */
export async function hire(world: World, seeds: Seeds, speaker: Speaker): Promise<void> {
  for (const table of world.tables) {
    const { select, insert, update, delete: remove } = table.policy;
    const { row } = seeds.of(table, "owner");
    for (const policy of [select, insert, update?.using, update?.check, remove]) {
      if (policy) await satisfy({ world, seeds, speaker }, policy, row);
    }
  }
}

interface Office {
  world: World;
  seeds: Seeds;
  speaker: Speaker;
}

/** Only conditions about the caller are satisfied: the others say something of the row. */
async function satisfy(office: Office, policy: Predicate, row: Row): Promise<void> {
  if (policy.kind === "and" || policy.kind === "or") {
    for (const part of policy.of) await satisfy(office, part, row);
  }
  if (policy.kind !== "member" || !JSON.stringify(policy.where).includes('{"actor":"id"}')) return;
  const { world, seeds, speaker } = office;
  const table = declarationOf(policy.table());
  const fixed = forced(policy.where, world.people.staff.id);
  const wanted: Row = { ...fixed, [policy.pick]: row[policy.column] };
  if (await exists(world, table, wanted)) return;
  const example = { ...seeds.example(table, "staff", "owner"), ...wanted };
  const made = await stored(world, table, await write(world, speaker, table, example));
  if (made) await satisfy(office, policy.where, made);
}

/** The values that a condition fixes: `user_id` is the caller's id, `role` is "manager". */
function forced(where: Predicate, id: string): Row {
  if (where.kind === "and") return Object.assign({}, ...where.of.map((p) => forced(p, id)));
  if (where.kind === "or") return forced(where.of[0] as Predicate, id); // an or has parts
  if (where.kind === "is" && where.word === "null" && "column" in where.left) {
    return { [where.left.column]: null };
  }
  if (where.kind !== "compare" || where.op !== "eq" || !("column" in where.left)) return {};
  const { left, right } = where;
  if ("actor" in right && right.actor === "id") return { [left.column]: id };
  return "value" in right ? { [left.column]: right.value } : {};
}

async function exists(world: World, table: Declared, wanted: Row): Promise<boolean> {
  const { results } = await world.db.prepare(`select * from "${table.sqlName}"`).all<Row>();
  return results.some((row) => Object.entries(wanted).every(([c, v]) => row[c] === v));
}
