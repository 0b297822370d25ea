// Bytes go when no row needs them: first their row goes to the trash, in the batch that took the
// need away; then the bytes go; then the row. Whatever ends in between is taken up again.
import { service } from "../../kernel/actor.ts";
import type { Step } from "../../kernel/change.ts";
import { iso } from "../../kernel/clock.ts";
import type { Kernel } from "../../kernel/module.ts";
import { everyone, oneOf } from "../../kernel/predicate.ts";
import type { Row } from "../../kernel/table.ts";
import { trash } from "./tables.ts";

const PER_ROUND = 500;
/** One sweep is short; the next one goes on. */
const MAX_ROUNDS = 20;

/** The step that throws bytes away, by their keys and the uploads in parts they come from. */
export function discard(kernel: Kernel, uploads: Row[]): Step {
  const thrown_at = iso(kernel.clock.now());
  const rows = uploads.map(({ id, multipart_id = null }) => ({ id, multipart_id, thrown_at }));
  return { insert: trash, rows, conflict: { on: ["id"], set: { thrown_at } } };
}

/** Empties the trash after the answer; what goes wrong then is the sweeper's. */
export function emptyLater(kernel: Kernel, versions: string[]): void {
  const rows = versions.map((id) => ({ id }));
  if (rows.length > 0) kernel.after(burn(kernel, rows).catch(() => {}));
}

async function burn(kernel: Kernel, rows: Row[]): Promise<void> {
  for (const { id, multipart_id } of rows) {
    if (multipart_id) await kernel.bucket.abort(String(id), String(multipart_id));
  }
  const keys = rows.map(({ id }) => String(id));
  await kernel.bucket.delete(keys);
  await kernel.commit([{ delete: trash, where: oneOf("id", keys) }], service());
}

/** Takes up again whatever ended before the trash was empty. */
export async function emptyTrash(kernel: Kernel): Promise<void> {
  for (let n = 0; n < MAX_ROUNDS; n++) {
    const oldest = { from: trash, where: everyone, limit: PER_ROUND };
    const [rows = []] = await kernel.read([oldest], service());
    if (rows.length > 0) await burn(kernel, rows);
    if (rows.length < PER_ROUND) return;
  }
}
