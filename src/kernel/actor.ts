export type Role = "anon" | "authenticated" | "service_role";

/** Who is asking. Rights that can change are rows that policies read, never fields of this. */
export interface Actor {
  role: Role;
  /** The person's id; null for guests and the service. */
  id: string | null;
  /** The session the access token belongs to; null without one. */
  session: string | null;
  /** The caller's network address, as the platform saw it; IPv6 is cut to its /64. */
  address: string;
}

/** A guest at `address`. */
export function guest(address: string): Actor {
  return { role: "anon", id: null, session: null, address };
}

/** The holder of the secret key: an actor like any other, whom policies let pass by name. */
export function service(address = "local"): Actor {
  return { role: "service_role", id: null, session: null, address };
}

/** The name under which an actor's writes and idempotency keys are filed. */
export function principal(actor: Actor): string {
  if (actor.role === "authenticated") return `user:${actor.id}`;
  return actor.role === "service_role" ? "service" : `anon:${actor.address}`;
}

/** One rate-limit key per subscriber: IPv4 whole, IPv6 by its /64 (a household has all of it). */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.toLowerCase().split("::");
  const left = head.split(":").filter(Boolean);
  const right = tail.split(":").filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}
