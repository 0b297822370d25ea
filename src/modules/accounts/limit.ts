// Exact limits: fixed windows, counted in the database so that they survive a restart.

export interface Limit {
  name: string;
  /** What callers are told it is called: the same for whoever must not be told apart. */
  policy: string;
  quota: number;
  window_s: number;
  /** What is answered beyond it. */
  code: "over_request_rate_limit" | "over_email_send_rate_limit";
  /** Counted for a network address rather than for an account. */
  perAddress?: boolean;
  /** Counts work rather than failures: what succeeds is not given back. */
  kept?: boolean;
}

const QUARTER_S = 15 * 60;
const HOUR_S = 60 * 60;
const YEAR_S = 365 * 24 * HOUR_S;

/** Every exact limit of this module. A sign-in that succeeds gives its attempt back. */
export function limitsOf(scale: number) {
  const requests = (name: string, quota: number, window_s: number): Limit => ({
    name,
    policy: name,
    quota: quota * scale,
    window_s,
    code: "over_request_rate_limit",
  });
  const mails = (name: string, quota: number): Limit => ({
    ...requests(name, quota, HOUR_S),
    code: "over_email_send_rate_limit",
  });
  return {
    signInAccount: requests("sign-in", 10, QUARTER_S),
    signInDevice: { ...requests("sign-in-device", 10, QUARTER_S), policy: "sign-in" },
    /** Failures in a row, from where the person has never been; SECURITY.md R-RL3. */
    signInFailures: { ...requests("sign-in-failures", 100, YEAR_S), quota: 100 },
    signInAddress: { ...requests("sign-in-address", 100, QUARTER_S), perAddress: true },
    /** Proofs of presence by those who hold a session: nobody else can use them up. */
    presence: requests("presence", 10, QUARTER_S),
    hashing: { ...requests("hashing", 300, QUARTER_S), perAddress: true, kept: true },
    signUp: { ...requests("sign-up", 30, HOUR_S), perAddress: true },
    verify: { ...requests("verify", 100, QUARTER_S), perAddress: true },
    mailAccount: mails("mail", 4),
    mailAddress: { ...mails("mail-address", 30), perAddress: true },
  };
}

export type Limits = ReturnType<typeof limitsOf>;

/** The window that `now` lies in, as its first and its past-the-end millisecond. */
export function windowOf(limit: Limit, now: number): { start: number; end: number } {
  const length = limit.window_s * 1000;
  const start = Math.floor(now / length) * length;
  return { start, end: start + length };
}

/** What a counter is filed under, before it is hashed. */
export function counterName(limit: Limit, subject: string, now: number): string {
  return `${limit.name}|${subject}|${windowOf(limit, now).start}`;
}

/** Whole seconds until the window ends; waiting that long is enough. */
export function secondsLeft(limit: Limit, now: number): number {
  return Math.max(1, Math.ceil((windowOf(limit, now).end - now) / 1000));
}
