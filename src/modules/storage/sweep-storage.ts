import { service } from "../../kernel/actor.ts";
import { iso } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import type { Kernel } from "../../kernel/module.ts";
import { lt, oneOf } from "../../kernel/predicate.ts";
import { discard, emptyTrash } from "./empty-trash.ts";
import { eraseFiles } from "./erase-files.ts";
import { uploads } from "./tables.ts";

/** So long an upload may take. */
const PENDING_MS = 24 * 3_600_000;
/** One sweep is short; the next one goes on. */
const MAX_GIVEN_UP = 500;

/** Throws away what nobody needs any more, and then empties the trash. */
export async function sweepStorage(kernel: Kernel): Promise<void> {
  await giveUpStale(kernel);
  await eraseFiles(kernel);
  await emptyTrash(kernel);
}

/** One that is finished just now makes the batch fail; the next sweep finds the others again. */
async function giveUpStale(kernel: Kernel): Promise<void> {
  const where = lt("created_at", iso(kernel.clock.now() - PENDING_MS));
  const stale = { from: uploads, where, columns: ["id", "multipart_id"], limit: MAX_GIVEN_UP };
  const [rows = []] = await kernel.read([stale], service());
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => String(id));
  const gone = { delete: uploads, where: oneOf("id", ids), rows: ids.length, else: "UploadGone" };
  await kernel.commit([gone, discard(kernel, rows)], service()).catch(unlessFinished);
}

function unlessFinished(error: unknown): void {
  if (!(error instanceof Refusal) || error.code !== "UploadGone") throw error;
}
