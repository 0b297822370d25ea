// Quotes say where somebody lives: those that nobody ordered go a day after they have expired.
import { service } from "../../kernel/actor.ts";
import { iso } from "../../kernel/clock.ts";
import type { Kernel } from "../../kernel/module.ts";
import { lt, oneOf } from "../../kernel/predicate.ts";
import { orders, quoteLines, quotes } from "./tables.ts";

/** Of one sweep; the next one goes on. */
const max_quotes = 1_000;

export async function forgetQuotes(kernel: Kernel): Promise<void> {
  const where = lt("forget_at", iso(kernel.clock.now()));
  const order = [{ column: "forget_at" }];
  const due = { from: quotes, columns: ["id"], where, order, limit: max_quotes };
  const [found = []] = await kernel.read([due], service());
  if (found.length === 0) return;
  const ids = found.map(({ id }) => String(id));
  const of = { from: orders, columns: ["quote_id"], where: oneOf("quote_id", ids) };
  const [made = []] = await kernel.read([of], service());
  const ordered = new Set(made.map(({ quote_id }) => String(quote_id)));
  const forgotten = ids.filter((id) => !ordered.has(id));
  const stay = { update: quotes, set: { forget_at: null }, where: oneOf("id", [...ordered]) };
  await kernel.commit(
    [
      ...(ordered.size > 0 ? [stay] : []),
      { delete: quoteLines, where: oneOf("quote_id", forgotten) },
      { delete: quotes, where: oneOf("id", forgotten) },
    ],
    service(),
  );
}
