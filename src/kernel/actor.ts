export type Role = "anon" | "authenticated" | "service_role";

/** Who is asking. Rights that can change are rows that policies read, never fields of this. */
export interface Actor {
  role: Role;
  /** The person's id; null for guests and the service. */
  id: string | null;
  /** The session the access token belongs to; null without one. */
  session: string | null;
  /** The caller's network, as the platform saw it; IPv6 is cut to its /64. */
  address: string;
}

/** A guest at `address`. */
export function guest(address: string): Actor {
  return { role: "anon", id: null, session: null, address };
}

/** The holder of the secret key: an actor like any other, whom policies let pass by name. */
export function service(address = OWN_MACHINE): Actor {
  return { role: "service_role", id: null, session: null, address };
}

/** The name under which an actor's writes and idempotency keys are filed. */
export function principal(actor: Actor): string {
  if (actor.role === "authenticated") return `user:${actor.id}`;
  return actor.role === "service_role" ? "service" : `anon:${actor.address}`;
}

/** The address of whoever calls the server from the machine it runs on. */
export const OWN_MACHINE = "local";

/** Whether a host or address is the machine's own: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(host: string): boolean {
  return /^(?:(?:.+\.)?localhost|(?:::ffff:)?127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}
