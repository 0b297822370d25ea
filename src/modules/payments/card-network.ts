// Whoever moves the money. Every request carries a key, and the same key is the same movement,
// however often it is asked for; what throws may have moved it or not.
import type { Kernel } from "../../kernel/module.ts";
import { sandbox } from "./sandbox-network.ts";

export interface Charge {
  /** A UUID. */
  key: string;
  amount_minor: number;
  currency: string;
  token: string;
}

export interface Reversal {
  key: string;
  /** The charge that is given back. */
  charge_key: string;
  amount_minor: number;
}

export interface CardNetwork {
  /** Resolves when the network has decided; `declined` carries its reason. */
  charge(charge: Charge): Promise<{ declined?: string }>;
  refund(refund: Reversal): Promise<void>;
}

const networks: Record<string, (kernel: Kernel) => CardNetwork> = { sandbox };

/** The network that the setting CARD_NETWORK names; undefined where it names none. */
export function networkNamed(name = ""): ((kernel: Kernel) => CardNetwork) | undefined {
  return Object.hasOwn(networks, name) ? networks[name] : undefined;
}

export function cardNetwork(kernel: Kernel): CardNetwork {
  const network = networkNamed(kernel.setting("CARD_NETWORK"));
  if (!network) throw new Error("CARD_NETWORK names no card network");
  return network(kernel);
}
