// A card network that moves no money and keeps a book of it. Tokens: `sandbox_ok` is taken,
// `sandbox_declined` is not, `sandbox_lost_response` is taken and the first answer is lost; every
// other token is unknown to it.
import { service } from "../../kernel/actor.ts";
import { type Change, plus } from "../../kernel/change.ts";
import type { Kernel } from "../../kernel/module.ts";
import { and, eq, isNull } from "../../kernel/predicate.ts";
import type { AnyTable, Row } from "../../kernel/table.ts";
import type { CardNetwork, Charge, Reversal } from "./card-network.ts";
import { sandboxCharges, sandboxRefunds } from "./tables.ts";

const lostResponse = "sandbox_lost_response";
const reasons: Record<string, string | null> = {
  sandbox_ok: null,
  [lostResponse]: null,
  sandbox_declined: "card_declined",
};

export function sandbox(kernel: Kernel): CardNetwork {
  return {
    async charge({ token, ...charge }) {
      const decline_code = Object.hasOwn(reasons, token) ? reasons[token] : "invalid_token";
      const entry = await enter(kernel, sandboxCharges, { ...charge, decline_code });
      if (token === lostResponse && entry.asked === 1) throw new Error("the answer was lost");
      return entry.decline_code === null ? {} : { declined: String(entry.decline_code) };
    },
    async refund(refund) {
      const taken = and(eq("key", refund.charge_key), isNull("decline_code"));
      const charge = { expect: sandboxCharges, where: taken, rows: 1, else: "internal" };
      await enter(kernel, sandboxRefunds, { ...refund }, [charge]);
    },
  };
}

/** The entry by this key: the first one's, whoever asks again. */
async function enter(
  kernel: Kernel,
  book: AnyTable,
  entry: Row & Omit<Charge | Reversal, "token" | "currency">,
  guards: Change = [],
): Promise<Row> {
  const insert = {
    insert: book,
    rows: [entry],
    conflict: { on: ["key"], set: { asked: plus(1) } },
  };
  const [[kept] = []] = (await kernel.commit([...guards, insert], service())).slice(guards.length);
  if (!kept || kept.amount_minor !== entry.amount_minor) {
    throw new Error(`the key ${entry.key} was used for another amount`);
  }
  return kept;
}
