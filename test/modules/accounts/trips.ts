// The real database, with a hand on every batch that is sent to it.
import { env } from "cloudflare:workers";

/** `trip` is given each batch, to count it, spoil it or let it go; `seen` each statement's text. */
export function overTrips(
  trip: (go: () => Promise<unknown>) => Promise<unknown>,
  seen: (sql: string) => void = () => {},
): D1Database {
  return over(env.DB, {
    withSession: (at: string) => {
      const session = env.DB.withSession(at);
      return over(session, {
        batch: (statements: D1PreparedStatement[]) => trip(() => session.batch(statements)),
        prepare: (sql: string) => {
          seen(sql);
          return session.prepare(sql);
        },
      });
    },
  });
}

function over<T extends object>(target: T, own: Record<string, unknown>): T {
  return new Proxy(target, {
    get(_, name: string) {
      const value = own[name] ?? Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
