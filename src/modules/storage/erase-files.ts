// Files of people who were deleted go after them, in the order in which they left, some in each
// sweep. What they put into a bucket that is shared stays there.
import { service } from "../../kernel/actor.ts";
import type { Step } from "../../kernel/change.ts";
import { iso } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { and, eq, everyone, gt, gte, isNotNull, lt, oneOf, or } from "../../kernel/predicate.ts";
import { users } from "../accounts/index.ts";
import { discard } from "./empty-trash.ts";
import { asObjects } from "./find-object.ts";
import { erasures, objects } from "./tables.ts";

/** Half the files of a batch; batches and people per sweep. */
const PER_ROUND = 500;
const MAX_ROUNDS = 4;
const MAX_PEOPLE = 50;
/** Whoever left before this has left in the order of their times, whichever Worker wrote them. */
const SETTLED_MS = 60_000;

interface Leaver {
  id: string;
  deleted_at: string;
}

/** Erases the files of those who left since the last one whose files are gone. */
export async function eraseFiles(kernel: Kernel): Promise<void> {
  let rounds = MAX_ROUNDS;
  for (const person of await leavers(kernel)) {
    while (await eraseSome(kernel, person)) if (--rounds === 0) return;
    const { id: user_id, deleted_at } = person;
    const row = { user_id, deleted_at, erased_at: iso(kernel.clock.now()) };
    const conflict = { on: ["user_id"], set: { deleted_at } };
    await kernel.commit([{ insert: erasures, rows: [row], conflict }], service());
  }
}

async function leavers(kernel: Kernel): Promise<Leaver[]> {
  const newest = ["deleted_at", "user_id"].map((column) => ({ column, descending: true }));
  const last = { from: erasures, where: everyone, order: newest, limit: 1 };
  const [[erased] = []] = await kernel.read([last], service());
  const { user_id = "", deleted_at = "" } = erased ?? {};
  const since = or(gt("deleted_at", String(deleted_at)), gt("id", String(user_id)));
  const settled = lt("deleted_at", iso(kernel.clock.now() - SETTLED_MS));
  const query = {
    from: users,
    where: and(isNotNull("deleted_at"), gte("deleted_at", String(deleted_at)), since, settled),
    columns: ["id", "deleted_at"],
    order: [{ column: "deleted_at" }, { column: "id" }],
    limit: MAX_PEOPLE,
  };
  const [rows = []] = await kernel.read([query], service());
  return rows as unknown as Leaver[]; // the columns that were asked for
}

/** Throws some files away: what the person put anywhere, and what lies in a folder of theirs. */
async function eraseSome(kernel: Kernel, { id }: Leaver): Promise<boolean> {
  const names = kernel.buckets.flatMap(({ name, shared }) => (shared ? [] : [name]));
  const [own, given] = await kernel.read(
    ["owner_id", "folder"].map((column) => ({
      from: objects,
      where: and(eq(column, id), oneOf("bucket_id", names)),
      limit: PER_ROUND,
    })),
    service(),
  );
  const found = [...asObjects(own), ...asObjects(given)];
  const versions = [...new Set(found.map(({ version }) => version))];
  if (versions.length === 0) return false;
  const where = oneOf("version", versions);
  const gone: Step = { delete: objects, where, rows: versions.length, else: "ResourceLocked" };
  const rows = versions.map((version) => ({ id: version }));
  await kernel.commit([gone, discard(kernel, rows)], service()).catch(unlessMoved);
  return true;
}

/** Somebody else was there first: what is left is found the next time. */
function unlessMoved(error: unknown): void {
  if (!(error instanceof Refusal) || error.code !== "ResourceLocked") throw error;
}
